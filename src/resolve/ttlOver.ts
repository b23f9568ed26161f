import type { PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { IcmpType } from '../wire/icmp.js';
import { Ipv4 } from '../wire/ipv4.js';
import { sendIcmpErrorFrom } from './icmpError.js';

/** A frame whose TTL allows no further hop: its sender is told, from `own` (0: as the route back says). Continue: it may go on. */
export function ttlOver(cx: PipelineContext, f: number, own: number): Verdict {
  if (cx.memory.u8[cx.ip[f]! + Ipv4.Ttl]! > 1) return Verdict.Continue;
  sendIcmpErrorFrom(cx, f, IcmpType.TimeExceeded, 0, 0, own);
  return Verdict.DropTtlExceeded;
}
