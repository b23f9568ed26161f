import type { PipelineContext } from '../pipeline/context.js';
import { claimNote } from '../tables/claimNotes.js';
import { Responder, ResponderFlag, responderFind } from '../tables/responder.js';
import { Fabric } from '../tables/switching.js';
import { Arp, arpSenderIp } from '../wire/arp.js';
import { macHead, macTail } from '../wire/ethernet.js';

/**
 * A port, of this host or another, says by an announcement or an answer that it has an address. It is noted for main where the
 * address is virtual (dvr.md 2.13), even if the tables say so already, for somebody else's word may be on its way. The guards of
 * its host have let it pass.
 */
export function noteClaim(cx: PipelineContext, f: number, arp: number): void {
  const m = cx.memory;
  const { responder, fabric } = cx.switching;
  const address = arpSenderIp(m, arp);
  const known = responderFind(responder, cx.network, address);
  if (known < 0 || (responder.slots[known + Responder.Flags]! & ResponderFlag.Virtual) === 0) return;
  const said = arp + Arp.SenderMac;
  const source = cx.lport < 0 && fabric[cx.iface] !== Fabric.Physnet ? cx.sources[f]! : 0;
  claimNote(cx.claims, cx.network, cx.lport, address, macHead(m, said), macTail(m, said), source, cx.nowMs);
}
