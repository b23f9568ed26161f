/** Live sessions, made through the slow path by their first frames. */
import { MAX_BURST } from '../../src/pipeline/burst.js';
import { forwardBurst } from '../../src/pipeline/forward.js';
import { SessionsHead } from '../../src/tables/sessions.js';
import { FrameRing, firstFrames, frameTemplate } from './frames.js';
import { makeWorld, PORTS_PER_ADDRESS, type World } from './world.js';

const MOST_HOSTS = 4096;
/** Bursts made at a time while sessions are created. */
const CHUNK = 256;

/** A world with `sessions` live UDP sessions, created by first frames. */
export function worldWithSessions(sessions: number): World {
  const world = makeWorld({
    sessions,
    hosts: Math.min(MOST_HOSTS, sessions >> 4),
    addresses: Math.ceil(sessions / PORTS_PER_ADDRESS) + 1,
    unanswered: '300s',
  });
  const { cx } = world;
  const template = frameTemplate(world);
  const ring = new FrameRing(Math.min(CHUNK, Math.ceil(sessions / MAX_BURST)));
  for (let made = 0; made < sessions; made += ring.bursts * MAX_BURST) {
    firstFrames(ring, template, world.hosts, made);
    for (let b = 0; b < ring.bursts; b++) forwardLoaded(world, ring, b);
  }
  const live = cx.sessions.head[SessionsHead.Count]!;
  if (live !== sessions) throw new Error(`${live} sessions instead of ${sessions}`);
  return world;
}

/** One burst, not timed, its frames sent nowhere. */
export function forwardLoaded({ cx }: World, ring: FrameRing, burst: number): void {
  ring.load(cx, burst);
  forwardBurst(cx, MAX_BURST);
  cx.flush();
}
