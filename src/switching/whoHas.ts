import type { PipelineContext } from '../pipeline/context.js';
import { KnownMac } from '../pipeline/knownPaths.js';
import { l2Find } from '../tables/l2.js';

/** l2Find by what was asked for lately: a keyed hash takes five times as long, and a frame asks two to five times. */
export function whoHas(cx: PipelineContext, network: number, macA: number, macB: number): number {
  const c = cx.known.macs;
  // No key is needed: whoever makes MACs meet in one row only has the table asked.
  const row = (Math.imul(macB ^ macA ^ (network << 8), 0x9e37_79b1) >>> KnownMac.Shift) * KnownMac.Words;
  if (c[row + KnownMac.Network] === network + 1 && c[row + KnownMac.MacB] === macB && c[row + KnownMac.MacA] === macA)
    return c[row + KnownMac.Found]!;
  const found = l2Find(cx.switching.l2, network, macA, macB);
  c[row + KnownMac.Network] = network + 1;
  c[row + KnownMac.MacA] = macA;
  c[row + KnownMac.MacB] = macB;
  c[row + KnownMac.Found] = found;
  return found;
}
