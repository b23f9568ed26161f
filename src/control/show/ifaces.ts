import type { IfaceConfig } from '../../config/config.js';
import { IfaceCounter } from '../../shared/counters.js';
import { formatPrefix } from '../../types/ipv4.js';
import { formatMac } from '../../types/mac.js';
import type { IfaceRow } from '../../types/show.js';
import type { BuiltRif } from '../buildRifs.js';
import type { Built } from '../buildSnapshot.js';
import { TX_LOSSES } from './netDevices.js';
import type { Shown } from './shown.js';
import { ifaceSum, listIfaces } from './totals.js';

/**
 * Router interfaces, and devices that only carry VLANs. What the kernel drops or refuses it does per device, so those numbers
 * stand in the device's own row and not in its VLANs'. `rxDropped` are frames the kernel lost before we read them (0 where it
 * does not tell), `txDropped` frames it did not take; frames dropped by decision are under `drops`.
 */
export function showIfaces({ built, states, links }: Shown): IfaceRow[] {
  return listIfaces(built).map((line) => {
    const { device, rif } = line;
    const { role, mac, addresses } = rif?.config ?? device;
    const sum = (counter: IfaceCounter) => ifaceSum(states, line, counter);
    return {
      name: line.name,
      kind: line.vlan === 0 ? device.kind : 'vlan',
      device: device.device,
      netns: device.netns ?? '',
      mac: formatMac(mac),
      mtu: rif?.mtu ?? Math.max(...vlansOf(built, device).map((vlan) => vlan.mtu)),
      role,
      addresses: addresses.map(formatPrefix),
      vlan: line.vlan,
      state: links.state(device),
      steeredBy: links.steeredBy(device) ?? 'none',
      ...links.side(device),
      ringSlots: links.ring(device).ringSlots,
      offloads: links.offloads(device),
      rxFrames: sum(IfaceCounter.RxFrames),
      rxOctets: sum(IfaceCounter.RxOctets),
      txFrames: sum(IfaceCounter.TxFrames),
      txOctets: sum(IfaceCounter.TxOctets),
      rxDropped: line.vlan === 0 ? (links.kernelDrops(device) ?? 0) : 0,
      txDropped: TX_LOSSES.reduce((all, cause) => all + sum(cause), 0),
    };
  });
}

function vlansOf({ rifs }: Built, device: IfaceConfig): BuiltRif[] {
  return rifs.filter((rif) => device.vlans.some((vlan) => vlan === rif.config));
}
