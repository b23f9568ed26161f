import { sumOctets } from './checksum.js';
import { Ethernet, EtherType, etherTypeAt } from './ethernet.js';
import { Ipv4, ipv4TotalLength } from './ipv4.js';
import { Ipv6, ipv6PayloadLength } from './ipv6.js';
import { Arena, type FrameMemory } from './memory.js';
import { Udp } from './udp.js';
import { Virtio, VirtioFlag } from './virtioNet.js';

/**
 * Finishes a partial TCP or UDP checksum over IPv4 or IPv6 in software and clears the flag (OFF-6): for tunnels, fragments, quotes and
 * captures. A frame whose checksum is finished is left alone, and so is one whose virtio-net header does not agree with it (false). Not
 * for super-frames: each of their segments has a checksum of its own. `frameEnd`: behind the last octet of the frame.
 */
export function completeChecksum(m: FrameMemory, frame: number, frameEnd: number): boolean {
  const virtio = frame - Arena.VirtioHeader;
  if ((m.u8[virtio]! & VirtioFlag.NeedsChecksum) === 0) return true;
  const start = frame + m.u16[(virtio + Virtio.ChecksumStart) >> 1]!;
  const offset = m.u16[(virtio + Virtio.ChecksumOffset) >> 1]!;
  const ip = frame + (etherTypeAt(m, frame + Ethernet.Type) === EtherType.Vlan ? Ethernet.TaggedHeader : Ethernet.Header);
  const end = packetEnd(m, ip, start, frameEnd);
  const field = start + offset;
  if (field + 2 > end || (field & 1) !== 0) return false;
  // The field holds the pseudo-header sum already, so summing it along is what finishes the checksum.
  const sum = ~sumOctets(m, start, end - start, 0) & 0xffff;
  m.u16[field >> 1] = sum === 0 && offset === Udp.Checksum ? 0xffff : sum;
  m.u8[virtio] = m.u8[virtio]! & ~VirtioFlag.NeedsChecksum;
  m.u16[(virtio + Virtio.ChecksumStart) >> 1] = 0;
  m.u16[(virtio + Virtio.ChecksumOffset) >> 1] = 0;
  return true;
}

/** End of the IP packet at `ip`, whose upper layer begins at `start`; 0 when that cannot be. */
function packetEnd(m: FrameMemory, ip: number, start: number, frameEnd: number): number {
  const type = etherTypeAt(m, ip - 2);
  const header = type === EtherType.Ipv6 ? Ipv6.Header : Ipv4.MinHeader;
  if ((type !== EtherType.Ipv4 && type !== EtherType.Ipv6) || start < ip + header || ip + header > frameEnd) return 0;
  const end = type === EtherType.Ipv6 ? ip + Ipv6.Header + ipv6PayloadLength(m, ip) : ip + ipv4TotalLength(m, ip);
  return end > frameEnd ? 0 : end;
}
