import type { Logger } from 'pino';
import type { LinkState } from './show/links.js';
import type { Shown } from './show/shown.js';

const LOST = 'frames to it are dropped and counted, configured routes by it are passed over';
const PACKET_GONE = `${LOST}; the next device of this name is opened as soon as it is there`;
const TAP_GONE = `${LOST}; it is made anew as soon as that is possible`;

/** Devices that come up, go down or are gone. A device is UP until it is seen otherwise. */
export function logLinks(shown: Pick<Shown, 'built' | 'links'>, log: Logger): () => void {
  const before = new Map<string, LinkState>();
  return () => {
    const present = new Set<string>();
    for (const device of shown.built.config.ifaces) {
      const key = `${device.netns ?? ''}/${device.device}`;
      present.add(key);
      const state = shown.links.state(device);
      if (state === (before.get(key) ?? 'UP')) continue;
      before.set(key, state);
      const about = { iface: device.name, device: device.device, ...(device.netns === undefined ? {} : { netns: device.netns }) };
      if (state === 'UP') log.info(about, 'device is up');
      else if (state === 'DOWN') log.warn(about, 'device is down');
      else log.warn({ ...about, next: device.kind === 'tap' ? TAP_GONE : PACKET_GONE }, 'device is gone');
    }
    for (const key of before.keys()) if (!present.has(key)) before.delete(key);
  };
}
