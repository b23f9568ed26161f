import type { PipelineContext } from '../pipeline/context.js';
import { Kind } from '../pipeline/context.js';
import { handTo } from '../pipeline/handoff.js';
import { Verdict } from '../shared/verdict.js';
import { Letter, LetterKind } from '../tables/handoffRing.js';
import { homeOf, ownerOf } from '../tables/ownership.js';
import { poolOf, swapPort } from '../tables/portBlocks.js';
import { Route } from '../tables/routes.js';
import { Ipv4, ipv4Source } from '../wire/ipv4.js';

/**
 * Frames whose session may be another worker's (D4). From inside: everything no session here took is decided by the host's
 * home, so that its limits, its errors and its new sessions are in one hand. From outside: the owner of the port's block.
 * Continue: it is ours.
 */
export function fromInsideElsewhere(cx: PipelineContext, f: number): Verdict {
  const home = homeOf(ipv4Source(cx.memory, cx.ip[f]!), cx.handoff.workers);
  if (home === cx.worker) return Verdict.Continue;
  // The home thought that we have the session: it has to know that we have not.
  const back = cx.letter[Letter.Kind] === LetterKind.Frame && cx.letter[Letter.From] === home;
  if (back) cx.letter[Letter.Start] = -1;
  return handTo(cx, f, home, back ? LetterKind.Refused : LetterKind.Frame);
}

/** `route` is the row of the destination's Local or Zone route. */
export function fromOutsideElsewhere(cx: PipelineContext, f: number, route: number): Verdict {
  const address = cx.routes.rows[route * Route.Words + Route.Gateway]! - 1;
  if (address < 0 || cx.kind[f] !== Kind.Flow || cx.letter[Letter.Kind] !== LetterKind.None) return Verdict.Continue;
  const protocol = cx.memory.u8[cx.ip[f]! + Ipv4.Protocol]!;
  const owner = ownerOf(cx.ports64, poolOf(cx.ports64, protocol, address), swapPort(cx.ports[f]! >>> 16));
  return owner < 0 || owner === cx.worker ? Verdict.Continue : handTo(cx, f, owner, LetterKind.Frame);
}
