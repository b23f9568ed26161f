import { randomBytes } from 'node:crypto';
import { TICK_MS } from '../../../shared/control.js';
import { sharedWords, sharedWordsOf } from '../../../shared/words.js';
import type { HashKey } from '../../../tables/hash.js';
import { HostMac } from '../../../tables/hostMacs.js';
import { linearInsert, linearSlots } from '../../../tables/linearSlots.js';
import { Allowed, Allowed6, Lport, LportFlag, type Lports } from '../../../tables/lports.js';
import type { MetadataTable } from '../../../tables/metadata.js';
import { addSegment, Network, NetworkFlag, type Networks, SegType, segmentWords } from '../../../tables/networks.js';
import { ResponderFlag, type ResponderTable, responderPut, responderReserve, responderWords } from '../../../tables/responder.js';
import { FIRST_LPORT, MAX_IFACES, MAX_LPORTS, RifFlag } from '../../../tables/rifs.js';
import { Fabric, type Switching } from '../../../tables/switching.js';
import { type Vteps, vtepHash } from '../../../tables/vteps.js';
import { ipv6MaskOf, isIpv6Prefix } from '../../../types/ipv6.js';
import type { BuiltRif } from '../../buildRifs.js';
import type { StateIndex } from '../../stateIndex.js';
import type { HostView, LportView, NetworkView } from '../view/hostView.js';
import { buildFloating } from './buildFloating.js';
import { buildL2, macWords } from './buildL2.js';
import { ownAddresses } from './ownAddresses.js';

const segTypes: Readonly<Record<NetworkView['type'], SegType>> = {
  local: SegType.Local,
  flat: SegType.Flat,
  vlan: SegType.Vlan,
  vxlan: SegType.Vxlan,
  gre: SegType.Gre,
};

/** Tables of main's are rebuilt at each change; one key serves them all. */
const KEY: HashKey = { k0: randomBytes(4).readInt32LE(), k1: randomBytes(4).readInt32LE() };

/** Slots of what leads to the fabric; -1: this host does not have it. */
export interface FabricSlots {
  readonly physnet: (name: string) => number;
  /** Those of all physical networks. */
  readonly physnets: readonly number[];
  readonly vxlan: number;
  readonly gre: number;
  /** Between two announcements of a port's MAC on a physical network; 0: none. */
  readonly macRefreshMs: number;
}

export const NO_FABRIC: FabricSlots = { physnet: () => -1, physnets: [], vxlan: -1, gre: -1, macRefreshMs: 0 };

/**
 * Compiles what a host has to know of its networks (D6). `rifs`: router interfaces of the networks; `slots`: what this host is
 * connected to the fabric by; `metadata`: who asks its endpoint.
 */
export function buildSwitching(
  view: HostView,
  rifs: readonly BuiltRif[],
  index: StateIndex,
  slots: FabricSlots,
  metadata: MetadataTable,
): Switching {
  const key = KEY;
  const vtepNumbers = new Map(view.vteps.map(({ host }, number) => [host, number]));
  return {
    networks: buildNetworks(view, rifs, index, vtepNumbers, slots.physnet, key),
    lports: buildLports(view.lports, index),
    l2: buildL2(view, rifs, index, vtepNumbers, key),
    responder: buildResponder(view, index, key),
    vteps: buildVteps(view, key),
    floating: buildFloating(view, rifs, index),
    hostMacs: buildHostMacs(view, slots.macRefreshMs),
    fabric: buildFabric(view, slots, metadata.slot),
    metadata,
  };
}

function buildNetworks(
  view: HostView,
  rifs: readonly BuiltRif[],
  index: StateIndex,
  vteps: ReadonlyMap<string, number>,
  slotOf: (physnet: string) => number,
  key: HashKey,
): Networks {
  const count = Math.max(-1, ...view.networks.map(({ name }) => index.network(name))) + 1;
  const rows = sharedWords(count * Network.Words);
  const bySegment = sharedWords(segmentWords(count));
  const byVlan = new Uint16Array(new SharedArrayBuffer(MAX_IFACES * 4096 * 2));
  const ports: number[] = [];
  const floodVteps: number[] = [];
  const ofRifs: number[] = [];
  for (const one of view.networks) {
    const number = index.network(one.name);
    const row = rows.subarray(number * Network.Words, (number + 1) * Network.Words);
    const type = segTypes[one.type];
    const physnet = one.physnet === undefined ? -1 : slotOf(one.physnet);
    row[Network.SegType] = type;
    row[Network.SegId] = one.id;
    row[Network.Physnet] = physnet;
    row[Network.Mtu] = one.mtu;
    row[Network.Flags] =
      (one.floodUnknown ? NetworkFlag.FloodUnknown : 0) |
      (one.strictArp ? NetworkFlag.StrictArp : 0) |
      (one.external ? NetworkFlag.External : 0);
    row[Network.Ports] = ports.length;
    for (const port of view.lports)
      if (port.network === one.name && port.adminUp && port.awaited === 0) ports.push(index.lport(port.name));
    row[Network.PortCount] = ports.length - row[Network.Ports]!;
    row[Network.Vteps] = floodVteps.length;
    if (type === SegType.Vxlan || type === SegType.Gre)
      for (const host of one.presentOn) if (vteps.has(host)) floodVteps.push(vteps.get(host)!);
    row[Network.VtepCount] = floodVteps.length - row[Network.Vteps]!;
    row[Network.Rifs] = ofRifs.length;
    for (const rif of rifs) {
      if (rif.network !== number) continue;
      ofRifs.push(rif.index);
      if (((rif.flags ?? 0) & RifFlag.Unique) !== 0) row[Network.Flags]! |= NetworkFlag.Unique;
    }
    row[Network.RifCount] = ofRifs.length - row[Network.Rifs]!;
    if (type === SegType.Vxlan || type === SegType.Gre) addSegment(bySegment, key, type, one.id | 0, number);
    else if (physnet >= 0) byVlan[(physnet << 12) | (type === SegType.Vlan ? one.id : 0)] = number + 1;
  }
  return {
    count,
    rows,
    ports: sharedWordsOf(ports),
    vteps: sharedWordsOf(floodVteps),
    rifs: sharedWordsOf(ofRifs),
    bySegment,
    byVlan,
    key,
  };
}

