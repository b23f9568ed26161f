import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ControlWord } from '../../src/shared/control.js';
import { CounterEvent } from '../../src/shared/counters.js';
import { FIRST_LPORT } from '../../src/tables/rifs.js';
import { LONGEST_SPIN_MICROS, Spin } from '../../src/worker/spin.js';
import { Turn } from '../../src/worker/turn.js';
import { udpOut } from '../support/flows.js';
import { eth, packet } from '../support/layers.js';
import { World } from '../support/world.js';

const [LAN, WAN] = [1, 2];

/** A spin that has met these gaps, again and again. */
function after(...gaps: number[]): Spin {
  const spin = new Spin('auto');
  for (let i = 0; i < 640; i++) spin.met(gaps[i % gaps.length]!, LAN);
  return spin;
}

describe('D40 how long polling pays', () => {
  test('not before anything is known, and a configured time stays', () => {
    assert.equal(new Spin('auto').micros, 0);
    const fixed = new Spin(50);
    for (let i = 0; i < 100; i++) fixed.met(5000, LAN);
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
    for (let i = 0; i < 200; i++) spin.met(2000, LAN);
    assert.equal(spin.micros, 0);
    for (let i = 0; i < 200; i++) spin.met(20, LAN);
    assert.ok(spin.micros > 0);
  });

  test('answers that come late, told apart from what comes after answers: polled for, and nothing else', () => {
    for (const port of [WAN, FIRST_LPORT, FIRST_LPORT + 7]) {
      const spin = new Spin('auto');
      for (let i = 0; i < 320; i++) {
        spin.met(170, port);
        spin.met(9830, LAN);
      }
      assert.deepEqual([spin.afford(port), spin.afford(LAN)], [LONGEST_SPIN_MICROS, 0]);
    }
  });

  test('gaps behind frames of all ports are one kind', () => {
    const spin = new Spin('auto');
    for (let i = 0; i < 32; i++) spin.met(50, FIRST_LPORT + i);
    assert.ok(spin.afford(FIRST_LPORT + 99) > 0);
    assert.equal(spin.afford(FIRST_LPORT - 1), 0);
  });

  test('a time in the same step costs no more than a sleep is worth', () => {
    const costs = (gap: number) => {
      const { micros } = after(gap, 50_000);
      return micros === 0 ? 0 : gap + micros;
    };
    for (let gap = 0; gap < 300; gap++) assert.ok(costs(gap) <= 300 + 16, `${gap}`);
  });
});

/** Share of the time that is polled when frames that are sent on come after these gaps, again and again; `busy` microseconds for each. */
function polledShare(gaps: readonly number[], busy = 0): number {
  const spin = new Spin('auto');
  let passed = 0;
  let polled = 0;
  for (let i = 0; i < 60_000; i++) {
    const gap = gaps[i % gaps.length]!;
    const time = Math.min(gap, spin.afford(LAN));
    spin.polled(time);
    spin.passed(gap - time);
    spin.met(gap, LAN);
    spin.served(busy);
    if (i < 20_000) continue;
    polled += time;
    passed += gap + busy;
  }
  return polled / passed;
}

/** `frames` at intervals of `gap`, then nothing until `period` is over. */
function train(frames: number, gap: number, period: number): number[] {
  return [...new Array<number>(frames - 1).fill(gap), period - (frames - 1) * gap];
}

describe('what polling may take in all', () => {
  for (const [what, gaps] of [
    ['3,448 frames a second', [290]],
    ['3,000 a second in trains of 16', train(16, 285, 5333)],
    ['1,000 a second in trains of 24', train(24, 285, 24_000)],
    ['a frame every 200 us', [200]],
  ] as const)
    test(`not much more than three tenths for ${what}`, () => {
      const share = polledShare(gaps);
      assert.ok(share <= 0.31, `${share}`);
      assert.ok(share > 0.2, `${share}: it is a limit, no switch`);
    });

  test('D40 1,000 round trips a second are polled for as long as it pays: the budget does not cut it', () => {
    for (const answer of [50, 100, 140]) {
      const share = polledShare([answer, 1000 - answer]);
      const all = after(answer, 1000 - answer).micros;
      assert.ok(all > answer);
      assert.ok(Math.abs(share - (answer + all) / 1000) < 0.001, `${answer}: ${share}`);
    }
    assert.ok(polledShare([40, 9960]) <= 0.01);
  });

  test('a worker that is busy may poll as long as it is busy: it stays awake', () => {
    assert.ok(polledShare([60], 60) > 0.49);
    const share = polledShare([280], 15);
    assert.ok(share < 0.37, `${share}`);
  });

  test('saved up is at most what a tenth of a second brings', () => {
    const spin = after(280);
    spin.passed(10_000_000);
    let micros = 0;
    for (; spin.afford(LAN) > 0; micros += 10) spin.polled(10);
    assert.ok(micros > 40_000 && micros < 45_000, `${micros}`);
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
      junk: () => world.push('lan', { octets: packet(eth({ dst: 'ff:ff:ff:ff:ff:ff', type: 0x88b5 }), new Uint8Array(46)) }),
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

  test('what is dropped anyway is never polled after, and does not end or lengthen the polling for an answer', () => {
    const only = polling(new Spin('auto'), 1, 40);
    for (let i = 0; i < 100; i++) {
      only.junk();
      only.turn();
      only.turn();
    }
    assert.deepEqual([only.sleeps(), only.gaveWay(), only.met()], [100, 0, 0]);

    const between = polling(new Spin(50), 20);
    between.frame();
    between.turn();
    between.turn();
    between.junk();
    between.turn();
    assert.deepEqual([between.sleeps(), between.met()], [0, 0]);
    between.turn();
    assert.equal(between.sleeps(), 1, '60 us after the frame');
    between.junk();
    between.turn();
    between.turn();
    assert.deepEqual([between.sleeps(), between.gaveWay(), between.met()], [2, 1, 0], 'sleeps on at once');
  });
});
