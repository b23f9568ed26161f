import { flowHash } from '../tables/hash.js';
import { Ipv4, ipv4Destination, ipv4Source } from '../wire/ipv4.js';
import { Kind, type PipelineContext } from './context.js';

/** Frame `f`, which says nothing of ports, becomes one of the flow that has these; what classify does for frames that do. */
export function asFlow(cx: PipelineContext, f: number, ports: number): void {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  cx.kind[f] = Kind.Flow;
  cx.ports[f] = ports;
  cx.hash[f] = flowHash(cx.sessions.key, ipv4Source(m, ip), ipv4Destination(m, ip), ports, cx.scope | m.u8[ip + Ipv4.Protocol]!);
}
