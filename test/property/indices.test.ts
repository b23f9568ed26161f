import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slotRow } from '../../src/tables/flowIndex.js';
import { flowHash } from '../../src/tables/hash.js';
import { mappingFor, mappingJoin, mappingLeave, mappingOf } from '../../src/tables/mappings.js';
import {
  By,
  homeBy,
  insideHash,
  insideHashOf,
  outwardHash,
  peerHashOf,
  sessionPublish,
  sessionRemove,
} from '../../src/tables/sessionIndices.js';
import { findInward, findOutward } from '../../src/tables/sessionLookup.js';
import { Session, SessionFlag, type Sessions, sessionsIn, sessionsOctets, sessionTake } from '../../src/tables/sessions.js';
import { Dice } from '../support/mutate.js';
import { SEED } from './seed.js';

const CAPACITY = 64;
const EXTERNAL = 0x0101_0101;

interface Flow {
  readonly inside: number;
  readonly remote: number;
  readonly port: number;
  row: number;
}

/**
 * Flows whose outward tuples, and inside endpoints, have their homes in few slots: runs far longer than the fifteen slots a word
 * can tell of.
 */
function crowd(t: Sessions, dice: Dice): Flow[] {
  const flows: Flow[] = [];
  const inside = t.insides;
  for (let n = 1; flows.length < 3 * CAPACITY; n++) {
    const flow = { inside: n, remote: 1 + dice.below(5), port: 1 + (n & 0xfff), row: -1 };
    const outward = flowHash(t.key, flow.inside, flow.remote, flow.port, 17) & t.outward.mask;
    const home = homeBy(inside, By.Inside, insideHash(t, flow.inside, flow.port, 17));
    // The run goes over the end of both tables.
    if ((outward + 4) % (t.outward.mask + 1) < 8 && (home + 8) % inside.length < 16) flows.push(flow);
  }
  return flows;
}

function begin(t: Sessions, flow: Flow, external: number, flags: number): void {
  const row = sessionTake(t, 0);
  const r = t.rows;
  r[row + Session.InsideAddress] = flow.inside;
  r[row + Session.RemoteAddress] = flow.remote;
  r[row + Session.OutwardPorts] = flow.port;
  r[row + Session.ExternalAddress] = EXTERNAL;
  r[row + Session.InwardPorts] = external << 16;
  r[row + Session.Meta] = 17 | flags;
  mappingJoin(t, row, -1, insideHash(t, flow.inside, flow.port, 17), peerHashOf(t, row));
  sessionPublish(t, row);
  flow.row = row;
}

function check(t: Sessions, flow: Flow): void {
  const { row, inside, remote, port } = flow;
  const hash = flowHash(t.key, inside, remote, port, 17);
  assert.equal(findOutward(t, hash, inside, remote, port, 17), row);
  assert.equal(mappingOf(t, inside, port, 17), row);
  if (row < 0) return;
  assert.equal(hash, outwardHash(t, row));
  const ports = t.rows[row + Session.InwardPorts]!;
  assert.equal(findInward(t, flowHash(t.key, remote, EXTERNAL, ports, 17), remote, EXTERNAL, ports, 17), row);
  assert.equal(mappingFor(t, EXTERNAL, ports >>> 16, 17, remote), row);
}

/** Words stand in the order of their homes, without a gap between a home and its word: what ends a search early rests on it. */
function checkOrder(slots: Int32Array, homeOf: (row: number) => number): void {
  const distance = (s: number): number => (s - homeOf(slotRow(slots[s]!) << 4) + slots.length) % slots.length;
  for (let s = 0; s < slots.length; s++) {
    if (slots[s] === 0 || distance(s) === 0) continue;
    const before = (s + slots.length - 1) % slots.length;
    assert.notEqual(slots[before], 0);
    assert.ok(distance(before) >= distance(s) - 1, `slot ${s}`);
  }
}

for (const [name, flags] of [
  ['adf', SessionFlag.Adf],
  ['eif', SessionFlag.Eif],
] as const) {
  test(`runs of many times fifteen slots, over the end of the table: every row is found, no other, ${name}, seed ${SEED}`, () => {
    const dice = new Dice(SEED);
    for (let round = 0; round < 5; round++) {
      const t = sessionsIn(new SharedArrayBuffer(sessionsOctets(CAPACITY)), CAPACITY, { k0: SEED + round, k1: 9 });
      const flows = crowd(t, dice);
      let live = 0;
      for (let step = 0; step < 1500; step++) {
        const flow = dice.pick(flows);
        if (flow.row >= 0) {
          assert.equal(mappingLeave(t, flow.row), true);
          sessionRemove(t, flow.row);
          flow.row = -1;
          live--;
        } else if (live < CAPACITY) {
          begin(t, flow, 1024 + step, flags);
          live++;
        }
        if (step % 10 === 0) for (const each of flows) check(t, each);
        if (step % 50 !== 0) continue;
        checkOrder(t.outward.slots, (row) => homeBy(t.outward.slots, By.Outward, outwardHash(t, row)));
        checkOrder(t.insides, (row) => homeBy(t.insides, By.Inside, insideHashOf(t, row)));
      }
    }
  });
}
