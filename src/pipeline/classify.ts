import { CounterRoom, IfaceCounter } from '../shared/counters.js';
import { Verdict } from '../shared/verdict.js';
import { flowHash } from '../tables/hash.js';
import { Rif, RifFlag, RifRole } from '../tables/rifs.js';
import {
  Ethernet,
  EtherType,
  etherTypeAt,
  isBroadcastDestination,
  isGroupDestination,
  isLinkControl,
  isLlc,
  TagColumn,
} from '../wire/ethernet.js';
import { Icmp, IcmpType, isTranslatedError } from '../wire/icmp.js';
import {
  FragmentBits,
  Ipv4,
  ipv4Check,
  ipv4Destination,
  ipv4FragmentOffset,
  ipv4HasSourceRoute,
  ipv4Source,
  ipv4TotalLength,
  isMulticast,
  Protocol,
} from '../wire/ipv4.js';
import type { FrameMemory } from '../wire/memory.js';
import { wirePackets } from '../wire/segment.js';
import { tcpFits } from '../wire/tcp.js';
import { udpFits } from '../wire/udp.js';
import { GsoType, VirtioFlag, virtioAgrees, virtioFlagsAndGso } from '../wire/virtioNet.js';
import { Kind, type PipelineContext } from './context.js';

/**
 * First stage, for every frame of a burst before any is decided: which router interface, which protocol, are all headers
 * sound (nat-behaviour.md 23, steps 1, 2, 4, 6)? A flow frame leaves with its ports word and hash.
 */
export function classify(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  const length = cx.lengths[f]!;
  let l2: number = Ethernet.Header;
  let vlan = cx.tags[f]! & 0xfff;
  let type = length < Ethernet.Header ? 0 : etherTypeAt(m, frame + Ethernet.Type);
  if (type === EtherType.Vlan && cx.tags[f] === 0 && length >= Ethernet.TaggedHeader) {
    vlan = ((m.u8[frame + 14]! & 0x0f) << 8) | m.u8[frame + 15]!;
    type = etherTypeAt(m, frame + 16);
    l2 = Ethernet.TaggedHeader;
  }
  const rif = cx.rifs.byVlan[(cx.iface << 12) | vlan]! - 1;
  if (!cx.requeued) countReceived(cx, rif >= 0 ? rif : CounterRoom.FirstDevice + cx.iface, frame, length);
  if (length < Ethernet.Header) return Verdict.DropShortFrame;
  if ((cx.tags[f]! & TagColumn.Service) !== 0) return Verdict.DropEtherType;
  if (rif < 0) return isLinkControl(m, frame) ? Verdict.DropLinkControl : Verdict.DropVlanUnknown;
  cx.rif[f] = rif;
  const ip = frame + l2;
  cx.ip[f] = ip;
  cx.end[f] = frame + length;
  if (type === EtherType.Ipv4) return classifyIpv4(cx, f, m, frame, ip, frame + length, rif);
  cx.kind[f] = Kind.Arp;
  return type === EtherType.Arp ? Verdict.Continue : otherType(m, frame, type);
}

