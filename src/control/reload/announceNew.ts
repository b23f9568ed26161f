import { formatMac } from '../../types/mac.js';
import type { Built } from '../buildSnapshot.js';

/**
 * The (rif, address) pairs of `after` that its neighbours do not know from `before`: new, behind another MAC or VLAN (ZON-8), or on a
 * device that was opened again (`returned`, slots).
 */
export function announceNew(before: Built, after: Built, returned: ReadonlySet<number> = new Set()): Int32Array {
  const known = new Set(announcements(before).map(({ text }) => text));
  const fresh = announcements(after).filter(({ text, iface }) => !known.has(text) || returned.has(iface));
  const pairs = new Int32Array(new SharedArrayBuffer(fresh.length * 8));
  fresh.forEach(({ rif, address }, i) => {
    pairs[i * 2] = rif;
    pairs[i * 2 + 1] = address;
  });
  return pairs;
}

function announcements({ snapshot: { announce }, rifs }: Built) {
  const links = new Map(
    rifs.map(({ index, iface, vlan, config }) => [index, { iface, text: `${iface} ${vlan} ${formatMac(config.mac)}` }]),
  );
  return Array.from({ length: announce.length / 2 }, (_, i) => {
    const rif = announce[i * 2]!;
    const address = announce[i * 2 + 1]!;
    const link = links.get(rif);
    return { rif, address, iface: link?.iface ?? -1, text: `${link?.text} ${address}` };
  });
}
