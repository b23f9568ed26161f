import type { Logger } from 'pino';
import type { LinkState } from './show/links.js';
import type { Shown } from './show/shown.js';

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
      else log.warn(about, state === 'DOWN' ? 'device is down' : 'device is gone');
    }
    for (const key of before.keys()) if (!present.has(key)) before.delete(key);
  };
}
