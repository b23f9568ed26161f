import assert from 'node:assert/strict';
import { test } from 'node:test';
import { indexSlotOf } from '../../src/tables/flowIndex.js';
import type { HashKey } from '../../src/tables/hash.js';
import { outwardHash, sessionPublish } from '../../src/tables/sessionIndices.js';
import { Session, type Sessions, sessionsIn, sessionsOctets, sessionTake } from '../../src/tables/sessions.js';

const FLOWS = 100_000;
const CAPACITY = 262_144;
const KEYS: readonly HashKey[] = [
  { k0: 0x0123_4567, k1: 0x89ab_cdef | 0 },
  { k0: 0x7654_3210, k1: 0x1234_5678 },
];

type Tuple = readonly [inside: number, remote: number, ports: number];

/** Tuples whose words have the same sum and the same exclusive or: any hash made of those puts them into one chain. */
function crafted(i: number): Tuple {
  const a = (i << 1) | 0;
  return [0x0a00_0001 ^ a, 0x0900_0001 ^ a, 0x5000_1000];
}

/** The same number of tuples as they come. */
function ordinary(i: number): Tuple {
  return [0x0a00_0000 + (i >> 8), Math.imul(i, 0x9e37_79b1), (i & 0xff) | 0x5000_0000];
}

function longestProbe(key: HashKey, tuple: (i: number) => Tuple): number {
  const t: Sessions = sessionsIn(new SharedArrayBuffer(sessionsOctets(CAPACITY)), CAPACITY, key);
  for (let i = 0; i < FLOWS; i++) {
    const row = sessionTake(t, 0);
    const [inside, remote, ports] = tuple(i);
    t.rows[row + Session.InsideAddress] = inside;
    t.rows[row + Session.RemoteAddress] = remote;
    t.rows[row + Session.OutwardPorts] = ports;
    t.rows[row + Session.ExternalAddress] = 0x0101_0101;
    t.rows[row + Session.InwardPorts] = i;
    t.rows[row + Session.Meta] = 17;
    sessionPublish(t, row);
  }
  let longest = 0;
  for (let i = 0; i < FLOWS; i++) {
    const hash = outwardHash(t, i * Session.Words);
    const slot = indexSlotOf(t.outward.slots, hash & t.outward.mask, i);
    longest = Math.max(longest, ((slot - (hash & t.outward.mask)) & t.outward.mask) + 1);
  }
  return longest;
}

test('DOS-1 100,000 tuples made to collide under a hash without a key probe no further than any others', () => {
  for (const key of KEYS) {
    const [attack, usual] = [longestProbe(key, crafted), longestProbe(key, ordinary)];
    assert.ok(attack <= 16, `${attack} slots for the longest of the crafted ones`);
    assert.ok(usual <= 16, `${usual} slots for the longest of the others`);
  }
});
