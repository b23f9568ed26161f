import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionsHead, sessionsIn, sessionsOctets, sessionTake, WHEEL_SLOTS } from '../../src/tables/sessions.js';
import { wheelLink, wheelNext } from '../../src/tables/timerWheel.js';

test('a time longer than the wheel comes up once a turn, also when the wheel is behind the clock', () => {
  const t = sessionsIn(new SharedArrayBuffer(sessionsOctets(64)), 64, { k0: 1, k1: 2 });
  const start = 1000;
  t.head[SessionsHead.WheelTick] = start;
  const row = sessionTake(t, 0);
  for (const behind of [0, 1, 2, 50]) {
    const now = t.head[SessionsHead.WheelTick]! + behind;
    wheelLink(t, row, now, WHEEL_SLOTS + 9000);
    assert.equal(wheelNext(t, now), -1, `${behind} ticks behind: not at once`);
    assert.equal(t.head[SessionsHead.WheelTick], now);
    let came = -1;
    for (let tick = now + 1; came < 0; tick++) came = wheelNext(t, tick);
    assert.equal(came, row);
    const after = t.head[SessionsHead.WheelTick]! - now;
    assert.ok(after >= WHEEL_SLOTS - 1 - behind && after < WHEEL_SLOTS, `came after ${after} ticks`);
  }
});

test('the row that is linked again while its slot is at work does not come up again', () => {
  const t = sessionsIn(new SharedArrayBuffer(sessionsOctets(64)), 64, { k0: 1, k1: 2 });
  t.head[SessionsHead.WheelTick] = 1;
  const row = sessionTake(t, 0);
  wheelLink(t, row, 1, 10);
  // The worker slept over the tick: slot 11 is at work while the clock says 12.
  assert.equal(wheelNext(t, 12), row);
  assert.equal(t.head[SessionsHead.WheelTick], 11);
  wheelLink(t, row, 12, 74_400);
  assert.equal(wheelNext(t, 12), -1);
});
