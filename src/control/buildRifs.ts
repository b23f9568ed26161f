import type { Config, IfaceConfig, RouterIfaceConfig } from '../config/config.js';
import { sharedWords } from '../shared/words.js';
import { macHeadOf, macTailOf } from '../tables/macWords.js';
import {
  FIRST_LPORT,
  GATEWAY_ROUTER,
  GONE_IFACE,
  MAX_IFACES,
  MAX_LPORTS,
  NETWORK_IFACE,
  ReversePath,
  Rif,
  RifAddress,
  RifRole,
  type Rifs,
} from '../tables/rifs.js';
import type { WireIpv4 } from '../types/ipv4.js';
import type { StateIndex } from './stateIndex.js';

/** A router interface with its number, its device and its MTU. */
export interface BuiltRif {
  readonly index: number;
  readonly iface: number;
  readonly vlan: number;
  readonly config: RouterIfaceConfig;
  readonly mtu: number;
  /** Number of the router it belongs to; absent: the gateway of the file. */
  readonly router?: number;
  /** Number of the network it is on; absent: it is on a device; -1: on neither, between two routers (dvr/exitRifs.ts). */
  readonly network?: number;
  /** Address it asks by ARP with, where it has none of its own. */
  readonly speaksAs?: WireIpv4;
  /** RifFlag bits. */
  readonly flags?: number;
  /** Rif.Zones; absent: 0. */
  readonly zones?: number;
}

/** What makes a device the same device in another configuration. */
export function deviceKey(iface: IfaceConfig): string {
  return `${iface.kind} ${iface.device} ${iface.netns ?? ''}`;
}

/** The same of a physical network's device. */
export function physnetKey(name: string): string {
  return `physnet ${name}`;
}

/** The same of a tunnel endpoint. */
export function tunnelKey(name: string): string {
  return `tunnel ${name}`;
}

/** The same of the TAP to the metadata proxy. */
export const METADATA_KEY = 'metadata';

/** Router interfaces in the order of the file: each device's own, then its VLANs. `mtus` are the devices', in the file's order. */
export function listRifs(config: Config, mtus: readonly number[], index: StateIndex): BuiltRif[] {
  const rifs: BuiltRif[] = [];
  config.ifaces.forEach((entry, i) => {
    const own = entry.mtu ?? mtus[i]!;
    const iface = index.iface(deviceKey(entry));
    const add = (vlan: number, rif: RouterIfaceConfig, mtu: number): void => {
      rifs.push({ index: index.ifaceRif(rif.name), iface, vlan, config: rif, mtu });
    };
    if (entry.addresses.length > 0 || entry.vlans.length === 0) add(0, entry, own);
    for (const vlan of entry.vlans) add(vlan.id, vlan, vlan.mtu ?? own);
  });
  return rifs;
}

const reversePaths = { off: ReversePath.Off, loose: ReversePath.Loose, strict: ReversePath.Strict } as const;

export function buildRifs(rifs: readonly BuiltRif[]): Rifs {
  const count = Math.max(-1, ...rifs.map((rif) => rif.index)) + 1;
  const rows = sharedWords(count * Rif.Words);
  const macs = new Uint8Array(new SharedArrayBuffer(count * 8));
  const macWords = sharedWords(count * 2);
  const byVlan = new Uint16Array(new SharedArrayBuffer((MAX_IFACES + 1) * 4096 * 2));
  const filters = new Uint8Array(new SharedArrayBuffer(FIRST_LPORT + MAX_LPORTS));
  const owned = rifs.reduce((sum, rif) => sum + rif.config.addresses.length, 0);
  const addresses = sharedWords(Math.max(1, owned) * RifAddress.Words);
  const onDevices = Math.max(-1, ...rifs.map(({ index, iface }) => (iface === NETWORK_IFACE ? -1 : index))) + 1;
  let own = 0;
  for (let i = 0; i < count; i++) {
    rows[i * Rif.Words + Rif.Iface] = GONE_IFACE;
    rows[i * Rif.Words + Rif.Addresses] = -1;
    rows[i * Rif.Words + Rif.Network] = -1;
  }
  for (const rif of rifs) {
    const at = rif.index * Rif.Words;
    rows[at + Rif.Iface] = rif.iface;
    rows[at + Rif.Vlan] = rif.vlan;
    rows[at + Rif.Role] = rif.config.role === 'inside' ? RifRole.Inside : RifRole.Outside;
    rows[at + Rif.Mtu] = rif.mtu;
    rows[at + Rif.Address] = rif.config.addresses[0]?.address ?? rif.speaksAs ?? 0;
    rows[at + Rif.Mask] = rif.config.addresses[0]?.mask ?? 0;
    rows[at + Rif.ReversePath] = reversePaths[rif.config.reversePath];
    rows[at + Rif.Router] = rif.router ?? GATEWAY_ROUTER;
    rows[at + Rif.Network] = rif.network ?? -1;
    rows[at + Rif.Flags] = rif.flags ?? 0;
    rows[at + Rif.Zones] = rif.zones ?? 0;
    if (rif.config.reversePath !== 'off') filters[rif.iface] = 1;
    if (rif.config.addresses.length > 0) rows[at + Rif.Addresses] = own;
    for (const { address, mask } of rif.config.addresses) {
      addresses.set([rif.index, address, mask], own);
      own += RifAddress.Words;
    }
    const mac = rif.config.mac;
    macs.set(mac, rif.index * 8);
    macWords[rif.index * 2] = macHeadOf(mac);
    macWords[rif.index * 2 + 1] = macTailOf(mac);
    if (rif.iface !== NETWORK_IFACE) byVlan[(rif.iface << 12) | rif.vlan] = rif.index + 1;
  }
  return { count, onDevices, rows, macs, macWords, byVlan, addresses, filters };
}
