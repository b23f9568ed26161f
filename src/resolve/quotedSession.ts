import type { PipelineContext } from '../pipeline/context.js';
import { flowHash } from '../tables/hash.js';
import { findInward, findOutward } from '../tables/sessionLookup.js';
import { Ipv4, ipv4Destination, ipv4Source, Protocol } from '../wire/ipv4.js';
import { quotedEchoId, quotedPorts, quoteOf } from '../wire/quoted.js';

/**
 * Row of the session of the quoted packet, which went against the error's direction: its tuple reversed is that of a frame going
 * with it (ERR-3, ERR-4). -1 when this worker has none; from inside it may be one that names another worker (tables/elsewhere.ts).
 */
export function quotedSession(cx: PipelineContext, icmp: number, outward: boolean): number {
  const m = cx.memory;
  const quote = quoteOf(icmp);
  const protocol = m.u8[quote + Ipv4.Protocol]!;
  const source = ipv4Destination(m, quote);
  const destination = ipv4Source(m, quote);
  const ports = reversedPorts(cx, icmp, protocol, outward);
  const scope = cx.scope | protocol;
  const hash = flowHash(cx.sessions.key, source, destination, ports, scope);
  return outward
    ? findOutward(cx.sessions, hash, source, destination, ports, scope)
    : findInward(cx.sessions, hash, source, destination, ports, scope);
}

/** Ports word of a frame that goes the error's way (tables/sessions.ts). */
function reversedPorts(cx: PipelineContext, icmp: number, protocol: number, outward: boolean): number {
  if (protocol === Protocol.Icmp) return outward ? quotedEchoId(cx.memory, icmp) : quotedEchoId(cx.memory, icmp) << 16;
  const ports = quotedPorts(cx.memory, icmp);
  return (ports >>> 16) | (ports << 16);
}
