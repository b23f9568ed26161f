import { Kind, type PipelineContext } from '../pipeline/context.js';
import { moveFinished, movePartial } from '../wire/checksum.js';
import { Ipv4, ipv4FragmentOffset, ipv4HeaderLength, Protocol } from '../wire/ipv4.js';
import { moveQuotedAddress } from '../wire/quoted.js';
import { Tcp } from '../wire/tcp.js';
import { Udp } from '../wire/udp.js';
import { VirtioFlag, virtioFlagsAndGso } from '../wire/virtioNet.js';

/**
 * Gives frame `f` another source or destination (`at`: Ipv4.Source or Ipv4.Destination), statelessly. `delta`: what that makes of
 * a checksum. Every checksum that has the address in it follows by difference (RFC 1624), so a wrong one stays wrong: the
 * packet's, that of TCP, UDP, UDP-Lite and DCCP where the header stands in this part of the datagram, finished or partial. UDP
 * without a checksum stays so.
 */
export function moveAddress(cx: PipelineContext, f: number, at: number, address: number, delta: number): void {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  m.i32[(ip + at) >> 2] = address;
  const check = (ip + Ipv4.Checksum) >> 1;
  m.u16[check] = moveFinished(m.u16[check]!, delta);
  if (ipv4FragmentOffset(m, ip) !== 0) return;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  if (protocol !== Protocol.Tcp && protocol !== Protocol.Udp && protocol !== Protocol.UdpLite && protocol !== Protocol.Dccp)
    return;
  const l4 = ip + ipv4HeaderLength(m, ip) + (protocol === Protocol.Tcp ? Tcp.Checksum : Udp.Checksum);
  if (l4 + 2 > cx.end[f]!) return;
  const sum = m.u16[l4 >> 1]!;
  if ((virtioFlagsAndGso(m, cx.offsets[f]!) & VirtioFlag.NeedsChecksum) !== 0) m.u16[l4 >> 1] = movePartial(sum, delta);
  else if (protocol === Protocol.Tcp) m.u16[l4 >> 1] = moveFinished(sum, delta);
  else if (protocol !== Protocol.Udp || sum !== 0) m.u16[l4 >> 1] = moveFinished(sum, delta) || 0xffff;
}

/**
 * The same of an endpoint, with what an ICMP error (3, 11, 12) quotes: that packet went the other way, so its destination moves along when the
 * error's source moves, and its source when the destination does. Requires guardFloatingIcmp.
 */
export function moveEndpoint(cx: PipelineContext, f: number, at: number, address: number, delta: number): void {
  moveAddress(cx, f, at, address, delta);
  if (cx.kind[f] !== Kind.IcmpError) return;
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const icmp = ip + ipv4HeaderLength(m, ip);
  moveQuotedAddress(m, icmp, cx.end[f]!, at === Ipv4.Source ? Ipv4.Destination : Ipv4.Source, address, delta);
}
