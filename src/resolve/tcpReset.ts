import type { PipelineContext } from '../pipeline/context.js';
import { CounterEvent } from '../shared/counters.js';
import { pseudoHeaderSum, sumOctets } from '../wire/checksum.js';
import { EtherType } from '../wire/ethernet.js';
import { FragmentBits, Ipv4, ipv4WriteChecksum, Protocol } from '../wire/ipv4.js';
import { swap32 } from '../wire/memory.js';
import { Tcp, TcpFlag } from '../wire/tcp.js';
import { virtioClear } from '../wire/virtioNet.js';

/** Octets of an RST: both headers, nothing else. */
export const RESET_OCTETS = Ipv4.MinHeader + Tcp.MinHeader;
/** Octets of Ethernet header in front of it. */
export const RESET_L2 = 14;

/**
 * Writes an RST into scratch memory and returns the offset of its IPv4 header, or -1 when a turn's scratch is used up. Addresses as
 * loaded; `ports` = source | destination << 16 as loaded; sequence and acknowledgement numbers in host order, the latter only
 * with TcpFlag.Ack in `flags`.
 */
export function writeReset(
  cx: PipelineContext,
  source: number,
  destination: number,
  ports: number,
  sequence: number,
  acknowledgement: number,
  flags: number,
): number {
  const m = cx.memory;
  const record = cx.scratch.take(RESET_L2 + RESET_OCTETS);
  if (record < 0) return -1;
  const ip = record + RESET_L2;
  const l4 = ip + Ipv4.MinHeader;
  m.u8.fill(0, ip, ip + RESET_OCTETS);
  m.u8[ip] = 0x45;
  m.u8[ip + Ipv4.TotalLength + 1] = RESET_OCTETS;
  m.u16[(ip + Ipv4.Id) >> 1] = cx.random.next() & 0xffff;
  m.u16[(ip + Ipv4.FlagsFragment) >> 1] = FragmentBits.DontFragment;
  m.u8[ip + Ipv4.Ttl] = 64;
  m.u8[ip + Ipv4.Protocol] = Protocol.Tcp;
  m.i32[(ip + Ipv4.Source) >> 2] = source;
  m.i32[(ip + Ipv4.Destination) >> 2] = destination;
  ipv4WriteChecksum(m, ip);
  m.i32[l4 >> 2] = ports;
  m.i32[(l4 + Tcp.Sequence) >> 2] = swap32(sequence);
  m.i32[(l4 + Tcp.Acknowledgement) >> 2] = swap32(acknowledgement);
  m.u8[l4 + Tcp.DataOffset] = Tcp.MinHeader << 2;
  m.u8[l4 + Tcp.Flags] = TcpFlag.Rst | flags;
  const seed = pseudoHeaderSum(source, destination, Protocol.Tcp, Tcp.MinHeader);
  m.u16[(l4 + Tcp.Checksum) >> 1] = ~sumOctets(m, l4, Tcp.MinHeader, seed) & 0xffff;
  virtioClear(m, record);
  // Should it wait for its neighbour, this says that there is no tag between (requeue.ts).
  m.u16[(ip - 2) >> 1] = EtherType.Ipv4;
  cx.counters.events[CounterEvent.ResetsMade] = cx.counters.events[CounterEvent.ResetsMade]! + 1;
  cx.counters.events[CounterEvent.FramesMade] = cx.counters.events[CounterEvent.FramesMade]! + 1;
  return ip;
}

/** Ports of the opposite direction. */
export function swapPorts(ports: number): number {
  return (ports >>> 16) | (ports << 16);
}
