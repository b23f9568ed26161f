import { Network } from '../../../tables/networks.js';
import { FIRST_LPORT } from '../../../tables/rifs.js';
import { Fabric } from '../../../tables/switching.js';
import { formatIpv4, type WireIpv4 } from '../../../types/ipv4.js';
import type { Parsed } from '../../../types/parsed.js';
import type { TraceWords } from '../../../types/trace.js';
import type { LportView, NetworkView } from '../../dvr/view/hostView.js';
import type { Shown } from '../../show/shown.js';
import { listIfaces } from '../../show/totals.js';
import { holderOf, holderText } from './addressHolder.js';
import { askAt } from './askAt.js';

const LONGEST_ECHO = 40;

/** Where a frame of a network comes in: from a port of this host, or from the fabric. */
export interface NetworkEntry {
  readonly network: NetworkView;
  readonly number: number;
  /** Slot of the device. */
  readonly slot: number;
  /** Undefined: it comes from the fabric. */
  readonly port: LportView | undefined;
  /** Host it comes from; undefined: a port of this host, or whoever is on the physical network. */
  readonly host: { readonly name: string; readonly vtep: WireIpv4 | undefined } | undefined;
}

type Words = Pick<TraceWords, 'iface' | 'network' | 'host' | 'vlan'> & Partial<TraceWords>;
type Reads = Pick<Shown, 'built' | 'index' | 'objects' | 'life'>;

/** True when the words mean an interface of the gateway itself, or nothing that a gateway without networks has. */
export function meansIface({ built }: Pick<Reads, 'built'>, { iface, network }: Pick<Words, 'iface' | 'network'>): boolean {
  const { view } = built;
  if (network !== '') return false;
  return view.host === '' || listIfaces(built).some(({ name }) => name === iface);
}

/** What the words mean on networks. A fault is a whole sentence without its full stop, and says what there is. */
export function networkEntryOf(shown: Reads, words: Words): Parsed<NetworkEntry> {
  const { view } = shown.built;
  const { iface } = words;
  if (words.vlan !== undefined && words.vlan !== 0)
    return { fault: 'a frame on a network has no tag: the network says it, in=PORT or network=NETWORK' };
  if (words.network !== '') return fromFabric(shown, words.network, words);
  const port = view.lports.find(({ name }) => name === iface) ?? view.lports.find(({ device }) => device.name === iface);
  if (port === undefined) {
    if (view.networks.some(({ name }) => name === iface)) return fromFabric(shown, iface, words);
    return { fault: unknown(shown, words), missing: true };
  }
  if (words.host !== '') return { fault: `what comes in by port ${port.name} is its own; host is for network=${port.network}` };
  const network = view.networks.find(({ name }) => name === port.network);
  if (network === undefined) return { fault: `this host knows nothing of network ${port.network} yet`, missing: true };
  const number = shown.index.network(port.network);
  return { value: { network, number, slot: FIRST_LPORT + shown.index.lport(port.name), port, host: undefined } };
}

/** A port that is not here is somewhere: that is where to ask. */
function unknown({ built, objects }: Reads, words: Words): string {
  const name = words.iface;
  const elsewhere = objects?.objects.lports.find((port) => port.name === name);
  const echo = name.slice(0, LONGEST_ECHO);
  if (elsewhere !== undefined && elsewhere.host === undefined) return `port ${echo} is bound to no host; see show lports`;
  if (elsewhere !== undefined)
    return `port ${echo} is bound to host ${elsewhere.host}: ask there, ${askAt(words, elsewhere.host!)}`;
  const { lports, networks } = built.view;
  const list = (all: readonly { readonly name: string }[]): string => all.map((one) => one.name).join(', ') || 'none';
  const ifaces = listIfaces(built);
  const own = ifaces.length === 0 ? '' : `interfaces ${list(ifaces)}; `;
  return `there is no interface, port or network "${echo}" on this host; there are ${own}ports ${list(lports)}; networks ${list(networks)}`;
}

function fromFabric(shown: Reads, name: string, words: Words): Parsed<NetworkEntry> {
  const { host, destination } = words;
  const { built, index, objects } = shown;
  const { view, snapshot } = built;
  const network = view.networks.find((one) => one.name === name);
  if (network === undefined && objects?.objects.networks.some((one) => one.name === name)) {
    const at = destination === undefined ? '' : holderOf(shown, name, formatIpv4(destination));
    const ask = at === '' ? '' : `; ${holderText(shown, at, formatIpv4(destination!))}: ask there, ${askAt(words, at)}`;
    return { fault: `nothing on this host is on network ${name}${ask}`, missing: true };
  }
  if (network === undefined) {
    const there = view.networks.map((one) => one.name).join(', ') || 'none';
    return { fault: `there is no network "${name.slice(0, LONGEST_ECHO)}" on this host; there are ${there}`, missing: true };
  }
  if (network.type === 'local') return { fault: `network ${name} is on this host alone: name a port of it, in=PORT` };
  const peers = objects?.objects.hosts ?? view.vteps.map((one) => ({ name: one.host, vtep: one.address }));
  const others = peers.filter((one) => one.name !== view.host);
  const peer = others.find((one) => one.name === host);
  const tunnelled = network.type === 'vxlan' || network.type === 'gre';
  const list = others.map((one) => one.name).join(', ') || 'none';
  if (host !== '' && peer === undefined)
    return { fault: `there is no other host "${host.slice(0, LONGEST_ECHO)}"; there are ${list}`, missing: true };
  if (tunnelled && peer === undefined)
    return { fault: `frames of network ${name} come through tunnels: say from which host, host=HOST; there are ${list}` };
  const number = index.network(name);
  const fabric = network.type === 'vxlan' ? Fabric.Vxlan : Fabric.Gre;
  const slot = tunnelled
    ? snapshot.switching.fabric.indexOf(fabric)
    : snapshot.switching.networks.rows[number * Network.Words + Network.Physnet]!;
  if (slot < 0) {
    const what = tunnelled ? `tunnel endpoint (host.vtep)` : `device for physical network ${network.physnet} (host.physnets)`;
    return { fault: `this host has no ${what}, so no frame of network ${name} comes in from there` };
  }
  const from = peer && { name: peer.name, vtep: peer.vtep };
  return { value: { network, number, slot, port: undefined, host: from } };
}
