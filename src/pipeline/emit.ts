import { CounterRoom } from '../shared/counters.js';
import { Adjacency } from '../tables/neighbors.js';
import { NETWORK_IFACE, Rif } from '../tables/rifs.js';
import { Arena, type FrameMemory } from '../wire/memory.js';
import { VirtioFlag } from '../wire/virtioNet.js';
import type { PipelineContext } from './context.js';
import { enlist } from './sendList.js';
import { sendWithoutOffload } from './withoutOffload.js';

/**
 * The only exit: writes the adjacency's Ethernet header in front of the IPv4 packet at `ip` and puts the frame on the list of
 * the adjacency's device.
 *
 * `octets` is the packet's length, `l2` the length of the Ethernet header it has now (its virtio-net header stands before).
 */
export function emit(cx: PipelineContext, ip: number, octets: number, l2: number, adjacency: number): void {
  const m = cx.memory;
  const n = cx.neighbors.rows;
  const header = n[adjacency + Adjacency.HeaderOctets]!;
  const frame = ip - header;
  if (header !== l2) moveVirtio(m, ip - l2, frame, header - l2);
  m.u16[frame >> 1] = n[adjacency + Adjacency.Header0]!;
  const w = (frame + 2) >> 2;
  m.i32[w] = n[adjacency + Adjacency.Header1]!;
  m.i32[w + 1] = n[adjacency + Adjacency.Header2]!;
  m.i32[w + 2] = n[adjacency + Adjacency.Header3]!;
  if (header === 18) m.i32[w + 3] = n[adjacency + Adjacency.Header4]!;
  n[adjacency + Adjacency.Used] = cx.now;
  push(cx, n[adjacency + Adjacency.Rif]!, frame, octets + header);
}

/** Puts a finished frame (Ethernet header and all) on the list of the router interface's device. */
export function emitFrame(cx: PipelineContext, rif: number, frame: number, length: number): void {
  push(cx, rif, frame, length);
}

/** What the device cannot be left to do is done before. */
function push(cx: PipelineContext, rif: number, frame: number, length: number): void {
  const slot = cx.rifs.rows[rif * Rif.Words + Rif.Iface]!;
  if (slot === NETWORK_IFACE) {
    cx.toNetwork(cx, rif, frame, length);
    return;
  }
  const outlet = cx.outlets[slot]!;
  if (outlet.lacks === 0 || !sendWithoutOffload(cx, rif, CounterRoom.FirstDevice + slot, outlet, frame, length))
    enlist(cx, rif, outlet, frame, length);
}

/** The Ethernet header grows or shrinks: the virtio-net header moves with it, and its offsets from the frame's start too. */
export function moveVirtio(m: FrameMemory, from: number, to: number, growth: number): void {
  const a = (from - Arena.VirtioHeader) >> 1;
  const b = (to - Arena.VirtioHeader) >> 1;
  const flagsAndGso = m.u16[a]!;
  const headers = m.u16[a + 1]!;
  const size = m.u16[a + 2]!;
  const start = m.u16[a + 3]!;
  const offset = m.u16[a + 4]!;
  const needsChecksum = (flagsAndGso & VirtioFlag.NeedsChecksum) !== 0;
  m.u16[b] = flagsAndGso;
  m.u16[b + 1] = headers === 0 ? 0 : headers + growth;
  m.u16[b + 2] = size;
  m.u16[b + 3] = needsChecksum ? start + growth : 0;
  m.u16[b + 4] = offset;
}
