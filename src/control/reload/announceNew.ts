import { sharedWords } from '../../shared/words.js';
import { Network } from '../../tables/networks.js';
import { formatMac } from '../../types/mac.js';
import { deviceKey, physnetKey } from '../buildRifs.js';
import type { Built } from '../buildSnapshot.js';
import type { HostSide } from '../dvr/hostSide.js';
import type { Gateway } from '../gateway.js';
import { type HeldDevice, heldAs } from '../openIfaces.js';

/** Slots of devices that were opened again: who is behind them knows nothing of us. */
export function returned(
  { held: before, host: beside, index }: Pick<Gateway, 'held' | 'host' | 'index'>,
  held: readonly HeldDevice[],
  host: HostSide | undefined,
): Set<number> {
  const isBack =
    (all: readonly HeldDevice[] = []) =>
    ({ config, opened }: HeldDevice): boolean => {
      const known = heldAs(all, config);
      return known !== undefined && known.opened !== opened && opened.fds.length > 0;
    };
  const physnets = (host?.devices ?? []).filter(({ of }) => of === 'physnet').filter(isBack(beside?.devices));
  return new Set([
    ...held.filter(isBack(before)).map(({ config }) => index.iface(deviceKey(config))),
    ...physnets.map(({ config }) => index.iface(physnetKey(config.name))),
  ]);
}

/**
 * The (rif, address) pairs of `after` that its neighbours do not know from `before`: new, behind another MAC or VLAN (ZON-8), or on a
 * device that was opened again (`returned`, slots), of a physical network as well.
 */
export function announceNew(before: Built, after: Built, returned: ReadonlySet<number> = new Set()): Int32Array {
  const known = new Set(announcements(before).map(({ text }) => text));
  const fresh = announcements(after).filter(({ text, iface }) => !known.has(text) || returned.has(iface));
  const pairs = sharedWords(fresh.length * 2);
  fresh.forEach(({ rif, address }, i) => {
    pairs[i * 2] = rif;
    pairs[i * 2 + 1] = address;
  });
  return pairs;
}

function announcements({ snapshot: { announce, switching }, rifs }: Built) {
  const { rows } = switching.networks;
  const links = new Map(
    rifs.map(({ index, iface, vlan, network = -1, config }) => {
      const text = `${iface} ${vlan} ${network} ${formatMac(config.mac)}`;
      const slot = network < 0 ? iface : rows[network * Network.Words + Network.Physnet]!;
      return [index, { iface: slot, text }];
    }),
  );
  return Array.from({ length: announce.length / 2 }, (_, i) => {
    const rif = announce[i * 2]!;
    const address = announce[i * 2 + 1]!;
    const link = links.get(rif);
    return { rif, address, iface: link?.iface ?? -1, text: `${link?.text} ${address}` };
  });
}
