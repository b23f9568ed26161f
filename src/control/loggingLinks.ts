import type { Logger } from 'pino';
import type { LinkState } from './show/links.js';
import type { Shown } from './show/shown.js';

const LOST = 'frames to it are dropped and counted, configured routes by it are passed over';
const PACKET_GONE = `${LOST}; the next device of this name is opened as soon as it is there`;
const TAP_GONE = `${LOST}; it is made anew as soon as that is possible`;

const NO_RING = 'its frames come through the queue of the packet socket, which takes up to twice the CPU time';

/** Devices that come up, go down or are gone, and rings that the kernel refuses, once a device. A device is UP until it is seen otherwise. */
export function logLinks(shown: Pick<Shown, 'built' | 'links'>, log: Logger): () => void {
  const before = new Map<string, LinkState>();
  const ringless = new Set<string>();
  return () => {
    const present = new Set<string>();
    for (const device of shown.built.config.ifaces) {
      const key = `${device.netns ?? ''}/${device.device}`;
      present.add(key);
      const state = shown.links.state(device);
      const about = { iface: device.name, device: device.device, ...(device.netns === undefined ? {} : { netns: device.netns }) };
      const { ringRefused } = shown.links.ring(device);
      if (ringRefused !== '' && !ringless.has(key))
        log.warn({ ...about, cause: ringRefused, effect: NO_RING }, 'packet ring refused');
      if (ringRefused !== '') ringless.add(key);
      if (state === (before.get(key) ?? 'UP')) continue;
      before.set(key, state);
      if (state === 'UP') log.info(about, 'device is up');
      else if (state === 'DOWN') log.warn(about, 'device is down');
      else log.warn({ ...about, next: device.kind === 'tap' ? TAP_GONE : PACKET_GONE }, 'device is gone');
    }
    for (const key of before.keys()) if (!present.has(key)) before.delete(key);
    for (const key of ringless) if (!present.has(key)) ringless.delete(key);
  };
}
