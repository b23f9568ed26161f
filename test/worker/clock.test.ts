import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ControlWord } from '../../src/shared/control.js';
import { setClock, startClock } from '../../src/worker/clock.js';
import { World } from '../support/world.js';

test('D15 ticks are counted by differences: over the wrap of milliseconds, small steps, steps back', () => {
  const { cx, state } = new World();
  const { control } = state;
  startClock(cx, control, 0x7fff_ffff - 250, true, 10);
  assert.equal(cx.now, 10);
  for (let i = 1; i <= 10; i++) setClock(cx, control, (0x7fff_ffff - 250 + i * 100) | 0);
  assert.equal(cx.now, 20);
  for (let i = 0; i < 100; i++) setClock(cx, control, (cx.nowMs + 7) | 0);
  assert.equal(cx.now, 27);
  setClock(cx, control, (cx.nowMs - 50_000) | 0);
  assert.equal(cx.now, 27, 'a step back is no progress');
});

test('D10 D15 a replacement goes on from the tick its predecessor left', () => {
  const { cx, state } = new World();
  startClock(cx, state.control, 5000, true, 0x7fff_fffe);
  setClock(cx, state.control, 5150);
  const tick = cx.now;
  startClock(cx, state.control, 6150, false, 1);
  assert.equal(cx.now, (tick + 10) | 0);
  assert.ok(cx.now < 0, 'over the wrap');
  assert.equal(state.control[ControlWord.ClockTick], cx.now);
});
