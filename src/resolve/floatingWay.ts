import type { PipelineContext } from '../pipeline/context.js';
import { ExitPair } from '../tables/floating.js';
import { Rif, RifFlag } from '../tables/rifs.js';
import { rifOfWay, wayAs } from './way.js';

/**
 * Way of frame `f`, from `source` to `destination`, in the router of `pair`, which `cx` has entered afterwards: as if it came in
 * by the router's side of the pair. -1: there is none that leads to a network of the router.
 */
export function wayInside(cx: PipelineContext, f: number, pair: number, source: number, destination: number): number {
  const { pairs } = cx.switching.floating;
  cx.enterRouter(pairs[pair + ExitPair.Router]!);
  const found = wayAs(cx, f, source, destination, pairs[pair + ExitPair.RouterSide]!);
  const rif = rifOfWay(cx, found);
  return rif < 0 || (cx.rifs.rows[rif * Rif.Words + Rif.Flags]! & RifFlag.Exit) !== 0 ? -1 : found;
}
