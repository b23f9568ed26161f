import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  anyInbound,
  handoffIn,
  handoffOctets,
  Letter,
  RING_OCTETS,
  ringFill,
  ringFirst,
  ringPublish,
  ringRelease,
  ringReserve,
} from '../../src/tables/handoffRing.js';
import { Dice } from '../support/mutate.js';

/** Views of worker 0 and worker 1 on the same memory. */
function pair() {
  const buffer = new SharedArrayBuffer(handoffOctets(2));
  const [sender, receiver] = [handoffIn(buffer, 2, 0), handoffIn(buffer, 2, 1)];
  return { sender, receiver, to: sender.outbound[1]!, from: receiver.inbound[0]! };
}

test('what is put in comes out in order, whole, and once, over many rounds of the ring', () => {
  const { to, from } = pair();
  const dice = new Dice(4711);
  const waiting: { octets: number; mark: number }[] = [];
  let put = 0;
  let taken = 0;
  for (let i = 0; i < 200_000; i++) {
    if (dice.below(2) === 0) {
      const octets = 64 * (1 + dice.below(dice.below(10) === 0 ? 1025 : 4));
      const at = ringReserve(to, octets);
      if (at < 0) continue;
      to.words[at + Letter.Kind] = put;
      to.words[at + octets / 4 - 1] = put;
      ringPublish(to, at);
      waiting.push({ octets, mark: put++ });
    } else {
      const at = ringFirst(from);
      const next = waiting.shift();
      assert.equal(at >= 0, next !== undefined);
      if (next === undefined) continue;
      assert.equal(from.words[at + Letter.Size]! * 4, next.octets);
      assert.equal(from.words[at + Letter.Kind], next.mark);
      if (next.octets > 64) assert.equal(from.words[at + next.octets / 4 - 1], next.mark);
      ringRelease(from, at);
      taken++;
    }
  }
  assert.ok(taken > 90_000 && put - taken === waiting.length);
});

test('positions wrap around 2^32 words without losing anything', () => {
  const { to, from } = pair();
  to.position.fill(0x7fff_fff0);
  for (let i = 0; i < 1000; i++) {
    const at = ringReserve(to, 64 * 5);
    assert.ok(at >= 0);
    to.words[at + Letter.Kind] = i;
    ringPublish(to, at);
    const got = ringFirst(from);
    assert.equal(from.words[got + Letter.Kind], i);
    ringRelease(from, got);
  }
  assert.equal(ringFill(from), 0);
});

test('a full ring takes nothing and loses nothing; room given back is used again', () => {
  const { to, from } = pair();
  let put = 0;
  for (let at = ringReserve(to, 65_600 & ~63); at >= 0; at = ringReserve(to, 65_600 & ~63)) {
    ringPublish(to, at);
    put++;
  }
  assert.equal(put, Math.floor(RING_OCTETS / (65_600 & ~63)));
  assert.ok(ringFill(from) <= RING_OCTETS);
  ringRelease(from, ringFirst(from));
  // The next one does not fit behind the last: it starts at the ring's beginning, where the first one was.
  assert.equal(ringReserve(to, 65_600 & ~63), 0);
});

test('a record that is not published is seen by nobody', () => {
  const { sender, receiver, to } = pair();
  const at = ringReserve(to, 128);
  assert.equal(anyInbound(receiver), false);
  ringPublish(to, at);
  assert.equal(anyInbound(receiver), true);
  assert.equal(anyInbound(sender), false);
});

test('every ordered pair of workers has a ring of its own', () => {
  const buffer = new SharedArrayBuffer(handoffOctets(3));
  const views = [0, 1, 2].map((worker) => handoffIn(buffer, 3, worker));
  for (let from = 0; from < 3; from++) {
    for (let to = 0; to < 3; to++) {
      if (from === to) continue;
      const ring = views[from]!.outbound[to]!;
      const at = ringReserve(ring, 64);
      ring.words[at + Letter.Kind] = from * 10 + to;
      ringPublish(ring, at);
    }
  }
  for (let from = 0; from < 3; from++) {
    for (let to = 0; to < 3; to++) {
      const ring = views[to]!.inbound[from]!;
      const at = ringFirst(ring);
      if (from === to) assert.equal(at, -1);
      else assert.equal(ring.words[at + Letter.Kind], from * 10 + to);
    }
  }
});
