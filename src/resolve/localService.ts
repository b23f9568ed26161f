import type { PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { delta16, moveFinished, pseudoHeaderSum, sumOctets } from '../wire/checksum.js';
import { Icmp, IcmpType, UnreachableCode } from '../wire/icmp.js';
import { FragmentBits, Ipv4, ipv4Destination, ipv4HeaderLength, ipv4Source, ipv4WriteChecksum, Protocol } from '../wire/ipv4.js';
import { Tcp, TcpFlag } from '../wire/tcp.js';
import { Udp, udpLength } from '../wire/udp.js';
import { VirtioFlag, virtioClear, virtioFlagsAndGso } from '../wire/virtioNet.js';
import { answerByReset } from './answerByReset.js';
import { sendIcmpErrorFrom } from './icmpError.js';
import { isOnSideOf, sendByWay } from './sendMade.js';
import { rifOfWay, wayOfOwn } from './way.js';

/**
 * Addressed to the router itself, whatever its TTL. ICMP echo is answered in place (ICM-3), if the way back is on its side.
 * Nothing else is served. That is said from the address that was asked, within the limits of ICMP errors: of TCP by an RST (RFC
 * 9293 3.10.7.1), of UDP by 3/3, of another protocol by 3/2 (RFC 1812 4.3.3.1, RFC 1122 3.2.2.1). Other ICMP is for no answer:
 * errors and replies by nature, information and address mask requests by RFC 6918, timestamps because RFC 1812 4.3.3.8 leaves it
 * to us. `silent`: only echo is answered.
 */
export function localService(cx: PipelineContext, f: number, silent: boolean): Verdict {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  if ((m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.NotWhole) !== 0) return Verdict.DropLocalFragment;
  const l4 = ip + ipv4HeaderLength(m, ip);
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const isEcho = protocol === Protocol.Icmp && m.u16[l4 >> 1] === IcmpType.Echo;
  if (silent && !isEcho) return Verdict.DropLocalUnknown;
  if (!checksumHolds(cx, f, l4, protocol)) return Verdict.DropLocalChecksum;
  if (isEcho) return answerEcho(cx, f, l4);
  if (protocol === Protocol.Icmp) return Verdict.DropLocalIcmp;
  if (protocol === Protocol.Tcp) {
    const flags = m.u8[l4 + Tcp.Flags]!;
    if ((flags & TcpFlag.Rst) === 0) answerByReset(cx, f, flags);
    return Verdict.DropLocalReset;
  }
  const udp = protocol === Protocol.Udp;
  const code = udp ? UnreachableCode.Port : UnreachableCode.Protocol;
  sendIcmpErrorFrom(cx, f, IcmpType.Unreachable, code, 0, ipv4Destination(m, ip));
  return udp ? Verdict.DropLocalPort : Verdict.DropLocalProtocol;
}

function answerEcho(cx: PipelineContext, f: number, icmp: number): Verdict {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const asker = ipv4Source(m, ip);
  const asked = ipv4Destination(m, ip);
  const found = wayOfOwn(cx, asked, asker, m.u8[ip + Ipv4.Tos]!, 0, Protocol.Icmp);
  if (!isOnSideOf(cx, f, rifOfWay(cx, found))) return Verdict.DropLocalNoWayBack;
  m.i32[(ip + Ipv4.Source) >> 2] = asked;
  m.i32[(ip + Ipv4.Destination) >> 2] = asker;
  m.u8[ip + Ipv4.Ttl] = 64;
  ipv4WriteChecksum(m, ip);
  m.u16[icmp >> 1] = IcmpType.EchoReply;
  const check = (icmp + Icmp.Checksum) >> 1;
  m.u16[check] = moveFinished(m.u16[check]!, delta16(IcmpType.Echo, IcmpType.EchoReply));
  virtioClear(m, cx.offsets[f]!);
  sendByWay(cx, f, found, ip, cx.end[f]! - ip, ip - cx.offsets[f]!, asker);
  return Verdict.EchoAnswered;
}

/** A host takes nothing whose checksum is wrong (RFC 1122 4.1.3.4, 4.2.2.7, RFC 792). Partial ones and those the kernel looked at hold. */
export function checksumHolds(cx: PipelineContext, f: number, l4: number, protocol: number): boolean {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  if ((virtioFlagsAndGso(m, cx.offsets[f]!) & (VirtioFlag.NeedsChecksum | VirtioFlag.DataValid)) !== 0) return true;
  let octets = cx.end[f]! - l4;
  if (protocol === Protocol.Icmp) return sumOctets(m, l4, octets, 0) === 0xffff;
  if (protocol === Protocol.Udp) {
    if (m.u16[(l4 + Udp.Checksum) >> 1] === 0) return true;
    octets = udpLength(m, l4);
  } else if (protocol !== Protocol.Tcp) return true;
  const seed = pseudoHeaderSum(ipv4Source(m, ip), ipv4Destination(m, ip), protocol, octets);
  return sumOctets(m, l4, octets, seed) === 0xffff;
}
