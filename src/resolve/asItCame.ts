import { Kind, type PipelineContext } from '../pipeline/context.js';
import { Letter, LetterFlag } from '../tables/handoffRing.js';
import { Session } from '../tables/sessions.js';
import { delta32, moveFinished } from '../wire/checksum.js';
import { Icmp } from '../wire/icmp.js';
import { FragmentBits, Ipv4, ipv4HeaderLength, Protocol } from '../wire/ipv4.js';
import type { FrameMemory } from '../wire/memory.js';
import { rewriteQuoted } from '../wire/quoted.js';
import { Tcp } from '../wire/tcp.js';
import { Udp } from '../wire/udp.js';

/**
 * A frame that turns back (hairpin.ts) is translated twice, and the worker of the second half may be another one, which knows
 * nothing of the first. So what the first half changes is kept in the letter, and a frame which goes no further can be made again
 * what it was. An error of ours then quotes to its sender what the sender sent (ERR-11, ERR-12), and a frame that waits for a
 * neighbour is decided again from the start.
 *
 * A frame of a flow: CameAddress its source, CameWord its port or id | L4 checksum << 16, CameOther IPv4 checksum | IPv4 id <<
 * 16. An ICMP error: CameAddress its source, CameWord and CameOther address and port of the endpoint it quotes as destination.
 */

/** Keeps what translating frame `f` of the session in `row` outward will change. */
export function keepFlowAsItCame(cx: PipelineContext, f: number, row: number): void {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const at = l4ChecksumAt(m, ip, cx.end[f]!);
  const l = cx.letter;
  l[Letter.CameAddress] = m.i32[(ip + Ipv4.Source) >> 2]!;
  // From the row: a later fragment carries no ports.
  l[Letter.CameWord] = (cx.sessions.rows[row + Session.OutwardPorts]! & 0xffff) | (at < 0 ? 0 : m.u16[at >> 1]! << 16);
  l[Letter.CameOther] = m.u16[(ip + Ipv4.Checksum) >> 1]! | (m.u16[(ip + Ipv4.Id) >> 1]! << 16);
}

/** The same for an ICMP error, sound, about a packet of the session in `row`. */
export function keepErrorAsItCame(cx: PipelineContext, f: number, row: number): void {
  const l = cx.letter;
  l[Letter.CameAddress] = cx.memory.i32[(cx.ip[f]! + Ipv4.Source) >> 2]!;
  l[Letter.CameWord] = cx.sessions.rows[row + Session.InsideAddress]!;
  l[Letter.CameOther] = cx.sessions.rows[row + Session.OutwardPorts]! & 0xffff;
}

/** Makes frame `f`, in its second half and not translated any further, what it was when it came from its device. */
export function asItCame(cx: PipelineContext, f: number): void {
  const l = cx.letter;
  l[Letter.Flags]! &= ~LetterFlag.Hairpin;
  if (cx.kind[f] === Kind.IcmpError) errorAsItCame(cx, f);
  else flowAsItCame(cx, f);
}

function flowAsItCame(cx: PipelineContext, f: number): void {
  const m = cx.memory;
  const l = cx.letter;
  const ip = cx.ip[f]!;
  const word = l[Letter.CameWord]!;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  m.i32[(ip + Ipv4.Source) >> 2] = l[Letter.CameAddress]!;
  m.u16[(ip + Ipv4.Checksum) >> 1] = l[Letter.CameOther]! & 0xffff;
  m.u16[(ip + Ipv4.Id) >> 1] = l[Letter.CameOther]! >>> 16;
  const at = l4ChecksumAt(m, ip, cx.end[f]!);
  if (at >= 0) m.u16[at >> 1] = word >>> 16;
  if (at >= 0 && protocol !== Protocol.UdpLite && protocol !== Protocol.Dccp) {
    const l4 = ip + ipv4HeaderLength(m, ip);
    m.u16[(protocol === Protocol.Icmp ? l4 + Icmp.Id : l4) >> 1] = word & 0xffff;
  }
  // Ports of a datagram in fragments, for when it is decided again as one from inside.
  const remotePort = protocol === Protocol.Icmp ? 0 : l[Letter.DatagramPorts]! & ~0xffff;
  l[Letter.DatagramPorts] = (word & 0xffff) | remotePort;
}

function errorAsItCame(cx: PipelineContext, f: number): void {
  const m = cx.memory;
  const l = cx.letter;
  const ip = cx.ip[f]!;
  const word = (ip + Ipv4.Source) >> 2;
  const check = (ip + Ipv4.Checksum) >> 1;
  m.u16[check] = moveFinished(m.u16[check]!, delta32(m.i32[word]!, l[Letter.CameAddress]!));
  m.i32[word] = l[Letter.CameAddress]!;
  const icmp = ip + ipv4HeaderLength(m, ip);
  // A port that another protocol than TCP, UDP and ICMP has none of is not written (rewriteQuoted).
  rewriteQuoted(m, icmp, cx.end[f]!, false, l[Letter.CameWord]!, l[Letter.CameOther]!);
}

/** Offset of the L4 checksum that translation moves; -1 in a later fragment and for protocols that have none of concern to us. */
function l4ChecksumAt(m: FrameMemory, ip: number, end: number): number {
  if ((m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.Offset) !== 0) return -1;
  const l4 = ip + ipv4HeaderLength(m, ip);
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  if (protocol === Protocol.Tcp) return l4 + Tcp.Checksum;
  if (protocol === Protocol.Icmp) return l4 + Icmp.Checksum;
  if (protocol === Protocol.Udp) return l4 + Udp.Checksum;
  return (protocol === Protocol.UdpLite || protocol === Protocol.Dccp) && end - l4 >= 8 ? l4 + Udp.Checksum : -1;
}
