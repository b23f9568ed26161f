import { Kind, type PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { AddressKind } from '../tables/addresses.js';
import { Rif, RifFlag, RifRole } from '../tables/rifs.js';
import { routed } from './routed.js';
import { snat } from './snat.js';
import { staticFor } from './staticMapping.js';
import { errorFromInside } from './translateError.js';
import { ttlOver } from './ttlOver.js';
import { rifOfWay, wayOfFrame } from './way.js';

/**
 * A gateway of a router without source translation (enable_snat=false; dvr.md 2.6): what leaves by it keeps its source, and the outside reaches
 * inside addresses as they are. Only what has a static mapping, a floating address, is translated there.
 */
export function isUntranslated(cx: PipelineContext, rif: number): boolean {
  return (cx.rifs.rows[rif * Rif.Words + Rif.Flags]! & RifFlag.Untranslated) !== 0;
}

/** From inside, out by `found`, whose TTL allows it. */
export function leaveUntranslated(cx: PipelineContext, f: number, found: number): Verdict {
  if (cx.statics.count === 0) return routed(cx, f, found);
  if (cx.kind[f] !== Kind.IcmpError) return staticFor(cx, f) < 0 ? routed(cx, f, found) : snat(cx, f, found);
  const v = errorFromInside(cx, f, found);
  return v === Verdict.DropIcmpError ? routed(cx, f, found) : v;
}

/** From outside, by such a gateway, to what `type` (AddressKind, or -1) says is no address of ours. Continue: it is no inside address either. */
export function enterUntranslated(cx: PipelineContext, f: number, type: number): Verdict {
  if (type === AddressKind.Local || type === AddressKind.Zone || type === AddressKind.Broadcast) return Verdict.Continue;
  const found = wayOfFrame(cx, f);
  const rif = rifOfWay(cx, found);
  if (rif < 0 || cx.rifs.rows[rif * Rif.Words + Rif.Role] !== RifRole.Inside) return Verdict.Continue;
  const over = ttlOver(cx, f, 0);
  if (over !== Verdict.Continue) return over;
  return routed(cx, f, found);
}
