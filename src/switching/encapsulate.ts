import type { PipelineContext } from '../pipeline/context.js';
import { MAX_DATAGRAMS, type TunnelList, TunnelSend } from '../pipeline/tunnelList.js';
import { countCut } from '../pipeline/withoutOffload.js';
import { CounterRoom, IfaceCounter } from '../shared/counters.js';
import { SegType } from '../tables/networks.js';
import { completeChecksum } from '../wire/completeChecksum.js';
import { Ethernet, EtherType, etherTypeAt } from '../wire/ethernet.js';
import { Gre, greWrite } from '../wire/gre.js';
import { Ipv4, Protocol } from '../wire/ipv4.js';
import { Ipv6 } from '../wire/ipv6.js';
import { ipOf, segmentCount, segmentRoom, writeSegment } from '../wire/segment.js';
import { VirtioFlag, virtioFlagsAndGso } from '../wire/virtioNet.js';
import { vxlanWrite } from '../wire/vxlan.js';

/** Sending sockets of a tunnel, a power of two: each has a source port of its own (D14). */
const SOCKETS = 16;

/**
 * Puts a frame on a tunnel's list behind its header (RFC 7348, RFC 2890). What the other end could not know is finished before: partial
 * checksums are completed, super-frames cut. The frame is used up.
 */
export function encapsulate(
  cx: PipelineContext,
  tunnel: TunnelList,
  segType: SegType,
  segId: number,
  destination: number,
  frame: number,
  length: number,
): void {
  const m = cx.memory;
  const flagsAndGso = virtioFlagsAndGso(m, frame);
  const socket = socketOf(cx, frame, length);
  if (flagsAndGso >> 8 === 0) {
    if ((flagsAndGso & VirtioFlag.NeedsChecksum) !== 0) completeChecksum(m, frame, frame + length);
    put(cx, tunnel, segType, segId, destination, frame, length, socket);
    return;
  }
  const ip = ipOf(m, frame);
  const count = segmentCount(m, frame, ip, frame + length);
  const room = segmentRoom(m, frame, ip);
  countCut(cx, count);
  for (let k = 0; k < count; k++) {
    const out = cx.scratch.take(room);
    if (out < 0) {
      countLost(cx, tunnel, count - k);
      return;
    }
    put(cx, tunnel, segType, segId, destination, out, writeSegment(m, frame, frame + length, k, count, out, true), socket);
  }
}

function put(
  cx: PipelineContext,
  tunnel: TunnelList,
  segType: SegType,
  segId: number,
  destination: number,
  frame: number,
  length: number,
  socket: number,
): void {
  const payload = frame - Gre.Octets;
  if (segType === SegType.Gre) greWrite(cx.memory, payload, segId);
  else vxlanWrite(cx.memory, payload, segId);
  const at = tunnel.queued++ * TunnelSend.Words;
  tunnel.sends[at + TunnelSend.Offset] = payload;
  tunnel.sends[at + TunnelSend.Octets] = length + Gre.Octets;
  tunnel.sends[at + TunnelSend.Destination] = destination;
  tunnel.sends[at + TunnelSend.Socket] = socket;
  if (tunnel.queued === MAX_DATAGRAMS) cx.flush();
}

/** By both addresses and both ports of IP, by both MACs of anything else: what belongs together keeps its order and its path. */
function socketOf(cx: PipelineContext, frame: number, length: number): number {
  const m = cx.memory;
  let h = m.i32[(frame + 2) >> 2]! ^ m.i32[(frame + 6) >> 2]!;
  const ip = frame + Ethernet.Header;
  if (etherTypeAt(m, frame + Ethernet.Type) === EtherType.Ipv4 && length >= Ethernet.Header + Ipv4.MinHeader + 4) {
    h = m.i32[(ip + Ipv4.Source) >> 2]! ^ m.i32[(ip + Ipv4.Destination) >> 2]!;
    const whole = m.u8[ip] === 0x45 && (m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & 0xff3f) === 0;
    if (whole) h ^= m.i32[(ip + Ipv4.MinHeader) >> 2]!;
  } else if (etherTypeAt(m, frame + Ethernet.Type) === EtherType.Ipv6 && length >= Ethernet.Header + Ipv6.Header + 4) {
    h = 0;
    for (let at = ip + Ipv6.Source; at < ip + Ipv6.Header; at += 4) h ^= m.i32[at >> 2]!;
    const next = m.u8[ip + Ipv6.NextHeader];
    if (next === Protocol.Tcp || next === Protocol.Udp) h ^= m.i32[(ip + Ipv6.Header) >> 2]!;
  }
  h = Math.imul(h ^ (h >>> 16), 0x45d9_f3b3);
  return (h >>> 24) & (SOCKETS - 1);
}

function countLost(cx: PipelineContext, tunnel: TunnelList, segments: number): void {
  const at = (CounterRoom.FirstDevice + tunnel.slot) * IfaceCounter.Count + IfaceCounter.TxFull;
  cx.counters.rifs[at] = cx.counters.rifs[at]! + segments;
}
