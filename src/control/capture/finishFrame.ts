import { Verdict } from '../../shared/verdict.js';
import { fold, pseudoHeaderSum, sumOctets } from '../../wire/checksum.js';
import { completeChecksum } from '../../wire/completeChecksum.js';
import { Ethernet, EtherType, etherTypeAt } from '../../wire/ethernet.js';
import {
  FragmentBits,
  Ipv4,
  ipv4Check,
  ipv4Destination,
  ipv4HeaderLength,
  ipv4Source,
  ipv4TotalLength,
  Protocol,
} from '../../wire/ipv4.js';
import { Arena, type FrameMemory, frameMemoryIn, recordOctets } from '../../wire/memory.js';
import { Virtio, VirtioFlag } from '../../wire/virtioNet.js';

/** Least octets of a TCP and of a UDP header, and where their checksum stands. */
const TCP = { header: 20, checksum: 16 };
const UDP = { header: 8, checksum: 6 };

/** Room for one captured frame: where its checksum is completed. */
export interface FrameRoom {
  readonly memory: FrameMemory;
}

export function frameRoom(): FrameRoom {
  return { memory: frameMemoryIn(new SharedArrayBuffer(recordOctets(Arena.MaxFrame))) };
}

/**
 * Completes a partial TCP or UDP checksum (D32) and returns the frame, which stays valid until the next call.
 *
 * libpcap does not say which checksums are partial, but it shows: the field of a partial one holds exactly the sum of the pseudo
 * header. A checksum that is right as it stands is left alone, and so is one that is simply wrong, which somebody may be
 * looking for. A super-frame gets one checksum over all of it. What was cut short, or is a fragment, cannot be completed.
 */
export function finishFrame({ memory: m }: FrameRoom, octets: Uint8Array): Uint8Array {
  const frame = Arena.FrameStart;
  const virtio = frame - Arena.VirtioHeader;
  m.u8.set(octets, frame);
  m.u8.fill(0, virtio, frame);
  const finished = m.u8.subarray(frame, frame + octets.length);
  const l4 = partialL4(m, frame, frame + octets.length);
  if (l4 === undefined) return finished;
  m.u8[virtio] = VirtioFlag.NeedsChecksum;
  m.u16[(virtio + Virtio.ChecksumStart) >> 1] = l4.at - frame;
  m.u16[(virtio + Virtio.ChecksumOffset) >> 1] = l4.checksum;
  completeChecksum(m, frame, frame + octets.length);
  return finished;
}

/** Where the L4 header with a partial checksum begins, and where in it the field stands. */
function partialL4(m: FrameMemory, frame: number, end: number): { at: number; checksum: number } | undefined {
  if (end - frame < Ethernet.TaggedHeader) return undefined;
  const tagged = etherTypeAt(m, frame + Ethernet.Type) === EtherType.Vlan;
  const ip = frame + (tagged ? Ethernet.TaggedHeader : Ethernet.Header);
  if (etherTypeAt(m, ip - 2) !== EtherType.Ipv4 || ipv4Check(m, ip, end) !== Verdict.Continue) return undefined;
  if ((m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.NotWhole) !== 0) return undefined;
  const protocol = m.u8[ip + Ipv4.Protocol];
  if (protocol !== Protocol.Tcp && protocol !== Protocol.Udp) return undefined;
  const { header, checksum } = protocol === Protocol.Tcp ? TCP : UDP;
  const at = ip + ipv4HeaderLength(m, ip);
  const octets = ip + ipv4TotalLength(m, ip) - at;
  if (octets < header) return undefined;
  const pseudo = pseudoHeaderSum(ipv4Source(m, ip), ipv4Destination(m, ip), protocol, octets);
  if (m.u16[(at + checksum) >> 1] !== pseudo) return undefined;
  const right = fold(sumOctets(m, at, octets, 0) + pseudo) === 0xffff;
  return right ? undefined : { at, checksum };
}

/** Octets the frame had on the wire: more than were kept when IPv4 says so. */
export function wireOctets(frame: Uint8Array): number {
  const tagged = frame[Ethernet.Type] === 0x81 && frame[Ethernet.Type + 1] === 0;
  const ip = tagged ? Ethernet.TaggedHeader : Ethernet.Header;
  if (frame.length < ip + Ipv4.MinHeader || frame[ip - 2] !== 8 || frame[ip - 1] !== 0) return frame.length;
  const total = (frame[ip + Ipv4.TotalLength]! << 8) | frame[ip + Ipv4.TotalLength + 1]!;
  return Math.max(frame.length, ip + total);
}
