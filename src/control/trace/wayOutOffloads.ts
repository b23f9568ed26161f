import type { PipelineContext } from '../../pipeline/context.js';
import { Outlet } from '../../pipeline/outlet.js';
import { CounterEvent } from '../../shared/counters.js';
import { Lacks } from '../../shared/offloads.js';
import { GONE_IFACE } from '../../tables/rifs.js';
import type { TraceLeaves } from '../../types/trace.js';
import { Ipv4, Protocol } from '../../wire/ipv4.js';
import { Arena } from '../../wire/memory.js';
import { ipOf, wirePackets } from '../../wire/segment.js';
import { trainSize } from '../../wire/train.js';
import { VirtioFlag } from '../../wire/virtioNet.js';
import type { Offloads } from '../offloads.js';
import type { Shown } from '../show/shown.js';
import { listIfaces } from '../show/totals.js';

/**
 * What becomes of a frame on its way out, beside what is said of its packet: super-frames stay whole or are cut, segments may be joined.
 * A worker to which a device has refused super-frames cuts them although main does not know (OFF-16).
 */

/** Lists to send by that are like the devices'. */
export function outletsLike({ built, links }: Pick<Shown, 'built' | 'links'>): Outlet[] {
  const outlets = Array.from({ length: GONE_IFACE + 1 }, () => new Outlet());
  for (const { device, rif } of listIfaces(built)) {
    const outlet = outlets[rif?.iface ?? GONE_IFACE]!;
    const offloads = links.offloads(device);
    outlet.lacks = lacksIn(offloads);
    outlet.coalesces = offloads.coalesce;
  }
  return outlets;
}

export function lacksIn({ tx }: Offloads): number {
  const lack = (word: string, bit: Lacks): number => (tx.includes(word) ? 0 : bit);
  return lack('csum', Lacks.Checksum) | lack('tso', Lacks.Tso) | lack('uso', Lacks.Uso);
}

/** What is told of a frame of `length` octets on the list of `outlet`, and the packets that it is on a wire. */
export interface LeavingFrame {
  readonly superFrame: TraceLeaves['superFrame'];
  readonly segments: number;
}

export function leavingFrame(cx: PipelineContext, outlet: Outlet, frame: number, length: number): LeavingFrame {
  const segments = wirePackets(cx.memory, frame, length);
  if (segments > 1) return { superFrame: 'whole', segments };
  if (cx.counters.events[CounterEvent.FramesSegmented]! > 0) return { superFrame: 'cut', segments };
  return { superFrame: outlet.coalesces && isJoinable(cx, outlet, frame, length) ? 'joinable' : 'none', segments };
}

/** By the rules of wire/train.ts. Whether its checksum is known to be right neither words nor libpcap say; it nearly always is. */
function isJoinable({ memory: m }: PipelineContext, { lacks }: Outlet, frame: number, length: number): boolean {
  const flags = frame - Arena.VirtioHeader;
  const was = m.u8[flags]!;
  m.u8[flags] = was | VirtioFlag.DataValid;
  const size = trainSize(m, frame, length);
  m.u8[flags] = was;
  return size > 0 && (m.u8[ipOf(m, frame) + Ipv4.Protocol] === Protocol.Tcp || (lacks & Lacks.Uso) === 0);
}
