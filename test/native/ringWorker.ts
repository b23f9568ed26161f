import { parentPort, workerData } from 'node:worker_threads';
import { IfaceKind } from '../../src/io/addon.js';
import { addonUnderTest, Bench, etherType } from './loadedAddon.js';

/**
 * A worker that takes frames of a packet socket, at most three a call, counts the marked ones in shared memory and never stops by itself:
 * it ends by terminate(), which takes effect between two calls.
 */
const { queue, seen } = workerData as { queue: number; seen: Int32Array };
const bench = new Bench(addonUnderTest());
const handle = bench.addon.borrow(queue, IfaceKind.Packet, bench.sends);
parentPort!.postMessage('ready');
for (;;) {
  const count = bench.receive(handle, 3);
  for (let i = 0; i < count; i++) {
    const frame = bench.frame(i);
    if (etherType(frame) === 0x88b5) Atomics.store(seen, Atomics.add(seen, 0, 1) + 1, frame[20]!);
  }
  if (count === 0) bench.addon.wait(-1, 10_000);
}
