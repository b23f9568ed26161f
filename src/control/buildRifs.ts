import type { Config, RouterIfaceConfig } from '../config/config.js';
import { CounterRoom } from '../shared/counters.js';
import { Rif, RifRole, type Rifs } from '../tables/rifs.js';

/** A router interface with its number, its device and its MTU. */
export interface BuiltRif {
  readonly index: number;
  readonly iface: number;
  readonly vlan: number;
  readonly config: RouterIfaceConfig;
  readonly mtu: number;
}

/** Router interfaces in the order of the file: each device's own, then its VLANs. `mtus` are the devices'. */
export function listRifs(config: Config, mtus: readonly number[]): BuiltRif[] {
  const rifs: BuiltRif[] = [];
  config.ifaces.forEach((iface, number) => {
    const own = iface.mtu ?? mtus[number]!;
    if (iface.addresses.length > 0 || iface.vlans.length === 0) {
      rifs.push({ index: rifs.length, iface: number, vlan: 0, config: iface, mtu: own });
    }
    for (const vlan of iface.vlans) {
      rifs.push({ index: rifs.length, iface: number, vlan: vlan.id, config: vlan, mtu: vlan.mtu ?? own });
    }
  });
  if (rifs.length > CounterRoom.FirstDevice) throw new RangeError(`more than ${CounterRoom.FirstDevice} router interfaces`);
  return rifs;
}

export function buildRifs(rifs: readonly BuiltRif[], ifaces: number): Rifs {
  const rows = new Int32Array(new SharedArrayBuffer(rifs.length * Rif.Words * 4));
  const macs = new Uint8Array(new SharedArrayBuffer(rifs.length * 8));
  const macWords = new Int32Array(new SharedArrayBuffer(rifs.length * 8));
  const byVlan = new Uint16Array(new SharedArrayBuffer(ifaces * 4096 * 2));
  for (const rif of rifs) {
    const at = rif.index * Rif.Words;
    rows[at + Rif.Iface] = rif.iface;
    rows[at + Rif.Vlan] = rif.vlan;
    rows[at + Rif.Role] = rif.config.role === 'inside' ? RifRole.Inside : RifRole.Outside;
    rows[at + Rif.Mtu] = rif.mtu;
    rows[at + Rif.Address] = rif.config.addresses[0]?.address ?? 0;
    rows[at + Rif.Mask] = rif.config.addresses[0]?.mask ?? 0;
    const mac = rif.config.mac;
    macs.set(mac, rif.index * 8);
    macWords[rif.index * 2] = mac[0]! | (mac[1]! << 8);
    macWords[rif.index * 2 + 1] = mac[2]! | (mac[3]! << 8) | (mac[4]! << 16) | (mac[5]! << 24);
    byVlan[(rif.iface << 12) | rif.vlan] = rif.index + 1;
  }
  return { count: rifs.length, rows, macs, macWords, byVlan };
}
