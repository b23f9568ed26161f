import type { PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { FibError, FibRoute, FibType } from '../tables/fib.js';
import { IcmpType, UnreachableCode } from '../wire/icmp.js';
import { sendIcmpError } from './icmpError.js';

/**
 * No way: `found` is a FibError, or a route that leads to no neighbour: of a type that refuses, to this router itself, or out of
 * `lo`. The sender is told as the table in dvr.md 4.2 says.
 */
export function refuse(cx: PipelineContext, f: number, found: number): Verdict {
  const type = found < 0 ? 0 : cx.fib.routes[found * FibRoute.Words + FibRoute.Type]!;
  const refuses = found < 0 || type === FibType.Unreachable || type === FibType.Prohibit;
  if (!refuses || found === FibError.Ours || found === FibError.Blackhole) return Verdict.DropRouteBlackhole;
  if (found === FibError.Prohibit || type === FibType.Prohibit) {
    sendIcmpError(cx, f, IcmpType.Unreachable, UnreachableCode.AdminProhibited, 0);
    return Verdict.DropRouteProhibit;
  }
  // The route type says host unreachable, the rule action network unreachable.
  const code = type === FibType.Unreachable ? UnreachableCode.Host : UnreachableCode.Net;
  sendIcmpError(cx, f, IcmpType.Unreachable, code, 0);
  return type === FibType.Unreachable || found === FibError.Unreachable ? Verdict.DropRouteUnreachable : Verdict.DropNoRoute;
}
