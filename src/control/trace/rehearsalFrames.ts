import type { PipelineContext } from '../../pipeline/context.js';
import { Adjacency, NeighborState, NeighborsHead } from '../../tables/neighbors.js';
import { Limit } from '../../tables/snapshot.js';
import { EtherType } from '../../wire/ethernet.js';
import { Arena } from '../../wire/memory.js';

/** Frames of a rehearsal: the one that is asked about, those that left, those that wait. */
export const FRAME: number = Arena.BurstStart + Arena.FrameStart;
/** A frame that stands for one that waits already, octets. */
const FILLER_OCTETS = 60;
/** IPv4 header without options and eight octets: a trace writes no options, ICMP errors have none. */
const HEAD_OCTETS = 28;

/** A packet that left, and the router interface it left by. */
export interface SentPacket {
  readonly rif: number;
  /** The first octets of the IPv4 packet: its header, and as much of the next one as holds ports or ICMP type and identifier. */
  readonly octets: Uint8Array;
}

/** IPv4 packets on the lists of the devices. */
export function sentPackets(cx: PipelineContext): SentPacket[] {
  const { u16, u8 } = cx.memory;
  return cx.outlets.flatMap((outlet, iface) =>
    Array.from({ length: outlet.queued }, (_, i) => outlet.sends[i * 2]!).flatMap((frame) => {
      const tagged = u16[(frame + 12) >> 1] === EtherType.Vlan;
      if (u16[(frame + (tagged ? 16 : 12)) >> 1] !== EtherType.Ipv4) return [];
      const vlan = tagged ? ((u8[frame + 14]! & 0x0f) << 8) | u8[frame + 15]! : 0;
      const ip = frame + (tagged ? 18 : 14);
      return [{ octets: u8.slice(ip, ip + HEAD_OCTETS), rif: cx.rifs.byVlan[(iface << 12) | vlan]! - 1 }];
    }),
  );
}

/** Frames that wait, by the neighbour's row. */
export function waitingRows(cx: PipelineContext): Map<number, number> {
  return new Map(incomplete(cx, NeighborState.None, NeighborState.Incomplete).map((row) => [row, cx.pending.waiting(row)]));
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
