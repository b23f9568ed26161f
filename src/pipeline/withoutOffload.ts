import { CounterEvent, countEvent, IfaceCounter } from '../shared/counters.js';
import { Lacks } from '../shared/offloads.js';
import { completeChecksum } from '../wire/completeChecksum.js';
import { ipOf, segmentCount, segmentRoom, writeSegment } from '../wire/segment.js';
import { GsoType, VirtioFlag, virtioFlagsAndGso } from '../wire/virtioNet.js';
import type { PipelineContext } from './context.js';
import type { Outlet } from './outlet.js';
import { enlist } from './sendList.js';

/**
 * What a device cannot be left to do is done here: a super-frame becomes its segments (OFF-12), a partial checksum is completed
 * (OFF-6). `frame` .. `length`: a finished frame, Ethernet header and all, that no list has yet. True when segments were sent in its
 * place; false when it is to be sent itself. `row`, `device`: rows of counters, of what sends and of the device.
 */
export function sendWithoutOffload(
  cx: PipelineContext,
  row: number,
  device: number,
  outlet: Outlet,
  frame: number,
  length: number,
): boolean {
  const m = cx.memory;
  const flagsAndGso = virtioFlagsAndGso(m, frame);
  if ((flagsAndGso & VirtioFlag.NeedsChecksum) === 0) return false;
  const lacks = outlet.lacks;
  const complete = (lacks & Lacks.Checksum) !== 0;
  const gso = flagsAndGso >> 8;
  if (gso === GsoType.None) {
    if (complete) completeChecksum(m, frame, frame + length);
    return false;
  }
  if ((lacks & (gso === GsoType.UdpL4 ? Lacks.Uso : Lacks.Tso)) === 0) return false;
  sendSegments(cx, row, device, outlet, frame, frame + length, complete);
  return true;
}

/** Cuts a super-frame and sends its segments in order. Each counts as a frame sent; those beyond the first as frames made. */
function sendSegments(
  cx: PipelineContext,
  row: number,
  device: number,
  outlet: Outlet,
  frame: number,
  end: number,
  complete: boolean,
): void {
  const m = cx.memory;
  const ip = ipOf(m, frame);
  const count = segmentCount(m, frame, ip, end);
  const room = segmentRoom(m, frame, ip);
  countCut(cx, count);
  for (let k = 0; k < count; k++) {
    const out = cx.scratch.take(room);
    if (out < 0) {
      countLost(cx, device, count - k);
      return;
    }
    enlist(cx, row, outlet, out, writeSegment(m, frame, end, k, count, out, complete));
  }
}

/** Counts a super-frame that becomes `count` frames. */
export function countCut(cx: PipelineContext, count: number): void {
  const { events } = cx.counters;
  countEvent(cx.counters, CounterEvent.FramesSegmented);
  events[CounterEvent.SegmentsMade] = events[CounterEvent.SegmentsMade]! + count;
  events[CounterEvent.FramesMade] = events[CounterEvent.FramesMade]! + count - 1;
}

/** Segments there is no scratch memory for, even after all lists were sent: refused as by a device whose queue is full. */
function countLost(cx: PipelineContext, device: number, segments: number): void {
  const at = device * IfaceCounter.Count + IfaceCounter.TxFull;
  cx.counters.rifs[at] = cx.counters.rifs[at]! + segments;
}
