import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIRST_DROP, Verdict, verdictSpec } from '../../src/shared/verdict.js';
import { datagramsCount } from '../../src/tables/datagrams.js';
import { heldUsed } from '../../src/tables/heldFrames.js';
import { decode } from '../support/decode.js';
import { answerTo, inward, outward, udpOut } from '../support/flows.js';
import { checksumHolds, cutAnywhere, type Datagram, datagram, received, shuffled } from '../support/fragments.js';
import { icmp, tcp, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { Team } from '../support/team.js';
import { SEED } from './seed.js';

const REMOTES = ['198.51.100.7', '198.51.100.8'];

/** One conversation: an inside port and what it is known by outside. */
interface Talk {
  readonly kind: 'udp' | 'tcp' | 'icmp';
  readonly host: string;
  readonly remote: string;
  readonly port: number;
}

/** Source port of TCP and UDP, id of ICMP, as the segment has it. */
function portIn(segment: Uint8Array, kind: Talk['kind'], at: 0 | 2): number {
  const p = kind === 'icmp' ? 4 : at;
  return (segment[p]! << 8) | segment[p + 1]!;
}

function there(talk: Talk, id: number, payload: Uint8Array): Datagram {
  const ip = { src: talk.host, dst: talk.remote, id };
  if (talk.kind === 'udp') return datagram(outward(talk.host), ip, udp({ sport: talk.port, dport: 5000 }), payload);
  if (talk.kind === 'tcp') return datagram(outward(talk.host), ip, tcp({ sport: talk.port, dport: 80, flags: 'S' }), payload);
  return datagram(outward(talk.host), ip, icmp({ type: 8, id: talk.port, seq: 1 }), payload);
}

function back(talk: Talk, external: { src: string; port: number }, id: number, payload: Uint8Array): Datagram {
  const ip = { src: talk.remote, dst: external.src, id };
  if (talk.kind === 'udp') return datagram(inward(), ip, udp({ sport: 5000, dport: external.port }), payload);
  if (talk.kind === 'tcp') return datagram(inward(), ip, tcp({ sport: 80, dport: external.port, flags: 'SA' }), payload);
  return datagram(inward(), ip, icmp({ type: 0, id: external.port, seq: 1 }), payload);
}

/** The fragments of several datagrams, some twice, in an order drawn by `dice`: shuffled, reversed, interleaved or one after the other. */
function mixed(datagrams: readonly Datagram[], dice: Dice): Uint8Array[] {
  const sets = datagrams.map((d) => {
    const parts = cutAnywhere(d, dice, 64);
    return dice.below(3) === 0 ? [...parts, dice.pick(parts)] : parts;
  });
  const order = dice.below(4);
  if (order === 0) return shuffled(sets.flat(), dice);
  if (order === 1) return sets.flat().reverse();
  if (order === 2) return sets.flat();
  const rows = Math.max(...sets.map((set) => set.length));
  return Array.from({ length: rows }, (_, i) => sets.flatMap((set) => (set[i] ? [set[i]] : []))).flat();
}

/** A few at a time, so that turns of different workers come between them. */
function deliver(team: Team, iface: 'lan' | 'wan', frames: readonly Uint8Array[], dice: Dice): Uint8Array[] {
  for (const frame of frames) {
    team.push(iface, frame);
    if (dice.below(3) === 0) team.step();
  }
  team.settle();
  return team.sent(iface === 'lan' ? 'wan' : 'lan').map(({ octets }) => octets);
}

/** Next hops are known: only so many frames may wait for one. */
function meet(team: Team): void {
  for (let i = 2; i < 6; i++) team.push('lan', udpOut(`10.0.0.${i}`, 900));
  team.settle();
  for (const frame of team.sent('wan')) team.push('wan', answerTo(frame));
  team.settle();
  assert.equal(team.sent('lan').length, 4);
}

function drops(team: Team): Record<string, number> {
  const seen: Record<string, number> = {};
  for (let v: Verdict = FIRST_DROP; v < Verdict.Count; v++) {
    const { reason } = verdictSpec(v);
    // Each worker asks for itself, and an answer may come to another one.
    if (team.count(v) > 0 && !reason.startsWith('arp')) seen[reason] = team.count(v);
  }
  return seen;
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

for (const workers of [1, 2, 3, 8]) {
  test(`FRG-1 FRG-2 FRG-7 FRG-8 datagrams cut anywhere, in any order, of hosts with equal ids: what is put together is what was sent, ${workers} workers, seed ${SEED}`, () => {
    const dice = new Dice(SEED ^ workers);
    let parts = 0;
    for (let round = 0; round < 12; round++) {
      const team = new Team(workers, new Dice(SEED ^ (round << 8)));
      meet(team);
      const talks = Array.from({ length: 6 }, (_, i): Talk => {
        const kind = dice.pick(['udp', 'tcp', 'icmp'] as const);
        return { kind, host: `10.0.0.${2 + dice.below(4)}`, remote: dice.pick(REMOTES), port: 2000 + i };
      });
      // Some hosts use one id for two datagrams at a time: the same protocol then, that is, not to the same remote.
      const taken = new Set<string>();
      const ids = talks.map(({ kind, host, remote }) => {
        let id = 7;
        while (taken.has([kind, host, remote, id].join())) id++;
        taken.add([kind, host, remote, id].join());
        return id;
      });
      const payloads = talks.map(() => dice.octets(200 + dice.below(6000)));
      const sent = talks.map((talk, i) => there(talk, ids[i]!, payloads[i]!));
      const out = deliver(team, 'lan', mixed(sent, dice), dice);
      parts += out.length;
      assert.deepEqual(drops(team), {});
      const arrived = received(out);
      assert.equal(arrived.length, talks.length);
      const externals = talks.map(({ kind }, i) => {
        const one = arrived.find(({ segment }) => same(segment.slice(-payloads[i]!.length), payloads[i]!));
        assert.ok(one !== undefined && one.segment.length === sent[i]!.segment.length, 'the payload is what was sent');
        assert.ok(checksumHolds(one.ip, one.segment), 'the checksum holds');
        return { src: one.ip.src, port: portIn(one.segment, kind, 0) };
      });
      const answers = talks.map((talk, i) => back(talk, externals[i]!, 100 + i, payloads[i]!));
      const home = received(deliver(team, 'wan', mixed(answers, dice), dice));
      assert.equal(home.length, talks.length);
      for (const [i, talk] of talks.entries()) {
        const one = home.find(({ ip }) => ip.id === 100 + i && ip.src === talk.remote)!;
        assert.deepEqual([one.ip.dst, portIn(one.segment, talk.kind, 2)], [talk.host, talk.port]);
        assert.ok(same(one.segment.slice(-payloads[i]!.length), payloads[i]!) && checksumHolds(one.ip, one.segment));
      }
      assert.deepEqual(drops(team), {});
      team.check();
      team.advance(3000);
      for (const { cx } of team.members)
        assert.deepEqual([datagramsCount(cx.fragments.datagrams), heldUsed(cx.fragments.frames)], [0, 0]);
    }
    assert.ok(parts > 100);
  });
}

test(`fragments with pieces missing, of every kind, are counted and none passes without its first, seed ${SEED}`, () => {
  const dice = new Dice(SEED ^ 0xf2a6);
  for (const workers of [1, 2, 3]) {
    const team = new Team(workers, new Dice(SEED));
    for (let step = 0; step < 400; step++) {
      const talk: Talk = {
        kind: dice.pick(['udp', 'tcp', 'icmp'] as const),
        host: `10.0.0.${2 + dice.below(4)}`,
        remote: dice.pick(REMOTES),
        port: 2000 + dice.below(3),
      };
      const id = dice.below(5);
      const parts = cutAnywhere(there(talk, id, dice.octets(100 + dice.below(3000))), dice, dice.below(3) === 0 ? 8 : 64);
      const frames = shuffled(parts, dice).filter(() => dice.below(4) > 0);
      for (const frame of deliver(team, 'lan', frames, dice)) assert.ok(decode(frame).ipv4!.src.startsWith('192.0.2.'));
      if (dice.below(10) === 0) team.advance(dice.pick([100, 1200, 5000]));
    }
    team.check();
    team.advance(400_000);
    team.check();
    assert.equal(team.count(Verdict.FragmentHeld) > 100, true);
  }
});
