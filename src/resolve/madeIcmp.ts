import type { PipelineContext } from '../pipeline/context.js';
import { Ipv4, ipv4WriteChecksum, Protocol } from '../wire/ipv4.js';

/**
 * Writes the 20-octet header of an ICMP message that the gateway makes: TTL 64, no DF, an unpredictable id (ERR-14, DOS-8). `total` in
 * octets, addresses as loaded.
 */
export function writeIcmpIpv4(
  cx: PipelineContext,
  ip: number,
  total: number,
  tos: number,
  source: number,
  destination: number,
): void {
  const m = cx.memory;
  m.u8[ip] = 0x45;
  m.u8[ip + Ipv4.Tos] = tos;
  m.u8[ip + Ipv4.TotalLength] = total >> 8;
  m.u8[ip + Ipv4.TotalLength + 1] = total;
  m.u16[(ip + Ipv4.Id) >> 1] = cx.random.next() & 0xffff;
  m.u16[(ip + Ipv4.FlagsFragment) >> 1] = 0;
  m.u8[ip + Ipv4.Ttl] = 64;
  m.u8[ip + Ipv4.Protocol] = Protocol.Icmp;
  m.i32[(ip + Ipv4.Source) >> 2] = source;
  m.i32[(ip + Ipv4.Destination) >> 2] = destination;
  ipv4WriteChecksum(m, ip);
}
