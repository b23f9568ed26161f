import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { writeFrame } from '../../src/io/memoryIface.js';
import { Arena, frameMemoryIn } from '../../src/wire/memory.js';
import { ipOf, segmentCount, segmentRoom, writeSegment } from '../../src/wire/segment.js';

const SOURCE = Arena.FrameStart;
const TARGET = 128 * 1024 + Arena.FrameStart;
const memory = frameMemoryIn(new SharedArrayBuffer(Arena.ScratchEnd));

/** The segments of a super-frame as wire/segment.ts writes them, each with its virtio-net header. */
export function segmentsOf(frame: MemoryFrame, complete = true): { octets: Uint8Array; virtio: Uint8Array }[] {
  memory.u8.fill(0xee);
  writeFrame(memory, SOURCE, frame);
  const end = SOURCE + frame.octets.length;
  const ip = ipOf(memory, SOURCE);
  const count = segmentCount(memory, SOURCE, ip, end);
  const room = segmentRoom(memory, SOURCE, ip);
  return Array.from({ length: count }, (_, k) => {
    const length = writeSegment(memory, SOURCE, end, k, count, TARGET, complete);
    if (length > room) throw new Error(`segment ${k} has ${length} octets, ${room} at most were promised`);
    return { octets: memory.u8.slice(TARGET, TARGET + length), virtio: memory.u8.slice(TARGET - Arena.VirtioHeader, TARGET) };
  });
}
