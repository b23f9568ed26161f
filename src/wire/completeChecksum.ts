import { sumOctets } from './checksum.js';
import { Ethernet, EtherType, etherTypeAt } from './ethernet.js';
import { Ipv4, ipv4TotalLength, Protocol } from './ipv4.js';
import { Arena, type FrameMemory } from './memory.js';
import { Virtio, VirtioFlag } from './virtioNet.js';

/**
 * Finishes a partial L4 checksum in software and clears the flag (OFF-6): for fragments, quotes and captures. A frame whose
 * checksum is finished is left alone. Not for super-frames: each of their segments has a checksum of its own.
 */
export function completeChecksum(m: FrameMemory, frame: number): void {
  const virtio = frame - Arena.VirtioHeader;
  if ((m.u8[virtio]! & VirtioFlag.NeedsChecksum) === 0) return;
  const start = frame + m.u16[(virtio + Virtio.ChecksumStart) >> 1]!;
  const field = start + m.u16[(virtio + Virtio.ChecksumOffset) >> 1]!;
  const ip = frame + (etherTypeAt(m, frame + Ethernet.Type) === EtherType.Vlan ? Ethernet.TaggedHeader : Ethernet.Header);
  const end = ip + ipv4TotalLength(m, ip);
  // The field holds the pseudo-header sum already, so summing it along is what finishes the checksum.
  const sum = ~sumOctets(m, start, end - start, 0) & 0xffff;
  m.u16[field >> 1] = sum === 0 && m.u8[ip + Ipv4.Protocol] === Protocol.Udp ? 0xffff : sum;
  m.u8[virtio] = m.u8[virtio]! & ~VirtioFlag.NeedsChecksum;
  m.u16[(virtio + Virtio.ChecksumStart) >> 1] = 0;
  m.u16[(virtio + Virtio.ChecksumOffset) >> 1] = 0;
}
