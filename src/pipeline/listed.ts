import { CounterRoom, IfaceCounter } from '../shared/counters.js';
import { Rif } from '../tables/rifs.js';
import { Ethernet } from '../wire/ethernet.js';
import { ipOf, wirePackets } from '../wire/segment.js';
import type { PipelineContext } from './context.js';

/**
 * What the lists of frames to send hold, by router interface. It becomes counters only when the devices have taken it: a counter that
 * was raised first and lowered for each frame refused would step back under the eyes of whoever reads it.
 *
 * Rows of int32, one per router interface and device, as the counters have them: a list is sent long before 2^31 octets.
 */
export const enum Listed {
  Frames = 0,
  Octets,
  /** Packets on the wire (OFF-14). */
  Packets,
  Words = 4,
}

/** Slots of devices without a router interface of their own (ports, physical networks) whose rows are not empty. */
export class Touched {
  count = 0;
  readonly slots = new Int32Array(CounterRoom.Rifs - CounterRoom.FirstDevice);
}

/** All lists were sent: what is left of the rows was taken. */
export function countSent(cx: PipelineContext): void {
  const l = cx.listed;
  const end = cx.rifs.onDevices * Listed.Words;
  for (let at = 0; at < end; at += Listed.Words) if (l[at] !== 0) countRow(cx, at);
  const { touched } = cx;
  for (let i = 0; i < touched.count; i++) countRow(cx, (CounterRoom.FirstDevice + touched.slots[i]!) * Listed.Words);
  touched.count = 0;
}

function countRow(cx: PipelineContext, at: number): void {
  const l = cx.listed;
  const c = cx.counters.rifs;
  const slot = (at / Listed.Words) * IfaceCounter.Count;
  c[slot + IfaceCounter.TxFrames] = c[slot + IfaceCounter.TxFrames]! + l[at]!;
  c[slot + IfaceCounter.TxOctets] = c[slot + IfaceCounter.TxOctets]! + l[at + Listed.Octets]!;
  c[slot + IfaceCounter.TxPackets] = c[slot + IfaceCounter.TxPackets]! + l[at + Listed.Packets]!;
  l[at] = 0;
  l[at + Listed.Octets] = 0;
  l[at + Listed.Packets] = 0;
}

/** The device with number `iface` did not take the frame at `frame`, of `length` octets. */
export function unlist(cx: PipelineContext, iface: number, frame: number, length: number): void {
  const l = cx.listed;
  const at = listedRow(cx, iface, frame);
  l[at] = l[at]! - 1;
  l[at + Listed.Octets] = l[at + Listed.Octets]! - length;
  l[at + Listed.Packets] = l[at + Listed.Packets]! - wirePackets(cx.memory, frame, length);
}

/** The device with number `iface` took nothing of its list. */
export function unlistAll(cx: PipelineContext, iface: number): void {
  for (let rif = 0; rif < cx.rifs.onDevices; rif++)
    if (cx.rifs.rows[rif * Rif.Words + Rif.Iface] === iface) cx.listed.fill(0, rif * Listed.Words, (rif + 1) * Listed.Words);
  const device = (CounterRoom.FirstDevice + iface) * Listed.Words;
  cx.listed.fill(0, device, device + Listed.Words);
}

/** Row of the router interface that a frame on the list of device `iface` leaves by: its tag says which. Of the device when none does. */
export function listedRow(cx: PipelineContext, iface: number, frame: number): number {
  const m = cx.memory;
  const tagged = ipOf(m, frame) - frame === Ethernet.TaggedHeader;
  const vlan = tagged ? ((m.u8[frame + 14]! & 0x0f) << 8) | m.u8[frame + 15]! : 0;
  const rif = cx.rifs.byVlan[(iface << 12) | vlan] ?? 0;
  return (rif > 0 ? rif - 1 : CounterRoom.FirstDevice + iface) * Listed.Words;
}
