import { delta16, moveFinished, pseudoHeaderSum } from './checksum.js';
import { Ipv4, ipv4Destination, ipv4Source, Protocol } from './ipv4.js';
import { Arena, type FrameMemory, swap16 } from './memory.js';
import { Tcp, TcpFlag } from './tcp.js';
import { Udp } from './udp.js';
import { GsoType, Virtio, VirtioFlag } from './virtioNet.js';

/** The headers of a super-frame that is made of segments which continue each other (train.ts): IPv4 without options. */

/** PSH of the last segment is that of the super-frame, which gives it to its last one. */
export function takePush(m: FrameMemory, head: number, last: number): void {
  m.u8[head + Tcp.Flags] = m.u8[head + Tcp.Flags]! | (m.u8[last + Tcp.Flags]! & TcpFlag.Psh);
}

/** The virtio-net header of a super-frame; `size` octets of data in each segment. */
export function becomeSuper(m: FrameMemory, frame: number, ip: number, headers: number, size: number, tcp: boolean): void {
  const h = (frame - Arena.VirtioHeader) >> 1;
  m.u16[h] = VirtioFlag.NeedsChecksum | ((tcp ? GsoType.Tcp4 : GsoType.UdpL4) << 8);
  m.u16[h + (Virtio.HeaderLength >> 1)] = headers;
  m.u16[h + (Virtio.GsoSize >> 1)] = size;
  m.u16[h + (Virtio.ChecksumStart >> 1)] = ip + Ipv4.MinHeader - frame;
  m.u16[h + (Virtio.ChecksumOffset >> 1)] = tcp ? Tcp.Checksum : Udp.Checksum;
}

/** Total length of the packet, that of UDP, and the sum of the pseudo header in place of the checksum. */
export function setPacketLength(m: FrameMemory, ip: number, octets: number, tcp: boolean): void {
  const lengthAt = (ip + Ipv4.TotalLength) >> 1;
  const checkAt = (ip + Ipv4.Checksum) >> 1;
  const word = swap16(octets);
  m.u16[checkAt] = moveFinished(m.u16[checkAt]!, delta16(m.u16[lengthAt]!, word));
  m.u16[lengthAt] = word;
  const l4 = ip + Ipv4.MinHeader;
  const l4Octets = octets - Ipv4.MinHeader;
  if (!tcp) m.u16[(l4 + Udp.Length) >> 1] = swap16(l4Octets);
  const sum = pseudoHeaderSum(ipv4Source(m, ip), ipv4Destination(m, ip), tcp ? Protocol.Tcp : Protocol.Udp, l4Octets);
  m.u16[(l4 + (tcp ? Tcp.Checksum : Udp.Checksum)) >> 1] = sum;
}
