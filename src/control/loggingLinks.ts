import type { Logger } from 'pino';
import { deviceKey } from './buildRifs.js';
import { aboutDevice } from './openIfaces.js';
import type { LinkState } from './show/links.js';
import type { Shown } from './show/shown.js';

const LOST = 'frames to it are dropped and counted';
const ROUTES = ', configured routes by it are passed over';
const PACKET_GONE = 'the next device of this name is opened as soon as it is there';
const TAP_GONE = 'it is made anew as soon as that is possible';

const NO_RING = 'its frames come through the queue of the packet socket, which takes up to twice the CPU time';

/** Devices that come up, go down or are gone, and rings that the kernel refuses, once a device. A device is UP until it is seen otherwise. */
export function logLinks({ links }: { readonly links: Pick<Shown['links'], 'devices' | 'state'> }, log: Logger): () => void {
  const before = new Map<string, LinkState>();
  const ringless = new Set<string>();
  return () => {
    const present = new Set<string>();
    for (const one of links.devices()) {
      const { of, config, why } = one;
      const key = `${of} ${deviceKey(config)}`;
      present.add(key);
      const state = links.state(config);
      const { ringRefused } = one.opened;
      if (ringRefused !== '' && !ringless.has(key))
        log.warn({ ...aboutDevice(one), cause: ringRefused, effect: NO_RING }, 'packet ring refused');
      if (ringRefused !== '') ringless.add(key);
      const was = before.get(key) ?? 'UP';
      if (state === was) continue;
      before.set(key, state);
      // A guest may set its own device down and up as often as it likes.
      const level = of === 'lport' && was !== 'GONE' && state !== 'GONE' ? 'debug' : state === 'UP' ? 'info' : 'warn';
      if (state === 'UP') log[level](aboutDevice(one), 'device is up');
      else if (state === 'DOWN') log[level](aboutDevice(one), 'device is down');
      else {
        const next = `${LOST}${of === 'iface' ? ROUTES : ''}; ${config.kind === 'tap' ? TAP_GONE : PACKET_GONE}`;
        const cause = why === undefined ? {} : { failure: why.message, remedy: why.remedy };
        log.warn({ ...aboutDevice(one), ...cause, next }, 'device is gone');
      }
    }
    for (const key of before.keys()) if (!present.has(key)) before.delete(key);
    for (const key of ringless) if (!present.has(key)) ringless.delete(key);
  };
}
