import type { PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { Lport, LportFlag, mayUseIpv6 } from '../tables/lports.js';
import { Ethernet } from '../wire/ethernet.js';
import { Protocol } from '../wire/ipv4.js';
import { Ipv6, Ipv6Chain, ipv6Chain, ipv6Fits, ipv6PayloadLength } from '../wire/ipv6.js';
import { GsoType } from '../wire/virtioNet.js';
import { leavesWork, offloadsAgree } from './guardOffloads.js';
import { isNobodysLinkLocal, isUnspecified } from './linkLocal.js';

/** ICMPv6 (RFC 4443) and what of neighbour discovery (RFC 4861) and of listener discovery (RFC 2710, 3810) is looked at. */
const enum Icmp6 {
  Protocol = 58,
  /** Of ICMPv6 as of UDP. */
  Header = 8,
  ListenerReport = 131,
  ListenerDone = 132,
  RouterSolicit = 133,
  RouterAdvert = 134,
  NeighborSolicit = 135,
  NeighborAdvert = 136,
  Redirect = 137,
  ListenerReport2 = 143,
  /** From the ICMPv6 header on. */
  Target = 8,
  Neighbor = 24,
}

/** UDP ports of DHCPv6 (RFC 8415, 7.2) as loaded. */
const DHCP_SERVER = 0x2302;
const DHCP_CLIENT = 0x2202;

/**
 * IPv6 is bridged within a network and not routed (D16). Whatever its port security, a port may not say it is a router, and may
 * not hide what it says. So extension headers have a bound, the first fragment holds them all and the upper layer's (RFC 7112,
 * 7113), and neighbour discovery comes in no fragments (RFC 6980). Later fragments pass: without a first one nobody puts them
 * together, and they may not overlap it (RFC 5722).
 */
export function guardIpv6(cx: PipelineContext, f: number, macA: number, macB: number, secure: boolean): Verdict {
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  const ip = frame + Ethernet.Header;
  if (!ipv6Fits(m, ip, frame + cx.lengths[f]!)) return Verdict.DropIpv6Headers;
  const end = ip + Ipv6.Header + ipv6PayloadLength(m, ip);
  const chain = ipv6Chain(m, ip, end);
  if (chain === Ipv6Chain.Broken) return Verdict.DropIpv6Headers;
  const protocol = chain & Ipv6Chain.Protocol;
  const l4 = ip + ((chain >> Ipv6Chain.OffsetShift) & Ipv6Chain.Offset);
  const whole = (chain & Ipv6Chain.Fragment) === 0;
  if (leavesWork(m, frame) && !offloadsAgree(cx, f, l4, end, protocol, whole, GsoType.Tcp6)) return Verdict.DropVirtioHeader;
  let icmp = 0;
  if ((chain & Ipv6Chain.Later) === 0) {
    if ((protocol === Icmp6.Protocol || protocol === Protocol.Udp) && end - l4 < Icmp6.Header) return Verdict.DropIpv6Headers;
    if (protocol === Icmp6.Protocol) icmp = m.u8[l4]!;
    else if (protocol === Protocol.Udp && isDhcpAnswer(cx, l4)) return Verdict.DropDhcpServer;
  }
  if (icmp === Icmp6.RouterAdvert || icmp === Icmp6.Redirect) return Verdict.DropRouterAdvert;
  if (!whole && icmp >= Icmp6.RouterSolicit && icmp <= Icmp6.NeighborAdvert) return Verdict.DropNdFragment;
  return secure ? guardAddresses(cx, ip, l4, end, icmp, macA, macB) : Verdict.Continue;
}

/** `icmp`: its type; 0: it is no ICMPv6. */
function guardAddresses(
  cx: PipelineContext,
  ip: number,
  l4: number,
  end: number,
  icmp: number,
  macA: number,
  macB: number,
): Verdict {
  const { lports } = cx.switching;
  const row = cx.lport * Lport.Words;
  const m = cx.memory;
  const source = ip + Ipv6.Source;
  const unspecified = needsNoSource(icmp) && isUnspecified(m, source);
  if (!unspecified && !mayUseIpv6(lports, row, macA, macB, m.u16, source >> 1))
    return !isUnspecified(m, source) && isNobodysLinkLocal(cx, source) ? Verdict.DropIpv6LinkLocal : Verdict.DropSpoofIp;
  if (icmp !== Icmp6.NeighborAdvert) return Verdict.Continue;
  const told = end - l4 >= Icmp6.Neighbor && mayUseIpv6(lports, row, macA, macB, m.u16, (l4 + Icmp6.Target) >> 1);
  return told ? Verdict.Continue : Verdict.DropSpoofArp;
}

function isDhcpAnswer(cx: PipelineContext, l4: number): boolean {
  const h = cx.memory.u16;
  const { rows } = cx.switching.lports;
  const serves = (rows[cx.lport * Lport.Words + Lport.Flags]! & LportFlag.DhcpServer) !== 0;
  return !serves && h[l4 >> 1] === DHCP_SERVER && h[(l4 + 2) >> 1] === DHCP_CLIENT;
}

/** What a machine says before it has an address: that it wants one, looks for a router, joins a group. */
function needsNoSource(icmp: number): boolean {
  return (
    icmp === Icmp6.NeighborSolicit ||
    icmp === Icmp6.RouterSolicit ||
    icmp === Icmp6.ListenerReport ||
    icmp === Icmp6.ListenerDone ||
    icmp === Icmp6.ListenerReport2
  );
}
