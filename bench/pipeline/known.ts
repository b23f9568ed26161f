/**
 * Child process: known flows. Makes the sessions through the slow path, writes the world for the C reference, says `ready`, then
 * answers commands as bench/ref/pipeline.c does: `check`, `round`.
 *
 * usage: known.js SESSIONS BURSTS WORLD
 */
import { createInterface } from 'node:readline';
import { MAX_BURST } from '../../src/pipeline/burst.js';
import { forwardBurst } from '../../src/pipeline/forward.js';
import { Verdict } from '../../src/shared/verdict.js';
import { useSnapshot } from '../../src/worker/adopt.js';
import { FRAME_OCTETS, type FrameRing, knownFrames } from './frames.js';
import { worldWithSessions } from './sessions.js';
import type { World } from './world.js';
import { writeWorld } from './worldFile.js';

/** Nanoseconds per frame: of all bursts of a round, and of the one in the middle. */
export interface Timed {
  readonly ns: number;
  readonly median: number;
}

/** One pass over the ring; the reading of the clock is taken off. `each` has room for the bursts' times. */
export function timedRound({ cx }: World, ring: FrameRing, each: Float64Array): Timed {
  let total = 0;
  let idle = 0;
  let least = 1;
  for (let b = 0; b < ring.bursts; b++) {
    ring.load(cx, b);
    const start = performance.now();
    forwardBurst(cx, MAX_BURST);
    const end = performance.now();
    each[b] = end - start;
    total += end - start;
    cx.flush();
    const again = performance.now();
    const read = performance.now() - again;
    idle += read;
    if (read < least) least = read;
  }
  each.sort();
  return {
    ns: ((total - idle) * 1e6) / (ring.bursts * MAX_BURST),
    median: ((each[ring.bursts >> 1]! - least) * 1e6) / MAX_BURST,
  };
}

/** FNV-1a over all frames sent, two octets at a time; the same as the reference's. */
function digestRound({ cx }: World, ring: FrameRing): number {
  let digest = 2166136261 | 0;
  const u16 = cx.memory.u16;
  for (let b = 0; b < ring.bursts; b++) {
    ring.load(cx, b);
    forwardBurst(cx, MAX_BURST);
    for (const { sends, queued } of cx.outlets) {
      for (let n = 0; n < queued; n++) {
        digest = Math.imul(digest ^ sends[n * 2 + 1]!, 16777619);
        const at = sends[n * 2]! >> 1;
        for (let i = 0; i < FRAME_OCTETS / 2; i++) digest = Math.imul(digest ^ u16[at + i]!, 16777619);
      }
    }
    cx.flush();
  }
  return digest >>> 0;
}

function main(sessions: number, bursts: number, path: string): void {
  const world = worldWithSessions(sessions);
  const ring = knownFrames(world, sessions, bursts);
  writeWorld(path, world, ring);
  const { cx } = world;
  const each = new Float64Array(bursts);
  let swaps = 0;
  console.log('ready');
  createInterface({ input: process.stdin }).on('line', (line) => {
    useSnapshot(cx, world.snapshots[++swaps & 1]!);
    if (line === 'check') {
      const before = cx.counters.verdicts[Verdict.Translated]!;
      const digest = digestRound(world, ring);
      console.log(JSON.stringify({ digest, translated: cx.counters.verdicts[Verdict.Translated]! - before }));
    } else if (line === 'round') {
      console.log(JSON.stringify(timedRound(world, ring, each)));
    }
  });
}

main(Number(process.argv[2]), Number(process.argv[3]), process.argv[4]!);
