import { otherType } from '../pipeline/classify.js';
import type { PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { Lport, LportFlag, mayUseAddress, mayUseMac } from '../tables/lports.js';
import { Ethernet, EtherType, etherTypeAt, macHead, macTail } from '../wire/ethernet.js';
import { FragmentBits, Ipv4, ipv4Source, ipv4TotalLength, Protocol } from '../wire/ipv4.js';
import { Ipv6, ipv6Fits } from '../wire/ipv6.js';
import { GsoType } from '../wire/virtioNet.js';
import { isInfrastructure, isOfService } from './guardFabric.js';
import { guardIpv6 } from './guardIpv6.js';
import { leavesWork, offloadsAgree } from './guardOffloads.js';
import { isNobodysLinkLocal, isTaken } from './linkLocal.js';

/** UDP port as loaded. */
const DHCP_SERVER = 67 << 8;
const DHCP_CLIENT = 68 << 8;

/**
 * What a port may send (dvr.md 2.13): with its own MAC and addresses or those of its allowed pairs, and never with the MAC of a router
 * interface or of a host, whatever its port security. ARP has its own guard (arp.ts).
 */
export function guardLport(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const t = cx.switching.lports;
  const row = cx.lport * Lport.Words;
  const frame = cx.offsets[f]!;
  const macA = macHead(m, frame + Ethernet.Source);
  const macB = macTail(m, frame + Ethernet.Source);
  const secure = (t.rows[row + Lport.Flags]! & LportFlag.PortSecurity) !== 0;
  if (macA !== t.rows[row + Lport.MacA] || macB !== t.rows[row + Lport.MacB]) {
    if ((macA & 1) !== 0) return Verdict.DropSpoofMac;
    if (isInfrastructure(cx, macA, macB) || isOfService(cx, macA, macB)) return Verdict.DropInfrastructureMac;
    if (secure && !mayUseMac(t, row, macA, macB)) return strangeMac(cx, f, macA, macB);
  }
  const type = etherTypeAt(m, frame + Ethernet.Type);
  if (type === EtherType.Ipv4) return guardIpv4(cx, f, row, macA, macB, secure);
  // No honest ARP leaves anything to be completed; what is completed later would change what is looked at here.
  if (type === EtherType.Arp) return leavesWork(m, frame) ? Verdict.DropVirtioHeader : Verdict.Continue;
  return type === EtherType.Ipv6 ? guardIpv6(cx, f, macA, macB, secure) : otherType(m, frame, type);
}

/** A MAC that the port may not have. Not everybody who has one means to be somebody else. */
export function strangeMac(cx: PipelineContext, f: number, macA: number, macB: number): Verdict {
  const m = cx.memory;
  const ip = cx.offsets[f]! + Ethernet.Header;
  const isIpv6 = etherTypeAt(m, ip - 2) === EtherType.Ipv6 && ipv6Fits(m, ip, cx.offsets[f]! + cx.lengths[f]!);
  return isIpv6 && !isTaken(cx, macA, macB) && isNobodysLinkLocal(cx, ip + Ipv6.Source)
    ? Verdict.DropIpv6LinkLocal
    : Verdict.DropSpoofMac;
}

function guardIpv4(cx: PipelineContext, f: number, row: number, macA: number, macB: number, secure: boolean): Verdict {
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  const end = frame + cx.lengths[f]!;
  const ip = frame + Ethernet.Header;
  if (end - ip < Ipv4.MinHeader) return Verdict.DropIpShort;
  const l4 = ip + ((m.u8[ip]! & 0x0f) << 2);
  if (m.u8[ip]! >> 4 !== 4) return Verdict.DropIpVersion;
  if (l4 - ip < Ipv4.MinHeader || l4 > end) return Verdict.DropIpHeaderLength;
  const behind = ip + ipv4TotalLength(m, ip);
  if (behind < l4 || behind > end) return Verdict.DropIpTotalLength;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const first = (m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.Offset) === 0;
  const whole = (m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.NotWhole) === 0;
  if (leavesWork(m, frame) && !offloadsAgree(cx, f, l4, behind, protocol, whole, GsoType.Tcp4)) return Verdict.DropVirtioHeader;
  const ported = protocol === Protocol.Udp && first && l4 + 4 <= behind;
  const from = ported ? m.u16[l4 >> 1]! : 0;
  const to = ported ? m.u16[(l4 + 2) >> 1]! : 0;
  const { rows } = cx.switching.lports;
  if (from === DHCP_SERVER && to === DHCP_CLIENT && (rows[row + Lport.Flags]! & LportFlag.DhcpServer) === 0)
    return Verdict.DropDhcpServer;
  if (!secure) return Verdict.Continue;
  const address = ipv4Source(m, ip);
  // Who asks for an address has none yet.
  if (address === 0 && from === DHCP_CLIENT && to === DHCP_SERVER) return Verdict.Continue;
  return mayUseAddress(cx.switching.lports, row, macA, macB, address) ? Verdict.Continue : Verdict.DropSpoofIp;
}
