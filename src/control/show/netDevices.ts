import { underlayNeed } from '../../objects/underlayNeed.js';
import { CounterRoom, IfaceCounter } from '../../shared/counters.js';
import { formatIpv4 } from '../../types/ipv4.js';
import type { DeviceTraffic, LportRow, PhysnetRow, TunnelRow } from '../../types/showObjects.js';
import { missingPhysnets } from '../dvr/hostDifferences.js';
import type { HostSide } from '../dvr/hostSide.js';
import { type HeldDevice, slotOf } from '../openIfaces.js';
import { showObjects } from './objects.js';
import type { Shown } from './shown.js';
import { ifaceTotal } from './totals.js';

/** What a host of distributed routers has open beside `ifaces`. */
export type ShownNetworks = Pick<HostSide, 'devices' | 'tunnels' | 'view'>;

/** What counts in a slot of its own: an lport's or a physical network's device, or a tunnel endpoint. */
export interface NetDevice {
  readonly name: string;
  /** Row of its counters. */
  readonly row: number;
  /** Network of an lport. */
  readonly network: string;
  /** Undefined of a tunnel endpoint. */
  readonly held: HeldDevice | undefined;
  /** Frames the kernel lost before they were read; undefined where it does not tell. */
  readonly lost: () => number | undefined;
}

/** Why a device did not take frames. */
export const TX_LOSSES = [IfaceCounter.TxFull, IfaceCounter.TxDown, IfaceCounter.TxTooLong, IfaceCounter.TxError] as const;

type Reads = Pick<Shown, 'networks' | 'index' | 'links'>;

type Kind = 'lport' | 'physnet' | 'metadata';

type NetDevices = Readonly<Record<Kind, readonly NetDevice[]>>;

/** Of a list of devices, which is another one after each change: a scrape asks a dozen times. */
const listed = new WeakMap<readonly HeldDevice[], NetDevices>();

/** The lports of this host, its physical networks, or the TAP to its metadata proxy; none where the gateway is no host. */
export function listNetDevices(reads: Reads, of: Kind): readonly NetDevice[] {
  const { networks } = reads;
  if (networks === undefined) return [];
  let known = listed.get(networks.devices);
  if (known === undefined) {
    known = {
      lport: list(reads, networks, 'lport'),
      physnet: list(reads, networks, 'physnet'),
      metadata: list(reads, networks, 'metadata'),
    };
    listed.set(networks.devices, known);
  }
  return known[of];
}

function list({ index, links }: Reads, { devices, view }: ShownNetworks, of: Kind): NetDevice[] {
  const networkOf = new Map(view.lports.map(({ name, network }) => [name, network]));
  return devices
    .filter((held) => held.of === of)
    .map((held) => ({
      name: held.config.name,
      row: CounterRoom.FirstDevice + slotOf(of, held.config, index),
      network: of === 'lport' ? (networkOf.get(held.config.name) ?? '') : '',
      held,
      lost: () => links.kernelDrops(held.config),
    }));
}

/** The tunnel endpoints. */
export function listTunnels({ networks, links }: Reads): NetDevice[] {
  return (networks?.tunnels ?? []).map((tunnel) => ({
    name: tunnel.name,
    row: CounterRoom.FirstDevice + tunnel.slot,
    network: '',
    held: undefined,
    lost: () => links.tunnelDrops(tunnel),
  }));
}

/** What `show ifaces` says of a device, of these. */
function trafficOf({ states }: Pick<Shown, 'states'>, { row, lost }: NetDevice): DeviceTraffic {
  const sum = (counter: IfaceCounter) => ifaceTotal(states, row, counter);
  return {
    rxFrames: sum(IfaceCounter.RxFrames),
    rxOctets: sum(IfaceCounter.RxOctets),
    rxDropped: lost() ?? 0,
    txFrames: sum(IfaceCounter.TxFrames),
    txOctets: sum(IfaceCounter.TxOctets),
    txDropped: TX_LOSSES.reduce((all, cause) => all + sum(cause), 0),
  };
}

/** Ports of all hosts; those of this one with their device. */
export function showLports(shown: Reads & Pick<Shown, 'objects' | 'states'>): LportRow[] {
  const here = new Map(listNetDevices(shown, 'lport').map((port) => [port.name, port]));
  return showObjects.lports(shown).map((row) => {
    const port = here.get(row.name);
    if (port === undefined) return { ...row, state: '', traffic: null };
    return { ...row, state: shown.links.state(port.held!.config), traffic: trafficOf(shown, port) };
  });
}

/** Physical networks that the objects connect this host to, and for which its configuration has no device. */
export function listMissingPhysnets(shown: Reads & Pick<Shown, 'objects'>): string[] {
  const { objects: known } = shown;
  if (known === undefined) return [];
  return missingPhysnets({ name: known.host, physnets: listNetDevices(shown, 'physnet') }, known.objects);
}

export function showPhysnets(shown: Reads & Pick<Shown, 'states' | 'objects'>): PhysnetRow[] {
  const nothing = { kind: '', device: '', netns: '', state: 'GONE', mac: '', ringSlots: 0, returns: 0, traffic: null } as const;
  const missing = listMissingPhysnets(shown).map((name): PhysnetRow => ({ name, ...nothing }));
  const held = listNetDevices(shown, 'physnet').map((physnet): PhysnetRow => {
    const { config, opened, returns } = physnet.held!;
    const { kind, device, netns = '' } = config;
    const { mac, ringSlots } = opened;
    const state = shown.links.state(config);
    return { name: physnet.name, kind, device, netns, state, mac, ringSlots, returns, traffic: trafficOf(shown, physnet) };
  });
  return [...held, ...missing];
}

export function showTunnels(shown: Reads & Pick<Shown, 'states'>): TunnelRow[] {
  const { tunnels = [], view } = shown.networks ?? {};
  const peers = (view?.vteps ?? []).map(({ address }) => formatIpv4(address));
  const counted = listTunnels(shown);
  const needs = underlayNeed(view?.networks ?? [])?.octets ?? 0;
  return tunnels.map((tunnel, i) => {
    const { name, address, netns } = tunnel;
    const { device, mtu } = shown.links.tunnelDevice(tunnel) ?? { device: '', mtu: 0 };
    return { name, address, netns, device, mtu, needs, peers, traffic: trafficOf(shown, counted[i]!) };
  });
}
