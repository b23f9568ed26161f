import type { PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { isRefusedIcmp, isTranslatedError } from '../wire/icmp.js';
import { FragmentBits, Ipv4, ipv4HeaderLength, Protocol } from '../wire/ipv4.js';

/**
 * ICMP that would carry addresses of one side to the other (dvr.md 2.7): what never crosses (ICM-4), and errors in fragments, whose quote nobody
 * has as a whole. Continue: it carries none that are not rewritten.
 */
export function guardFloatingIcmp(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const fragment = m.u16[(ip + Ipv4.FlagsFragment) >> 1]!;
  if (m.u8[ip + Ipv4.Protocol] !== Protocol.Icmp || (fragment & FragmentBits.Offset) !== 0) return Verdict.Continue;
  const type = m.u8[ip + ipv4HeaderLength(m, ip)]!;
  if (isRefusedIcmp(type)) return Verdict.DropIcmpType;
  return (fragment & FragmentBits.NotWhole) !== 0 && isTranslatedError(type) ? Verdict.DropFragment : Verdict.Continue;
}
