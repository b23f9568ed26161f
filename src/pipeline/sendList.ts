import { CounterRoom } from '../shared/counters.js';
import { Arena } from '../wire/memory.js';
import { wirePackets } from '../wire/segment.js';
import { VirtioFlag } from '../wire/virtioNet.js';
import type { PipelineContext } from './context.js';
import { Listed } from './listed.js';
import { MAX_SENDS, type Outlet } from './outlet.js';

/**
 * Puts a finished frame on a device's list and counts it. Flushes when the list has become full, not when it is found full: a
 * scratch frame must be on the list when scratch is given out anew.
 */
export function enlist(cx: PipelineContext, rif: number, outlet: Outlet, frame: number, length: number): void {
  const m = cx.memory;
  const at = outlet.queued++ << 1;
  outlet.sends[at] = frame;
  outlet.sends[at + 1] = length;
  const virtio = frame - Arena.VirtioHeader;
  m.u8[virtio] = m.u8[virtio]! & ~VirtioFlag.DataValid;
  const l = cx.listed;
  const row = rif * Listed.Words;
  if (rif >= CounterRoom.FirstDevice && l[row] === 0) cx.touched.slots[cx.touched.count++] = rif - CounterRoom.FirstDevice;
  l[row] = l[row]! + 1;
  l[row + Listed.Octets] = l[row + Listed.Octets]! + length;
  l[row + Listed.Packets] = l[row + Listed.Packets]! + wirePackets(m, frame, length);
  if (outlet.queued === MAX_SENDS) cx.flush();
}
