/**
 * Child process: garbage (D42). Forwards 1 M frames of known sessions and prints collections seen, growth of the used heap and
 * octets per frame as one JSON line. Run with --expose-gc.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { MAX_BURST } from '../../src/pipeline/burst.js';
import { knownFrames } from './frames.js';
import { forwardLoaded, worldWithSessions } from './sessions.js';

const FRAMES = 1_048_576;
const RING_BURSTS = 1024;

const world = worldWithSessions(65_536);
const ring = knownFrames(world, 65_536, RING_BURSTS);
const pass = (): void => {
  for (let b = 0; b < RING_BURSTS; b++) forwardLoaded(world, ring, b);
};
for (let i = 0; i < 16; i++) pass();

let collections = 0;
const observer = new PerformanceObserver((list) => {
  collections += list.getEntries().length;
});
(globalThis as { gc?: () => void }).gc?.();
await setImmediate();
observer.observe({ entryTypes: ['gc'] });
getHeapStatistics();
const before = getHeapStatistics().used_heap_size;
for (let i = 0; i < FRAMES / RING_BURSTS / MAX_BURST; i++) pass();
const growth = getHeapStatistics().used_heap_size - before;
// Entries are delivered in a later turn of the event loop.
for (let i = 0; i < 4; i++) await setImmediate();
observer.disconnect();
console.log(JSON.stringify({ collections, growth, octetsPerFrame: growth / FRAMES }));
