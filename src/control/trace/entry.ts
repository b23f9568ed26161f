import { Rif, RifRole, type Rifs } from '../../tables/rifs.js';
import type { Parsed } from '../../types/parsed.js';
import { smallestPacket, type TraceRequest } from '../../types/trace.js';
import { IcmpType } from '../../wire/icmp.js';
import { Protocol } from '../../wire/ipv4.js';
import { TcpFlag } from '../../wire/tcp.js';
import type { Built } from '../buildSnapshot.js';
import { type IfaceSlots, listIfaces } from '../show/totals.js';
import type { Packet } from './writePacket.js';

/** Identifier of a query when none is given: any would do, since no session is meant. */
const SOME_IDENTIFIER = 1;

/** The side of a router that a packet comes in by. */
export interface WayIn {
  /** Of the interface. */
  readonly name: string;
  /** 802.1Q VLAN id, 0 = untagged. */
  readonly vlan: number;
  /** Router interface, or -1: the device has none for this tag. */
  readonly rif: number;
  /** True when the router interface is an inside one. */
  readonly inside: boolean;
}

/** Where a packet comes in to the gateway itself. */
export interface Entry extends WayIn {
  readonly iface: IfaceSlots;
  /** Number of the device among a worker's. */
  readonly device: number;
}

/** The interface a request names. A fault is a whole sentence without its full stop. */
export function entryOf(built: Built, request: Pick<TraceRequest, 'iface' | 'vlan'>): Parsed<Entry> {
  const list = listIfaces(built);
  const iface = list.find(({ name }) => name === request.iface);
  if (iface === undefined)
    return {
      fault: `there is no interface "${request.iface.slice(0, 40)}"; there are ${list.map(({ name }) => name).join(', ')}`,
      missing: true,
    };
  if (iface.vlan !== 0 && request.vlan !== undefined && request.vlan !== iface.vlan)
    return { fault: `${iface.name} is VLAN ${iface.vlan}; a frame with another tag comes in by ${iface.device.name}` };
  const vlan = request.vlan ?? iface.vlan;
  const device = deviceOf(built, iface);
  const { rifs } = built.snapshot;
  const rif = rifs.byVlan[(device << 12) | vlan]! - 1;
  return { value: { name: iface.name, iface, device, vlan, rif, inside: isInside(rifs, rif) } };
}

function deviceOf({ rifs }: Built, { rif, device }: IfaceSlots): number {
  return (rif ?? rifs.find(({ config }) => device.vlans.some((vlan) => vlan === config)))!.iface;
}

export function isInside(rifs: Rifs, rif: number): boolean {
  return rif >= 0 && rifs.rows[rif * Rif.Words + Rif.Role] === RifRole.Inside;
}

/**
 * The packet a request means. TCP opens a connection from inside and goes on with one from outside, unless flags are given. ICMP
 * from inside is an echo request; from outside it is the reply to one when the destination has an identifier.
 */
export function packetOf(request: TraceRequest, { inside }: Pick<WayIn, 'inside'>): Packet {
  const { protocol, source, destination, sourcePort, destinationPort, ttl, tos, dontFragment } = request;
  const isReply = !inside && destinationPort >= 0;
  const icmp = protocol === Protocol.Icmp;
  return {
    protocol,
    source,
    destination,
    sourcePort: icmp && sourcePort < 0 ? SOME_IDENTIFIER : sourcePort,
    destinationPort,
    ttl,
    tos,
    length: request.length ?? smallestPacket(protocol),
    dontFragment,
    tcpFlags: request.tcpFlags ?? (inside ? TcpFlag.Syn : TcpFlag.Ack),
    icmpType: icmp && isReply ? IcmpType.EchoReply : IcmpType.Echo,
  };
}
