import { SegType } from '../../../tables/networks.js';
import { FIRST_LPORT } from '../../../tables/rifs.js';
import { type Mac, parseMac } from '../../../types/mac.js';
import { isFault } from '../../../types/parsed.js';
import { protocolName, smallestPacket, tcpFlagLetters } from '../../../types/trace.js';
import type { FrameFields } from '../../../types/traceFrame.js';
import { isOrdered, snatCandidates } from '../../dvr/placement/snatPlacement.js';
import type { Shown } from '../../show/shown.js';
import type { Stage } from '../scene.js';
import type { Packet } from '../writePacket.js';
import { holderOf } from './addressHolder.js';
import type { Left } from './leftFrames.js';
import { networkName, segmentText, tunnelText, whereaboutsOf } from './whereabouts.js';

/** Where a frame goes that leaves this host, or is delivered on it. */
export interface WayOn {
  /** A port, "vxlan" or "gre", a physical network, or the interface of what is none of these. */
  readonly iface: string;
  readonly network: string;
  /** Host that it goes to, where that is known. */
  readonly host: string;
  /** "delivered to port a3" */
  readonly text: string;
  /** "VNI 1001", "blue" */
  readonly segment: string;
  /** Router whose SNAT service it is for, on that host. */
  readonly service: string;
}

/** A frame that went on, and where. */
export interface End {
  readonly left: Left;
  readonly on: WayOn;
}

export function wayOnOf(shown: Shown, left: Left, network: number): WayOn {
  const { built, index } = shown;
  const name = networkName(shown, network);
  const port = built.view.lports.find((one) => FIRST_LPORT + index.lport(one.name) === left.slot);
  if (port !== undefined)
    return {
      iface: port.name,
      network: port.network,
      host: '',
      text: `delivered to port ${port.name}`,
      segment: port.network,
      service: '',
    };
  // It waits for that answer.
  const isAsked = left.fields?.destinationMac === null;
  const to = left.fields === undefined ? undefined : macIn(left.fields.destinationMac);
  const where = to === undefined ? undefined : whereaboutsOf(shown, network, to);
  const service = where?.service ?? '';
  if (left.tunnel !== undefined) {
    const { type, to: address } = left.tunnel;
    const host = built.view.vteps.find((one) => one.address === address)?.host ?? '';
    const kind = type === SegType.Gre ? 'gre' : 'vxlan';
    const { id } = built.view.networks.find((one) => one.name === name)!;
    const text = `to host ${host} by ${segmentText(shown, network)} (${tunnelText(shown, host)})`;
    return { iface: kind, network: name, host, text, segment: kind === 'gre' ? `key ${id}` : `VNI ${id}`, service };
  }
  if (left.slot === built.snapshot.switching.metadata.slot)
    return {
      iface: 'metadata',
      network: '',
      host: '',
      text: 'to the metadata proxy of this host',
      segment: 'metadata',
      service: '',
    };
  const { physnet } = built.view.networks.find((one) => one.name === name) ?? {};
  if (physnet === undefined)
    return {
      iface: '',
      network: name,
      host: '',
      text: isAsked ? 'to whoever answers ARP' : 'to nobody: it is lost',
      segment: name,
      service,
    };
  const host = where?.host || (left.fields === undefined ? '' : holderOf(shown, name, left.fields.destination));
  const on = host === '' ? '' : `, to host ${host}`;
  return { iface: physnet, network: name, host, text: `onto ${segmentText(shown, network)}${on}`, segment: name, service };
}

/** Why a SNAT service is where it is (dvr.md 5.3). */
export function serviceStage({ objects }: Pick<Shown, 'objects'>, router: string, host: string): Stage | undefined {
  const all = objects?.objects;
  const found = all?.routers.find(({ name }) => name === router);
  if (all === undefined || found === undefined) return undefined;
  const candidates = snatCandidates(all, found);
  const list = candidates.join(', ') || 'none';
  const why =
    candidates.length <= 1
      ? `hosts of mode dvr_snat that reach its external networks: ${list}`
      : isOrdered(found)
        ? `its gateways prefer, in this order, ${list}`
        : `one of ${list}, which share such services`;
  return { step: 'service', found: `host ${host} has the SNAT service of ${router}; ${why}`, decides: [] };
}

/** "[D2 > S_A ; VNI 1001 ; 10.0.0.12:4000 > 8.8.8.8:53 ; ttl 63]", as MACs stand in it. `port` stands for one that is not chosen yet. */
export function frameNote(fields: FrameFields, segment: string, isPortOpen: boolean): string {
  const end = (address: string, port: number | null): string => (port === null ? address : `${address}:${port}`);
  const source =
    isPortOpen && (fields.sourcePort ?? fields.icmpId) !== null ? `${fields.source}:PORT` : end(fields.source, fields.sourcePort);
  const ends = `${source} > ${end(fields.destination, fields.destinationPort)}`;
  return `[${fields.sourceMac} > ${fields.destinationMac ?? '(not known yet)'} ; ${segment} ; ${ends} ; ttl ${fields.ttl}]`;
}

/** The command that goes on at the host a frame goes to. */
export function askThere(
  { built }: Pick<Shown, 'built'>,
  { network, host }: WayOn,
  fields: FrameFields,
  packet: Packet | undefined,
  isPortOpen: boolean,
): string {
  if (host === '' || network === '' || host === built.view.host || packet === undefined) return '';
  const words = [
    ...[`network=${network}`, `host=${built.view.host}`, `smac=${fields.sourceMac}`],
    ...(fields.destinationMac === null ? [] : [`dmac=${fields.destinationMac}`]),
  ];
  return askWith(words, fields, packet, isPortOpen, host);
}

/** The command that asks `name` about a packet; `where`: the words that say where it comes in. */
function askWith(
  where: readonly string[],
  fields: Pick<FrameFields, 'source' | 'destination' | 'sourcePort' | 'destinationPort' | 'icmpId' | 'ttl'>,
  { protocol, tos, length, dontFragment, tcpFlags }: Packet,
  isPortOpen: boolean,
  name: string,
): string {
  const id = protocol === 1 ? fields.icmpId : null;
  const words = [
    ...where,
    ...[`src=${fields.source}`, `dst=${fields.destination}`, `proto=${shortName(protocol)}`],
    ...(fields.sourcePort === null || isPortOpen ? [] : [`sport=${fields.sourcePort}`]),
    ...(fields.destinationPort === null ? [] : [`dport=${fields.destinationPort}`]),
    ...(id === null || isPortOpen ? [] : [`id=${id}`]),
    `ttl=${fields.ttl}`,
    ...(tos === 0 ? [] : [`tos=${tos}`]),
    ...(length === smallestPacket(protocol) ? [] : [`len=${length}`]),
    ...(dontFragment ? ['df'] : []),
    ...(protocol === 6 ? [`flags=${tcpFlagLetters(tcpFlags)}`] : []),
  ];
  return `windrose trace --packet '${words.join(',')}' --name ${name}`;
}

function shortName(protocol: number): string {
  const name = protocolName(protocol);
  return name.startsWith('protocol ') ? String(protocol) : name;
}

function macIn(text: string | null): Mac | undefined {
  const mac = text === null ? undefined : parseMac(text);
  return mac === undefined || isFault(mac) ? undefined : mac.value;
}
