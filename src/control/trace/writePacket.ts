import { pseudoHeaderSum, sumOctets } from '../../wire/checksum.js';
import { EtherType } from '../../wire/ethernet.js';
import { Icmp, IcmpType } from '../../wire/icmp.js';
import { FragmentBits, Ipv4, ipv4WriteChecksum, Protocol } from '../../wire/ipv4.js';
import type { FrameMemory } from '../../wire/memory.js';
import { Tcp } from '../../wire/tcp.js';
import { Udp } from '../../wire/udp.js';
import { virtioClear } from '../../wire/virtioNet.js';
import type { Flow } from './flow.js';

/** Octets of the Ethernet header: the tag, if any, travels beside the frame as a packet socket reports it. */
const L2_OCTETS = 14;
const SENDER_MAC = [2, 0, 0, 0, 0, 1] as const;

/** The packet asked about. Addresses as loaded, ports and identifiers in host order, `length` in octets of IPv4. */
export interface Packet {
  readonly protocol: number;
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly ttl: number;
  readonly tos: number;
  readonly length: number;
  readonly dontFragment: boolean;
  readonly tcpFlags: number;
  /** Of an ICMP message. */
  readonly icmpType: IcmpType;
  /** Of a packet that was captured. */
  readonly seen?: Seen;
}

/** What a packet made of words never has. */
export interface Seen {
  readonly icmpCode: number;
  readonly isFirstFragment: boolean;
  /** Octets of data in each segment of a super-frame, 0 = it is none. */
  readonly segment: number;
  /** Of an ICMP error: the flow of the packet it quotes, reversed. */
  readonly quoted: Flow | undefined;
}

/** Writes the frame at `frame` with correct checksums, its virtio-net header cleared. `mac` is the router interface's. Returns its octets. */
export function writePacket(m: FrameMemory, frame: number, mac: Uint8Array, p: Packet): number {
  const ip = frame + L2_OCTETS;
  const l4 = ip + Ipv4.MinHeader;
  m.u8.fill(0, frame, ip + p.length);
  m.u8.set(mac.subarray(0, 6), frame);
  m.u8.set(SENDER_MAC, frame + 6);
  m.u16[(frame + 12) >> 1] = EtherType.Ipv4;
  m.u8[ip] = 0x45;
  m.u8[ip + Ipv4.Tos] = p.tos;
  put16(m, ip + Ipv4.TotalLength, p.length);
  if (p.dontFragment) m.u16[(ip + Ipv4.FlagsFragment) >> 1] = FragmentBits.DontFragment;
  m.u8[ip + Ipv4.Ttl] = p.ttl;
  m.u8[ip + Ipv4.Protocol] = p.protocol;
  m.i32[(ip + Ipv4.Source) >> 2] = p.source;
  m.i32[(ip + Ipv4.Destination) >> 2] = p.destination;
  ipv4WriteChecksum(m, ip);
  writeL4(m, l4, p);
  virtioClear(m, frame);
  return L2_OCTETS + p.length;
}

function writeL4(m: FrameMemory, l4: number, p: Packet): void {
  const octets = p.length - Ipv4.MinHeader;
  if (p.protocol === Protocol.Icmp) {
    m.u8[l4] = p.icmpType;
    put16(m, l4 + Icmp.Id, p.icmpType === IcmpType.Echo ? p.sourcePort : p.destinationPort);
    m.u16[(l4 + Icmp.Checksum) >> 1] = ~sumOctets(m, l4, octets, 0) & 0xffff;
    return;
  }
  if (p.protocol !== Protocol.Tcp && p.protocol !== Protocol.Udp) return;
  put16(m, l4, p.sourcePort);
  put16(m, l4 + 2, p.destinationPort);
  if (p.protocol === Protocol.Tcp) {
    m.u8[l4 + Tcp.DataOffset] = (Tcp.MinHeader / 4) << 4;
    m.u8[l4 + Tcp.Flags] = p.tcpFlags;
  } else put16(m, l4 + Udp.Length, octets);
  const sum = ~sumOctets(m, l4, octets, pseudoHeaderSum(p.source, p.destination, p.protocol, octets)) & 0xffff;
  if (p.protocol === Protocol.Tcp) m.u16[(l4 + Tcp.Checksum) >> 1] = sum;
  else m.u16[(l4 + Udp.Checksum) >> 1] = sum || 0xffff;
}

function put16(m: FrameMemory, at: number, value: number): void {
  m.u8[at] = value >> 8;
  m.u8[at + 1] = value;
}
