import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { sessionState, sessionStateNames } from '../../src/pipeline/tcpState.js';
import { decode } from '../support/decode.js';
import { answerTo, tcpOut } from '../support/flows.js';
import { drawsOf } from '../support/long.js';
import { small } from '../support/sample.js';
import { World } from '../support/world.js';
import { SEED } from './seed.js';

const HOST = '10.0.0.5';
const yaml = small('1024-65535');
/** Seconds of small(): what a session lives after its last segment. */
const LIVES: Readonly<Record<string, number>> = {
  SYN_SENT: 4,
  ESTABLISHED: 20,
  FIN_OUT: 20,
  FIN_IN: 20,
  CLOSING: 2,
  RESET: 2,
};

/**
 * A connection as a person would tell it (nat-behaviour.md 9, zones.md 1.7): whether there is a session, what it is called, and when
 * it ends. Told by what has been seen, not by a table of states.
 */
class Told {
  lives = false;
  answered = false;
  finOut = false;
  finIn = false;
  reset = false;
  /** Milliseconds. */
  last = 0;

  name(): string {
    if (this.reset) return 'RESET';
    if (!this.answered) return 'SYN_SENT';
    if (this.finOut && this.finIn) return 'CLOSING';
    return this.finOut ? 'FIN_OUT' : this.finIn ? 'FIN_IN' : 'ESTABLISHED';
  }

  /** True when the segment passes. */
  hear(flags: string, outward: boolean, now: number): boolean {
    const has = (letter: string): boolean => flags.includes(letter);
    const nonsense = has('S') ? has('F') || has('R') : !has('A') && !has('R');
    if (nonsense) return false;
    if (!this.lives) {
      if (!outward || !has('S') || has('A')) return false;
      Object.assign(this, { lives: true, answered: false, finOut: false, finIn: false, reset: false, last: now });
      return true;
    }
    const over = this.reset || (this.finOut && this.finIn);
    if (!outward && over && has('S') && !has('A')) return false;
    if (!(has('R') && this.reset)) this.last = now;
    if (has('R')) this.reset = true;
    else if (has('S')) {
      if (outward && over) Object.assign(this, { answered: false, finOut: false, finIn: false, reset: false });
      else if (!outward && !this.reset) this.answered = true;
    } else {
      // After an RST that was no end, the connection goes on as an open one.
      if (this.reset) Object.assign(this, { answered: true, finOut: false, finIn: false, reset: false });
      if (has('F') && this.answered) {
        if (outward) this.finOut = true;
        else this.finIn = true;
      }
    }
    return true;
  }
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      flags: fc.constantFrom('S', 'SA', 'A', 'A', 'PA', 'FA', 'FA', 'R', 'RA', 'SF', 'F', '', 'FPU', 'SR', 'UA'),
      outward: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ ms: fc.constantFrom(100, 1500, 3500, 19_000) }) },
);

/** Through every state, whatever the seed draws. */
const WHOLE_LIFE = (
  [
    ['S', true],
    ['SA', false],
    ['RA', false],
    ['A', true],
    ['FA', true],
    ['FA', false],
    ['S', true],
    ['SA', false],
    ['FA', false],
    ['FA', true],
  ] as const
).map(([flags, outward]) => ({ flags, outward }));

test(`TCP-1 TCP-2 TCP-5 TCP-8 TCP-10 TCP-11 any sequence of segments: passed or not, state and end as told, seed ${SEED}`, () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
      const w = new World({ yaml });
      const told = new Told();
      let now = 0;
      let syn: MemoryFrame | undefined;
      for (const one of steps) {
        if ('ms' in one) {
          w.advance(one.ms);
          now += one.ms;
          // Ends are told to a tick and a half; in between nothing is claimed.
          const left = told.last + LIVES[told.name()]! * 1000 - now;
          if (told.lives && Math.abs(left) <= 150) {
            w.advance(300);
            now += 300;
          }
          if (told.lives && told.last + LIVES[told.name()]! * 1000 <= now) told.lives = false;
        } else {
          if (!one.outward && syn === undefined) continue;
          const passes = told.hear(one.flags, one.outward, now);
          w.send(one.outward ? 'lan' : 'wan', one.outward ? tcpOut(HOST, 4000, one.flags) : answerTo(syn!, { flags: one.flags }));
          const left = w.sent(one.outward ? 'wan' : 'lan');
          assert.equal(left.length, passes ? 1 : 0, `${one.flags} ${one.outward ? 'from inside' : 'from outside'}`);
          if (one.outward && passes) syn = left[0]!;
        }
        assert.equal(w.sessionCount, told.lives ? 1 : 0);
        if (told.lives) {
          assert.equal(sessionStateNames[sessionState(w.sessions, w.rows()[0]!)], told.name());
          seen.add(told.name());
          assert.equal(decode(syn!.octets).ipv4!.src, '192.0.2.10');
        }
      }
      w.check();
    }),
    { seed: SEED, numRuns: drawsOf(150, 2500), examples: [[WHOLE_LIFE]] },
  );
  assert.equal(seen.size, 6, `seen: ${[...seen].join(' ')}`);
});
