import type { PipelineContext } from '../pipeline/context.js';
import { FibError } from '../tables/fib.js';
import { ReversePath, Rif } from '../tables/rifs.js';
import { ipv4Source, isMartianSource } from '../wire/ipv4.js';
import { leavesBy, rifOfWay, wayBack } from './way.js';

/**
 * The reverse-path filter of the interface by which IPv4 frame `f` came in (RFC 3704, as fib_validate_source of Linux has it): strict
 * wants the source's route to leave by that interface, loose wants one to a neighbour, whichever it is; a default route is one.
 *
 * Asked for every frame, of known sessions too and whatever its destination: a spoofed frame of a session is what the filter is
 * there against, and the answer may change with the routes. A frame that turns back has been asked for in its first half; its
 * source is then one of ours. Sources that no sender may have pass, so that they count as what they are.
 */
export function reversePathOk(cx: PipelineContext, f: number): boolean {
  const mode = cx.rifs.rows[cx.rif[f]! * Rif.Words + Rif.ReversePath]!;
  if (mode === ReversePath.Off || cx.hairpin) return true;
  const source = ipv4Source(cx.memory, cx.ip[f]!);
  const found = wayBack(cx, f);
  if (mode === ReversePath.Loose ? rifOfWay(cx, found) >= 0 : leavesBy(cx, found, cx.rif[f]!)) return true;
  return isMartianSource(source) || found === FibError.Ours;
}
