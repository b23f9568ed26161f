import { Kind, type PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { isRefusedIcmp, isTranslatedError } from '../wire/icmp.js';
import { FragmentBits, Ipv4, ipv4Destination, ipv4HeaderLength, ipv4Source, Protocol } from '../wire/ipv4.js';
import { quoteFits, quoteOf } from '../wire/quoted.js';
import { kindOfAddress } from './kindOfAddress.js';

/**
 * ICMP that would carry addresses of one side to the other (dvr.md 2.7): what never crosses (ICM-4), errors in fragments, whose quote nobody
 * has as a whole, and errors that are not about a packet between the two that they go between. Continue: it carries none that are not
 * rewritten. `outward`: from a guest, who can only tell of what was sent to it; from outside any router on the way may tell (FIL-4).
 */
export function guardFloatingIcmp(cx: PipelineContext, f: number, outward: boolean): Verdict {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const fragment = m.u16[(ip + Ipv4.FlagsFragment) >> 1]!;
  if (m.u8[ip + Ipv4.Protocol] !== Protocol.Icmp || (fragment & FragmentBits.Offset) !== 0) return Verdict.Continue;
  const icmp = ip + ipv4HeaderLength(m, ip);
  const type = m.u8[icmp]!;
  if (isRefusedIcmp(type)) return Verdict.DropIcmpType;
  if (!isTranslatedError(type)) return Verdict.Continue;
  if ((fragment & FragmentBits.NotWhole) !== 0) return Verdict.DropFragment;
  if (!quoteFits(m, icmp, cx.end[f]!)) return Verdict.DropIcmpErrorMalformed;
  const quote = quoteOf(icmp);
  if (ipv4Source(m, quote) !== ipv4Destination(m, ip)) return Verdict.DropIcmpError;
  return outward && ipv4Destination(m, quote) !== ipv4Source(m, ip) ? Verdict.DropIcmpError : Verdict.Continue;
}

/** An error that came from outside and says of a packet to somebody inside, of the router that `cx` has entered, that it did: none goes that way. */
export function tellsOfInside(cx: PipelineContext, f: number): boolean {
  if (cx.kind[f] !== Kind.IcmpError) return false;
  const m = cx.memory;
  const icmp = cx.ip[f]! + ipv4HeaderLength(m, cx.ip[f]!);
  return quoteFits(m, icmp, cx.end[f]!) && kindOfAddress(cx, ipv4Destination(m, quoteOf(icmp))) >= 0;
}
