import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { flowHash } from '../../src/tables/hash.js';
import { sessionPublish, sessionRemove } from '../../src/tables/sessionIndices.js';
import { findInward, findOutward } from '../../src/tables/sessionLookup.js';
import { Session, type Sessions, SessionsHead, sessionsIn, sessionsOctets, sessionTake } from '../../src/tables/sessions.js';
import { wheelLink, wheelNext, wheelUnlink } from '../../src/tables/timerWheel.js';
import { SEED } from './seed.js';

const CAPACITY = 64;
/** Few values, so that chains collide and tuples repeat. */
const tuple = fc.record({
  a: fc.integer({ min: 1, max: 6 }),
  b: fc.integer({ min: 1, max: 3 }),
  p: fc.integer({ min: 1, max: 4 }),
  proto: fc.constantFrom(1, 6, 17),
});
type Tuple = { a: number; b: number; p: number; proto: number };
const keyOf = (t: Tuple): string => `${t.a} ${t.b} ${t.p} ${t.proto}`;
const externalOf = (row: number): number => 1000 + row;

function add(t: Sessions, x: Tuple): number {
  const row = sessionTake(t, 0);
  if (row < 0) return row;
  t.rows[row + Session.InsideAddress] = x.a;
  t.rows[row + Session.RemoteAddress] = x.b;
  t.rows[row + Session.OutwardPorts] = x.p;
  t.rows[row + Session.ExternalAddress] = externalOf(row);
  t.rows[row + Session.InwardPorts] = x.p << 16;
  t.rows[row + Session.Meta] = x.proto;
  sessionPublish(t, row);
  return row;
}

function outward(t: Sessions, x: Tuple): number {
  return findOutward(t, flowHash(t.key, x.a, x.b, x.p, x.proto), x.a, x.b, x.p, x.proto);
}

function inward(t: Sessions, x: Tuple, row: number): number {
  const external = externalOf(row);
  return findInward(t, flowHash(t.key, x.b, external, x.p << 16, x.proto), x.b, external, x.p << 16, x.proto);
}

test(`sessions behave like a map under random insertion and removal, seed ${SEED}`, () => {
  const step = fc.record({ remove: fc.boolean(), x: tuple });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), fc.integer(), (steps, k0) => {
      const t = sessionsIn(new SharedArrayBuffer(sessionsOctets(CAPACITY)), CAPACITY, { k0, k1: 7 });
      const model = new Map<string, { x: Tuple; row: number }>();
      for (const { remove, x } of steps) {
        const known = model.get(keyOf(x));
        assert.equal(outward(t, x), known?.row ?? -1);
        if (remove && known !== undefined) {
          sessionRemove(t, known.row);
          model.delete(keyOf(x));
        } else if (!remove && known === undefined) {
          const row = add(t, x);
          assert.equal(row < 0, model.size === CAPACITY, 'full exactly at its capacity');
          if (row >= 0) model.set(keyOf(x), { x, row });
        }
        assert.equal(t.head[SessionsHead.Count], model.size);
      }
      for (const { x, row } of model.values()) {
        assert.equal(outward(t, x), row);
        assert.equal(inward(t, x, row), row);
        assert.equal(t.rows[row + Session.Generation]! & 1, 0);
        sessionRemove(t, row);
      }
      assert.ok(t.outward.slots.every((slot) => slot === 0) && t.inward.slots.every((slot) => slot === 0));
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test(`the wheel gives every row back at its tick, never before, wherever the count starts, seed ${SEED}`, () => {
  const starts = fc.constantFrom(1, 0, -5, 65_530, 0x7fff_ffff - 20, -0x8000_0000);
  const action = fc.record({
    ticks: fc.integer({ min: 0, max: 40 }),
    pass: fc.integer({ min: 0, max: 5 }),
    unlink: fc.boolean(),
  });
  fc.assert(
    fc.property(starts, fc.array(action, { maxLength: 60 }), (start, actions) => {
      const t = sessionsIn(new SharedArrayBuffer(sessionsOctets(CAPACITY)), CAPACITY, { k0: 1, k1: 2 });
      let now = start;
      t.head[SessionsHead.WheelTick] = now;
      const due = new Map<number, number>();
      const drain = (): void => {
        for (let row = wheelNext(t, now); row >= 0; row = wheelNext(t, now)) {
          assert.ok(((now - due.get(row)!) | 0) >= 0, 'not before its tick');
          due.delete(row);
        }
        for (const tick of due.values()) assert.ok(((tick - now) | 0) > 0, 'none is left behind');
      };
      for (const [i, { ticks, pass, unlink }] of actions.entries()) {
        const row = i * Session.Words;
        const [first] = due.keys();
        if (unlink && first !== undefined) {
          wheelUnlink(t, first);
          due.delete(first);
        }
        wheelLink(t, row, now, ticks);
        due.set(row, (now + Math.max(1, ticks)) | 0);
        now = (now + pass) | 0;
        drain();
      }
      now = (now + 100) | 0;
      drain();
      assert.equal(due.size, 0);
      assert.ok(t.wheel.every((slot) => slot === 0));
    }),
    { seed: SEED, numRuns: 100 },
  );
});
