import type { PipelineContext } from '../pipeline/context.js';
import { delta32, moveFinished, movePartial } from '../wire/checksum.js';
import { Ipv4, ipv4FragmentOffset, ipv4HeaderLength, Protocol } from '../wire/ipv4.js';
import { Tcp } from '../wire/tcp.js';
import { Udp } from '../wire/udp.js';
import { VirtioFlag, virtioFlagsAndGso } from '../wire/virtioNet.js';

/**
 * A rule's action `nat` (dvr.md 4.2): the source becomes the same host of another prefix, statelessly, one to one. The checksums that
 * have the source in them follow by difference; what an ICMP message quotes stays.
 */
export function rewriteSource(cx: PipelineContext, f: number, address: number): void {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const word = (ip + Ipv4.Source) >> 2;
  const before = m.i32[word]!;
  const delta = delta32(before, address);
  m.i32[word] = address;
  const check = (ip + Ipv4.Checksum) >> 1;
  m.u16[check] = moveFinished(m.u16[check]!, delta);
  if (ipv4FragmentOffset(m, ip) !== 0) return;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const l4 = ip + ipv4HeaderLength(m, ip);
  const within = protocol === Protocol.Tcp ? Tcp.Checksum : Udp.Checksum;
  if (protocol !== Protocol.Tcp && protocol !== Protocol.Udp && protocol !== Protocol.UdpLite && protocol !== Protocol.Dccp)
    return;
  if (l4 + within + 2 > cx.end[f]!) return;
  const at = (l4 + within) >> 1;
  const sum = m.u16[at]!;
  if ((virtioFlagsAndGso(m, cx.offsets[f]!) & VirtioFlag.NeedsChecksum) !== 0) m.u16[at] = movePartial(sum, delta);
  else if (protocol !== Protocol.Udp || sum !== 0) m.u16[at] = moveFinished(sum, delta) || 0xffff;
}
