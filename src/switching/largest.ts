import type { PipelineContext } from '../pipeline/context.js';
import { Ethernet } from '../wire/ethernet.js';
import { ipOf, segmentCount, segmentRoom } from '../wire/segment.js';
import { GsoType, virtioFlagsAndGso } from '../wire/virtioNet.js';

/** Octets of the largest packet that a frame is on the wire, Ethernet header not counted: of a super-frame, one of its segments. */
export function largestOf(cx: PipelineContext, frame: number, length: number): number {
  const m = cx.memory;
  if (virtioFlagsAndGso(m, frame) >> 8 === GsoType.None) return length - Ethernet.Header;
  const ip = ipOf(m, frame);
  return segmentCount(m, frame, ip, frame + length) === 1
    ? length - Ethernet.Header
    : segmentRoom(m, frame, ip) - Ethernet.Header;
}
