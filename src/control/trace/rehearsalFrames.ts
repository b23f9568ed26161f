import type { PipelineContext } from '../../pipeline/context.js';
import { neighborConfirm } from '../../pipeline/neighborLearn.js';
import { Adjacency, NeighborState, NeighborsHead } from '../../tables/neighbors.js';
import { Limit } from '../../tables/snapshot.js';
import type { FrameFields } from '../../types/traceFrame.js';
import { EtherType } from '../../wire/ethernet.js';
import { Arena } from '../../wire/memory.js';
import { FIELD_OCTETS, frameFields } from './frameFields.js';
import { type LeavingFrame, leavingFrame } from './wayOutOffloads.js';

/** Frames of a rehearsal: the one that is asked about, those that left, those that wait. */
export const FRAME: number = Arena.BurstStart + Arena.FrameStart;
/** A frame that stands for one that waits already, octets. */
const FILLER_OCTETS = 60;
/** A packet that left, and the router interface it left by. */
export interface SentPacket {
  readonly rif: number;
  readonly fields: FrameFields;
  /** First octet behind the IPv4 header, and the next: type and code of an ICMP message. */
  readonly type: number;
  readonly code: number;
  readonly leaving: LeavingFrame;
}

/** IPv4 packets on the lists of the devices. */
export function sentPackets(cx: PipelineContext): SentPacket[] {
  const { u16, u8 } = cx.memory;
  return cx.outlets.flatMap((outlet, iface) =>
    Array.from({ length: outlet.queued }, (_, i) => i * 2).flatMap((i) => {
      const frame = outlet.sends[i]!;
      const fields = frameFields(u8.subarray(frame, frame + Math.min(outlet.sends[i + 1]!, FIELD_OCTETS)));
      if (fields === undefined) return [];
      const ip = frame + (u16[(frame + 12) >> 1] === EtherType.Vlan ? 18 : 14);
      const l4 = ip + ((u8[ip]! & 15) << 2);
      const leaving = leavingFrame(cx, outlet, frame, outlet.sends[i + 1]!);
      return [{ fields, leaving, rif: cx.rifs.byVlan[(iface << 12) | fields.vlan]! - 1, type: u8[l4]!, code: u8[l4 + 1]! }];
    }),
  );
}

/** Frames that wait, by the neighbour's row. */
export function waitingRows(cx: PipelineContext): Map<number, number> {
  return new Map(incomplete(cx, NeighborState.None, NeighborState.Incomplete).map((row) => [row, cx.pending.waiting(row)]));
}

/** The neighbour that a frame waits for since `before` answers. The sender's MAC does for its own: nobody sees it. */
export function answerNeighbor(cx: PipelineContext, before: ReadonlyMap<number, number>): void {
  const after = waitingRows(cx);
  const row = [...after.keys()].find((one) => after.get(one) !== (before.get(one) ?? 0))!;
  neighborConfirm(cx, row, FRAME + 6);
}

/** As many frames as wait in the worker, when only one neighbour is asked for: then they are its own. */
export function fillWaitingRoom(cx: PipelineContext, frames: number): void {
  const rows = incomplete(cx, NeighborState.Incomplete);
  if (rows.length !== 1) return;
  const most = Math.min(frames, cx.limits[Limit.NeighborQueue]!);
  for (let i = 0; i < most; i++) cx.pending.put(rows[0]!, FRAME, FILLER_OCTETS, 0, 0, cx.now);
}

function incomplete(cx: PipelineContext, ...states: readonly NeighborState[]): number[] {
  const { rows, head } = cx.neighbors;
  return Array.from({ length: head[NeighborsHead.HighWater]! }, (_, i) => i * Adjacency.Words).filter((row) =>
    states.includes(rows[row + Adjacency.State]!),
  );
}
