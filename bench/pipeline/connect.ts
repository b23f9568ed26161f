/**
 * Child process: new sessions. At a steady level of the port pool every tick brings as many new flows as old ones expire; what is
 * timed is their first frames through the slow path and the expiry, as in a turn. Prints one JSON line: sessions a second by all
 * bursts of each round, by the burst in the middle of each, and the use of the pool.
 *
 * usage: connect.js PERCENT ROUNDS
 */

import { MAX_BURST } from '../../src/pipeline/burst.js';
import { expireSessions } from '../../src/pipeline/expire.js';
import { forwardBurst } from '../../src/pipeline/forward.js';
import { SessionsHead } from '../../src/tables/sessions.js';
import { FrameRing, firstFrames, frameTemplate } from './frames.js';
import { makeWorld, PORTS_PER_ADDRESS, type World } from './world.js';

const ADDRESSES = 4;
/** Idle time of the sessions, in ticks of 100 ms. */
const LIFE_TICKS = 100;
/** Ticks measured per round. */
const ROUND_TICKS = 50;

/**
 * One tick: time moves, `ring` brings new flows, old ones expire. Returns milliseconds spent in the pipeline, and those of each
 * burst in `each` from `at` on.
 */
function tick({ cx }: World, ring: FrameRing, each: Float64Array, at: number): number {
  let spent = 0;
  cx.now = (cx.now + 1) | 0;
  for (let b = 0; b < ring.bursts; b++) {
    ring.load(cx, b);
    const start = performance.now();
    expireSessions(cx);
    forwardBurst(cx, MAX_BURST);
    each[at + b] = performance.now() - start;
    spent += each[at + b]!;
    cx.flush();
  }
  return spent;
}

function main(percent: number, rounds: number): void {
  const pool = ADDRESSES * PORTS_PER_ADDRESS;
  const world = makeWorld({ sessions: 262_144, hosts: 4096, addresses: ADDRESSES, unanswered: `${LIFE_TICKS / 10}s` });
  const head = world.cx.sessions.head;
  const bursts = Math.floor((pool * percent) / 100 / LIFE_TICKS / MAX_BURST);
  const ring = new FrameRing(bursts);
  const template = frameTemplate(world);
  let flow = 0;
  const each = new Float64Array(ROUND_TICKS * bursts);
  const next = (t: number): number => {
    firstFrames(ring, template, world.hosts, flow);
    flow += bursts * MAX_BURST;
    return tick(world, ring, each, t * bursts);
  };
  for (let t = 0; t < LIFE_TICKS + 10; t++) next(0);
  const perSecond: number[] = [];
  const middle: number[] = [];
  const created = ROUND_TICKS * bursts * MAX_BURST;
  for (let r = 0; r < rounds; r++) {
    let spent = 0;
    for (let t = 0; t < ROUND_TICKS; t++) spent += next(t);
    perSecond.push(created / spent / 1000);
    each.sort();
    middle.push(MAX_BURST / each[each.length >> 1]! / 1000);
  }
  const live = head[SessionsHead.Count]!;
  const wanted = bursts * MAX_BURST * LIFE_TICKS;
  if (Math.abs(live - wanted) > wanted / 50) throw new Error(`${live} sessions live instead of about ${wanted}`);
  console.log(JSON.stringify({ perSecond, middle, poolUse: live / pool }));
}

main(Number(process.argv[2]), Number(process.argv[3]));