/** The IPv4 packet at `ip` of a frame addressed to `rif`, up to `frameEnd`: sound, and of which kind? */
export function classifyIpv4(
  cx: PipelineContext,
  f: number,
  m: FrameMemory,
  frame: number,
  ip: number,
  frameEnd: number,
  rif: number,
): Verdict {
  const macs = cx.rifs.macWords;
  if (m.u16[frame >> 1] !== macs[rif << 1] || m.i32[(frame + 2) >> 2] !== macs[(rif << 1) + 1])
    return otherMac(m, frame, ip, frameEnd);
  const v = ipv4Check(m, ip, frameEnd);
  if (v !== Verdict.Continue) return v;
  if (m.u8[ip] !== 0x45 && ipv4HasSourceRoute(m, ip)) return Verdict.DropSourceRoute;
  const end = ip + ipv4TotalLength(m, ip);
  cx.end[f] = end;
  const l4 = ip + ((m.u8[ip]! & 0x0f) << 2);
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const whole = (m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.NotWhole) === 0;
  if (
    (virtioFlagsAndGso(m, frame) & ~VirtioFlag.DataValid) !== 0 &&
    !virtioAgrees(m, frame, l4, end, protocol, whole, GsoType.Tcp4)
  ) {
    return Verdict.DropVirtioHeader;
  }
  cx.kind[f] = whole ? Kind.Ipv4 : Kind.Fragment;
  if (!whole) return ipv4FragmentOffset(m, ip) + end - l4 > 65_535 ? Verdict.DropFragmentMalformed : Verdict.Continue;
  const inside = !cx.hairpin && cx.rifs.rows[rif * Rif.Words + Rif.Role] === RifRole.Inside;
  let ports: number;
  if (protocol === Protocol.Tcp) {
    if (!tcpFits(m, l4, end)) return Verdict.DropTcpHeader;
    ports = m.i32[l4 >> 2]!;
  } else if (protocol === Protocol.Udp) {
    if (!udpFits(m, l4, end)) return Verdict.DropUdpLength;
    ports = m.i32[l4 >> 2]!;
  } else if (protocol === Protocol.Icmp) {
    if (end - l4 < Icmp.Header) return Verdict.DropIcmpShort;
    if (m.u16[l4 >> 1] !== (inside ? IcmpType.Echo : IcmpType.EchoReply)) {
      if (isTranslatedError(m.u8[l4]!)) cx.kind[f] = Kind.IcmpError;
      return Verdict.Continue;
    }
    ports = inside ? m.u16[(l4 + Icmp.Id) >> 1]! : m.u16[(l4 + Icmp.Id) >> 1]! << 16;
  } else return Verdict.Continue;
  cx.kind[f] = Kind.Flow;
  cx.ports[f] = ports;
  if (!keepsSessions(cx, rif)) return Verdict.Continue;
  cx.hash[f] = flowHash(cx.sessions.key, ipv4Source(m, ip), ipv4Destination(m, ip), ports, cx.scope | protocol);
  return Verdict.Continue;
}

/** False for a replica and an exit: nobody asks for the hash of their frames. */
function keepsSessions(cx: PipelineContext, rif: number): boolean {
  const { rows } = cx.rifs;
  const row = rif * Rif.Words;
  return rows[row + Rif.Network]! < 0
    ? (rows[row + Rif.Flags]! & RifFlag.Exit) === 0
    : (rows[row + Rif.Flags]! & (RifFlag.Unique | RifFlag.Exit)) === RifFlag.Unique;
}

/** IPv4 that is not addressed to the router's MAC (FWD-6). */
function otherMac(m: FrameMemory, frame: number, ip: number, end: number): Verdict {
  if (isLinkControl(m, frame)) return Verdict.DropLinkControl;
  if (!isGroupDestination(m, frame)) return Verdict.DropNotForUs;
  if (end - ip < Ipv4.MinHeader) return Verdict.DropIpShort;
  const destination = ipv4Destination(m, ip);
  if (isMulticast(destination)) return Verdict.DropMulticast;
  // A directed or limited broadcast in a broadcast frame is what DHCP and discovery send; anything else is a lie.
  return isBroadcastDestination(m, frame) && destination >>> 24 === 255 ? Verdict.DropBroadcast : Verdict.DropGroupMac;
}

/** Everything that is neither IPv4 nor ARP (D16). */
export function otherType(m: FrameMemory, frame: number, type: number): Verdict {
  if (type === EtherType.Lldp) return Verdict.DropLldp;
  if (isLinkControl(m, frame)) return Verdict.DropLinkControl;
  if (type === EtherType.Ipv6) return Verdict.DropIpv6;
  return isLlc(type) ? Verdict.DropLlc : Verdict.DropEtherType;
}

export function countReceived(cx: PipelineContext, slotOf: number, frame: number, length: number): void {
  const c = cx.counters.rifs;
  const slot = slotOf * IfaceCounter.Count;
  c[slot + IfaceCounter.RxFrames] = c[slot + IfaceCounter.RxFrames]! + 1;
  c[slot + IfaceCounter.RxOctets] = c[slot + IfaceCounter.RxOctets]! + length;
  c[slot + IfaceCounter.RxPackets] = c[slot + IfaceCounter.RxPackets]! + wirePackets(cx.memory, frame, length);
}
