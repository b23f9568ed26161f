import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ControlWord } from '../../src/shared/control.js';
import { CounterEvent } from '../../src/shared/counters.js';
import { LONGEST_SPIN_MICROS, Spin } from '../../src/worker/spin.js';
import { Turn } from '../../src/worker/turn.js';
import { udpOut } from '../support/flows.js';
import { World } from '../support/world.js';

/** A spin that has met these gaps, again and again. */
function after(...gaps: number[]): Spin {
  const spin = new Spin('auto');
  for (let i = 0; i < 640; i++) spin.met(gaps[i % gaps.length]!);
  return spin;
}

describe('D40 how long polling pays', () => {
  test('not before anything is known, and a configured time stays', () => {
    assert.equal(new Spin('auto').micros, 0);
    const fixed = new Spin(50);
    for (let i = 0; i < 100; i++) fixed.met(5000);
    assert.equal(fixed.micros, 50);
  });

  test('answers after 40 us, requests each 10 ms: until the answer, not until the request', () => {
    assert.equal(after(40, 10_000).micros, 48);
  });

  test('frames far apart: never', () => {
    assert.equal(after(1000).micros, 0);
    assert.equal(after(400).micros, 0);
  });

  test('answers that come late, or seldom, are not worth it', () => {
    assert.equal(after(200, 10_000).micros, 0);
    assert.equal(after(40, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000).micros, 0);
  });

  test('all gaps short: the longest', () => {
    assert.equal(after(5, 30, 70).micros, LONGEST_SPIN_MICROS);
  });

  test('it forgets: traffic that changes changes it within 200 gaps, both ways', () => {
    const spin = after(20);
    for (let i = 0; i < 200; i++) spin.met(2000);
    assert.equal(spin.micros, 0);
    for (let i = 0; i < 200; i++) spin.met(20);
    assert.ok(spin.micros > 0);
  });

  test('a time in the same step costs no more than a sleep is worth', () => {
    const costs = (gap: number) => {
      const { micros } = after(gap, 50_000);
      return micros === 0 ? 0 : gap + micros;
    };
    for (let gap = 0; gap < 300; gap++) assert.ok(costs(gap) <= 300 + 16, `${gap}`);
  });
});

describe('a turn that polls', () => {
  /** A worker whose clock goes on by `step` at each reading, and by `asleep` in a sleep. */
  function polling(spin: Spin, step: number, asleep = 10_000) {
    const world = new World();
    let micros = 0;
    let gaveWay = 0;
    const { cx, ifaces, control, wakeFds, adopt } = world.turn;
    const time = {
      nowMs: () => 0,
      nowMicros: () => (micros += step),
      wait: () => {
        micros += asleep;
        return 0;
      },
      wake: () => {},
      giveWay: () => void gaveWay++,
    };
    const turn = new Turn(cx, ifaces, time, control, wakeFds, spin, control[ControlWord.Generation]!, adopt);
    cx.flush = () => turn.send();
    const events = world.state.counters.events;
    return {
      turn: () => turn.run(),
      frame: () => world.push('lan', udpOut('10.0.0.2', 1)),
      sleeps: () => events[CounterEvent.Sleeps]!,
      met: () => events[CounterEvent.PollsMet]!,
      gaveWay: () => gaveWay,
    };
  }

  test('sleeps when the time is over, gives way until then, and sleeps at once after a sleep without frames', () => {
    const w = polling(new Spin(50), 20);
    w.frame();
    w.turn();
    for (let i = 0; i < 2; i++) w.turn();
    assert.deepEqual([w.sleeps(), w.gaveWay()], [0, 2]);
    w.turn();
    assert.deepEqual([w.sleeps(), w.gaveWay()], [1, 2]);
    w.turn();
    assert.deepEqual([w.sleeps(), w.gaveWay()], [2, 2]);
  });

  test('a frame that ends the polling is counted, one that ends a sleep is not', () => {
    const w = polling(new Spin(50), 20);
    w.frame();
    w.turn();
    w.turn();
    w.frame();
    w.turn();
    assert.deepEqual([w.met(), w.sleeps()], [1, 0]);
    for (let i = 0; i < 3; i++) w.turn();
    w.frame();
    w.turn();
    assert.deepEqual([w.met(), w.sleeps()], [1, 1]);
  });

  test('D40 auto: frames far apart are never polled for, answers are after a while', () => {
    const far = polling(new Spin('auto'), 1);
    for (let i = 0; i < 100; i++) {
      far.frame();
      far.turn();
      far.turn();
    }
    assert.deepEqual([far.sleeps(), far.gaveWay()], [100, 0]);
    const near = polling(new Spin('auto'), 1, 40);
    for (let i = 0; i < 100; i++) {
      near.frame();
      near.turn();
      near.turn();
    }
    assert.ok(near.sleeps() <= 16, `${near.sleeps()} sleeps before it was known that answers come soon`);
    assert.equal(near.met(), 100 - 1 - near.sleeps());
  });
});
