import { pseudoHeaderSum, sumOctets } from '../wire/checksum.js';
import { Icmp, IcmpType } from '../wire/icmp.js';
import { Ipv4, ipv4WriteChecksum, Protocol } from '../wire/ipv4.js';
import type { FrameMemory } from '../wire/memory.js';
import { Tcp } from '../wire/tcp.js';
import { Udp } from '../wire/udp.js';
import { virtioClear } from '../wire/virtioNet.js';

/** A flow frame to write. Addresses and ports as loaded; `icmp` frames use the source port as the echo id. */
export interface FlowFrame {
  readonly destinationMac: Uint8Array;
  readonly sourceMac: Uint8Array;
  readonly protocol: number;
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly tcpFlags: number;
  /** Echo reply instead of request. */
  readonly reply: boolean;
  /** Octets of payload behind the L4 header. */
  readonly payload: number;
}

/** Writes the frame at `frame` with sound checksums, for warm-up and benches. Returns its length in octets. */
export function writeFlowFrame(m: FrameMemory, frame: number, from: FlowFrame): number {
  const ip = frame + 14;
  const l4 = ip + Ipv4.MinHeader;
  const header = from.protocol === Protocol.Tcp ? Tcp.MinHeader : Udp.Header;
  const total = Ipv4.MinHeader + header + from.payload;
  m.u8.fill(0, frame, frame + 14 + total);
  m.u8.set(from.destinationMac, frame);
  m.u8.set(from.sourceMac, frame + 6);
  m.u16[(frame + 12) >> 1] = 0x0008;
  m.u8[ip] = 0x45;
  m.u8[ip + Ipv4.TotalLength] = total >> 8;
  m.u8[ip + Ipv4.TotalLength + 1] = total;
  m.u8[ip + Ipv4.Ttl] = 64;
  m.u8[ip + Ipv4.Protocol] = from.protocol;
  m.i32[(ip + Ipv4.Source) >> 2] = from.source;
  m.i32[(ip + Ipv4.Destination) >> 2] = from.destination;
  ipv4WriteChecksum(m, ip);
  writeL4(m, l4, from, header + from.payload);
  virtioClear(m, frame);
  return 14 + total;
}

function writeL4(m: FrameMemory, l4: number, from: FlowFrame, octets: number): void {
  if (from.protocol === Protocol.Icmp) {
    m.u8[l4] = from.reply ? IcmpType.EchoReply : IcmpType.Echo;
    m.u16[(l4 + Icmp.Id) >> 1] = from.sourcePort;
    m.u16[(l4 + Icmp.Checksum) >> 1] = ~sumOctets(m, l4, octets, 0) & 0xffff;
    return;
  }
  m.u16[l4 >> 1] = from.sourcePort;
  m.u16[(l4 + 2) >> 1] = from.destinationPort;
  const seed = pseudoHeaderSum(from.source, from.destination, from.protocol, octets);
  if (from.protocol === Protocol.Tcp) {
    m.u8[l4 + Tcp.DataOffset] = 0x50;
    m.u8[l4 + Tcp.Flags] = from.tcpFlags;
    m.u16[(l4 + Tcp.Checksum) >> 1] = ~sumOctets(m, l4, octets, seed) & 0xffff;
    return;
  }
  m.u8[l4 + Udp.Length] = octets >> 8;
  m.u8[l4 + Udp.Length + 1] = octets;
  m.u16[(l4 + Udp.Checksum) >> 1] = ~sumOctets(m, l4, octets, seed) & 0xffff || 0xffff;
}
