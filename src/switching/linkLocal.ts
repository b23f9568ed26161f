import type { PipelineContext } from '../pipeline/context.js';
import { l2Find } from '../tables/l2.js';
import type { FrameMemory } from '../wire/memory.js';
import { isInfrastructure } from './guardFabric.js';

/**
 * What devices say of themselves over IPv6 before, or without, being what their port is. A kernel begins as soon as its device is
 * up, with the MAC that it has then, and keeps the link-local address of it; others draw theirs (RFC 7217). None of it is
 * forwarded, and none of it is an attack, unless the address is that of somebody else.
 */

/** True when the address at `at` is :: or in fe80::/10, and is not the link-local address that the MAC of somebody in the network gives. */
export function isNobodysLinkLocal(cx: PipelineContext, at: number): boolean {
  const h = cx.memory.u16;
  const w = at >> 1;
  if (isUnspecified(cx.memory, at)) return true;
  if ((h[w]! & 0xc0ff) !== 0x80fe) return false;
  // RFC 4291, appendix A: the MAC with its universal bit turned, ff:fe in the middle.
  if (h[w + 5]! >> 8 !== 0xff || (h[w + 6]! & 0xff) !== 0xfe) return true;
  return !isTaken(cx, h[w + 4]! ^ 0x02, (h[w + 7]! << 16) | (h[w + 6]! & 0xff00) | (h[w + 5]! & 0xff));
}

/** True for the MAC of a port or router interface in the network of the frame, or of a host. */
export function isTaken(cx: PipelineContext, macA: number, macB: number): boolean {
  return isInfrastructure(cx, macA, macB) || l2Find(cx.switching.l2, cx.network, macA, macB) >= 0;
}

export function isUnspecified(m: FrameMemory, at: number): boolean {
  const w = m.i32;
  return (w[at >> 2]! | w[(at + 4) >> 2]! | w[(at + 8) >> 2]! | w[(at + 12) >> 2]!) === 0;
}
