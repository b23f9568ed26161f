import type { PipelineContext } from '../pipeline/context.js';
import { Ethernet, EtherType, etherTypeAt, isGroupDestination } from '../wire/ethernet.js';
import { FragmentBits, Ipv4, ipv4HeaderLength, ipv4TotalLength } from '../wire/ipv4.js';
import { Ipv6, Ipv6Chain, ipv6Chain, ipv6Fits, ipv6PayloadLength } from '../wire/ipv6.js';
import type { FrameMemory } from '../wire/memory.js';
import { GsoType, VirtioFlag, virtioAgrees, virtioFlagsAndGso, virtioGsoSize } from '../wire/virtioNet.js';

/**
 * Octets of data in the segments of a super-frame, at least: the smallest MSS that Linux announces (TCP_MIN_MSS, 88) less all options. A tunnel
 * makes a frame of each segment for each host, so 64 KiB of TCP become 1,400 at most; UDP is limited to 128 datagrams as well.
 */
const SMALLEST_SEGMENT = 48;

/** True when the virtio-net header leaves something to be done, which is to be held against the packet. */
export function leavesWork(m: FrameMemory, frame: number): boolean {
  return (virtioFlagsAndGso(m, frame) & ~VirtioFlag.DataValid) !== 0;
}

/**
 * What the virtio-net header asks for agrees with the packet from `frame` to `end`, whose `protocol` begins at `l4` (OFF-5, OFF-15): nothing
 * behind is written or cut that is not of TCP or UDP. `whole`: it is no fragment; `tcp`: the type of super-frames of its version of IP. TCP of
 * a port to a group is nothing that is cut up for each host.
 */
export function offloadsAgree(
  cx: PipelineContext,
  f: number,
  l4: number,
  end: number,
  protocol: number,
  whole: boolean,
  tcp: GsoType,
): boolean {
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  if (!virtioAgrees(m, frame, l4, end, protocol, whole, tcp)) return false;
  const gso = virtioFlagsAndGso(m, frame) >> 8;
  if (gso === GsoType.None) return true;
  // Segments are cut up to the end of the frame.
  if (end !== frame + cx.lengths[f]!) return false;
  // What comes from the fabric goes into no tunnel, and segments that came one by one may have been joined (io/tunnelTrain.ts).
  if (cx.lport < 0) return true;
  return virtioGsoSize(m, frame) >= SMALLEST_SEGMENT && (gso === GsoType.UdpL4 || !isGroupDestination(m, frame));
}

/** The same of a frame whose packet nobody has looked at: one of the fabric. */
export function offloadsAgreeFromFabric(cx: PipelineContext, f: number): boolean {
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  const ip = frame + Ethernet.Header;
  const end = frame + cx.lengths[f]!;
  const type = etherTypeAt(m, frame + Ethernet.Type);
  if (type === EtherType.Ipv6) {
    if (!ipv6Fits(m, ip, end)) return false;
    const behind = ip + Ipv6.Header + ipv6PayloadLength(m, ip);
    const chain = ipv6Chain(m, ip, behind);
    if (chain === Ipv6Chain.Broken) return false;
    const l4 = ip + ((chain >> Ipv6Chain.OffsetShift) & Ipv6Chain.Offset);
    return offloadsAgree(cx, f, l4, behind, chain & Ipv6Chain.Protocol, (chain & Ipv6Chain.Fragment) === 0, GsoType.Tcp6);
  }
  if (type !== EtherType.Ipv4 || end - ip < Ipv4.MinHeader || m.u8[ip]! >> 4 !== 4) return false;
  const l4 = ip + ipv4HeaderLength(m, ip);
  const behind = ip + ipv4TotalLength(m, ip);
  if (l4 - ip < Ipv4.MinHeader || behind < l4 || behind > end) return false;
  const whole = (m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.NotWhole) === 0;
  return offloadsAgree(cx, f, l4, behind, m.u8[ip + Ipv4.Protocol]!, whole, GsoType.Tcp4);
}
