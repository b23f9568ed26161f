import type { PipelineContext } from '../pipeline/context.js';
import { claimNote } from '../tables/claimNotes.js';
import { L2, L2Kind, l2Find } from '../tables/l2.js';
import { Responder, responderFind } from '../tables/responder.js';
import { Arp, arpSenderIp } from '../wire/arp.js';
import { macHead, macTail } from '../wire/ethernet.js';

/**
 * A port says by an announcement or an answer that it has an address (dvr.md 2.13): noted for main unless the tables say so already. The
 * guards have let it pass, so it may say so. Whether the address is one that can be claimed, main knows.
 */
export function noteClaim(cx: PipelineContext, arp: number): void {
  const m = cx.memory;
  const { l2, responder } = cx.switching;
  const address = arpSenderIp(m, arp);
  if (address === 0) return;
  const macA = macHead(m, arp + Arp.SenderMac);
  const macB = macTail(m, arp + Arp.SenderMac);
  const known = responderFind(responder, cx.network, address);
  if (known >= 0 && responder.slots[known + Responder.MacA] === macA && responder.slots[known + Responder.MacB] === macB) {
    const at = l2Find(l2, cx.network, macA, macB);
    if (at >= 0 && l2.slots[at + L2.Where] === ((L2Kind.Port << 24) | cx.lport)) return;
  }
  claimNote(cx.claims, cx.network, cx.lport, address, macA, macB);
}
