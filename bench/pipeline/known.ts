/**
 * Child process: known flows. Makes the sessions through the slow path, writes the world for the C reference, says `ready`, then
 * answers commands as bench/ref/pipeline.c does: `check`, `round`.
 *
 * usage: known.js SESSIONS BURSTS WORLD
 */
import { createInterface } from 'node:readline';
import { MAX_BURST } from '../../src/pipeline/context.js';
import { forwardBurst } from '../../src/pipeline/forward.js';
import { Verdict } from '../../src/shared/verdict.js';
import { useSnapshot } from '../../src/worker/adopt.js';
import { FRAME_OCTETS, type FrameRing, knownFrames } from './frames.js';
import { worldWithSessions } from './sessions.js';
import type { World } from './world.js';
import { writeWorld } from './worldFile.js';

/** One pass over the ring. Returns nanoseconds per frame, the reading of the clock taken off. */
export function timedRound({ cx }: World, ring: FrameRing): number {
  let total = 0;
  let idle = 0;
  for (let b = 0; b < ring.bursts; b++) {
    ring.load(cx, b);
    const start = performance.now();
    forwardBurst(cx, MAX_BURST);
    const end = performance.now();
    total += end - start;
    cx.flush();
    const again = performance.now();
    idle += performance.now() - again;
  }
  return ((total - idle) * 1e6) / (ring.bursts * MAX_BURST);
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
  let swaps = 0;
  console.log('ready');
  createInterface({ input: process.stdin }).on('line', (line) => {
    useSnapshot(cx, world.snapshots[++swaps & 1]!);
    if (line === 'check') {
      const before = cx.counters.verdicts[Verdict.Translated]!;
      const digest = digestRound(world, ring);
      console.log(JSON.stringify({ digest, translated: cx.counters.verdicts[Verdict.Translated]! - before }));
    } else if (line === 'round') {
      console.log(JSON.stringify({ ns: timedRound(world, ring) }));
    }
  });
}

main(Number(process.argv[2]), Number(process.argv[3]), process.argv[4]!);