function buildLports(views: readonly LportView[], index: StateIndex): Lports {
  const count = Math.max(-1, ...views.map(({ name }) => index.lport(name))) + 1;
  const rows = sharedWords(count * Lport.Words);
  const ofIface = sharedWords(FIRST_LPORT + MAX_LPORTS);
  const allowed: number[] = [];
  const allowed6: number[] = [];
  for (const one of views) {
    const number = index.lport(one.name);
    const row = rows.subarray(number * Lport.Words, (number + 1) * Lport.Words);
    [row[Lport.MacA], row[Lport.MacB]] = macWords(one.mac) as [number, number];
    row[Lport.Network] = index.network(one.network);
    row[Lport.Iface] = FIRST_LPORT + number;
    row[Lport.Flags] =
      (one.portSecurity ? LportFlag.PortSecurity : 0) |
      (one.adminUp ? LportFlag.AdminUp : 0) |
      (one.dhcpServer ? LportFlag.DhcpServer : 0) |
      (one.awaited === 0 ? 0 : LportFlag.Migrating);
    row[Lport.Awaited] = one.awaited;
    row[Lport.Allowed] = allowed.length;
    row[Lport.Allowed6] = allowed6.length;
    for (const { mac, prefix } of one.allowed)
      if (isIpv6Prefix(prefix))
        allowed6.push(...macWords(mac), ...prefix.words.map(loaded), ...ipv6MaskOf(prefix.length).map(loaded));
      else allowed.push(...macWords(mac), prefix.address & prefix.mask, prefix.mask);
    row[Lport.AllowedCount] = (allowed.length - row[Lport.Allowed]!) / Allowed.Words;
    row[Lport.Allowed6Count] = (allowed6.length - row[Lport.Allowed6]!) / Allowed6.Words;
    ofIface[FIRST_LPORT + number] = number + 1;
  }
  return { count, rows, allowed: sharedWordsOf(allowed), allowed6: sharedWordsOf(allowed6), ofIface };
}

function buildResponder(view: HostView, index: StateIndex, key: HashKey): ResponderTable {
  const { known, virtual, reserved } = view;
  const own = ownAddresses(view);
  const table = { slots: sharedWords(responderWords(known.length + virtual.length + own.length + reserved.length)), key };
  for (const { network, address } of virtual)
    responderPut(table, index.network(network), address, 0, 0, ResponderFlag.Virtual | ResponderFlag.Unclaimed);
  const several = new Set(virtual.map(({ network, address }) => `${network} ${address}`));
  for (const { network, address, mac } of known) {
    const flags = several.has(`${network} ${address}`) ? ResponderFlag.Virtual : 0;
    responderPut(table, index.network(network), address, ...macWords(mac), flags);
  }
  for (const { network, address, rif } of own)
    responderPut(table, index.network(network), address, index.rif(rif), 0, ResponderFlag.Own);
  for (const { network, address } of reserved)
    if (address !== undefined) responderReserve(table, index.network(network), address);
  return table;
}

function buildVteps({ vteps }: HostView, key: HashKey): Vteps {
  const byAddress = sharedWords(linearSlots(vteps.length));
  vteps.forEach(({ address }, number) => {
    linearInsert(byAddress, vtepHash(key, address), number);
  });
  return { addresses: sharedWordsOf(vteps.map(({ address }) => address)), byAddress, key };
}

function buildHostMacs({ hostMac, hostMacPrefix: { mac, octets } }: HostView, macRefreshMs: number): Int32Array {
  const row = sharedWords(HostMac.Words);
  const mask = Uint8Array.from({ length: 6 }, (_, i) => (i < octets ? 0xff : 0));
  [row[HostMac.OwnA], row[HostMac.OwnB]] = macWords(hostMac) as [number, number];
  [row[HostMac.MaskA], row[HostMac.MaskB]] = macWords(mask) as [number, number];
  const prefix = macWords(mac);
  row[HostMac.PrefixA] = prefix[0] & row[HostMac.MaskA]!;
  row[HostMac.PrefixB] = prefix[1] & row[HostMac.MaskB]!;
  row[HostMac.RefreshTicks] = Math.ceil(macRefreshMs / TICK_MS);
  return row;
}

function buildFabric(view: HostView, { physnet, physnets, vxlan, gre }: FabricSlots, metadata: number): Uint8Array {
  const fabric = new Uint8Array(new SharedArrayBuffer(FIRST_LPORT + MAX_LPORTS));
  for (const slot of physnets) fabric[slot] = Fabric.PhysnetUnused;
  for (const { physnet: name } of view.networks) {
    const slot = name === undefined ? -1 : physnet(name);
    if (slot >= 0) fabric[slot] = Fabric.Physnet;
  }
  if (vxlan >= 0) fabric[vxlan] = Fabric.Vxlan;
  if (gre >= 0) fabric[gre] = Fabric.Gre;
  if (metadata >= 0) fabric[metadata] = Fabric.Metadata;
  return fabric;
}

/** A 16-bit word of host order as a little-endian machine loads it from a packet. */
function loaded(word: number): number {
  return ((word & 0xff) << 8) | (word >> 8);
}
