import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { IfaceKind, type OpenTapOptions } from '../../src/io/addon.js';
import { addonUnderTest, Bench } from './loadedAddon.js';

/** A worker that sends every frame back to where it came from until it is told to stop; or one that only opens a TAP. */
const data = workerData as { queue: number; wake: number; open?: OpenTapOptions };
const addon = addonUnderTest();
const port = parentPort!;

if (data.open) {
  addon.openTap(data.open);
  addon.wakeCreate();
  port.postMessage('ready');
  port.on('message', () => {});
} else {
  const bench = new Bench(addon);
  const handle = addon.borrow(data.queue, IfaceKind.Tap, bench.sends);
  port.postMessage('ready');
  let echoed = 0;
  const turn = (): void => {
    addon.wait(data.wake, 100_000);
    const count = bench.receive(handle);
    for (let i = 0; i < count; i++) {
      bench.sends[2 * i] = bench.offsets[i]!;
      bench.sends[2 * i + 1] = bench.lengths[i]!;
    }
    if (count > 0) echoed += addon.transmit(handle, count);
  };
  while (receiveMessageOnPort(port) === undefined) turn();
  addon.release(handle);
  port.postMessage(echoed);
}
