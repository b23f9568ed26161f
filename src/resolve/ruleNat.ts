import type { PipelineContext } from '../pipeline/context.js';
import { delta32 } from '../wire/checksum.js';
import { Ipv4, ipv4Source } from '../wire/ipv4.js';
import { moveAddress } from './moveAddress.js';

/**
 * A rule's action `nat` (dvr.md 4.2): the source becomes the same host of another prefix, statelessly, one to one; what an ICMP message
 * quotes stays.
 */
export function rewriteSource(cx: PipelineContext, f: number, address: number): void {
  moveAddress(cx, f, Ipv4.Source, address, delta32(ipv4Source(cx.memory, cx.ip[f]!), address));
}
