import { Icmp } from '../../wire/icmp.js';
import { Ipv4, ipv4Destination, ipv4HeaderLength, ipv4Source, ipv4TotalLength, Protocol } from '../../wire/ipv4.js';
import type { FrameMemory } from '../../wire/memory.js';
import { quotedEchoId, quotedPorts, quoteOf } from '../../wire/quoted.js';
import type { Flow } from './flow.js';
import { isPorted } from './prospects.js';

/**
 * The flow of the packet that the ICMP error of the packet at `ip` quotes, reversed: that of a frame which goes the error's way
 * (resolve/quotedSession.ts). `inside`: the error comes from there. Undefined when the quote is cut off before its ports.
 */
export function quotedFlow(m: FrameMemory, ip: number, inside: boolean, router: number): Flow | undefined {
  const icmp = ip + ipv4HeaderLength(m, ip);
  const end = ip + ipv4TotalLength(m, ip);
  const quote = quoteOf(icmp);
  if (end - quote < Ipv4.MinHeader || m.u8[quote]! >> 4 !== 4) return undefined;
  const header = ipv4HeaderLength(m, quote);
  if (header < Ipv4.MinHeader || end - quote < header + Icmp.Header) return undefined;
  const protocol = m.u8[quote + Ipv4.Protocol]!;
  const ends = {
    protocol,
    router,
    source: ipv4Destination(m, quote),
    destination: ipv4Source(m, quote),
    onlyStatic: !isPorted(protocol),
  };
  if (protocol === Protocol.Icmp) return { ...ends, ports: quotedEchoId(m, icmp) << (inside ? 0 : 16) };
  const ports = quotedPorts(m, icmp);
  return { ...ends, ports: (ports >>> 16) | (ports << 16) };
}
