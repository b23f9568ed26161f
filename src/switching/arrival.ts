import type { PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { Lport, mayUseMac } from '../tables/lports.js';
import { arpFits, arpSenderIp } from '../wire/arp.js';
import { Ethernet, EtherType, etherTypeAt, macHead, macTail } from '../wire/ethernet.js';
import { rarpFits } from '../wire/rarp.js';
import { answerKnown, arpSaysSource, isOfRouter, isQuestion, maySay } from './arp.js';
import { guardLport, strangeMac } from './guardLport.js';

/**
 * A frame out of the device of a port that is migrating here (dvr.md 2.16): one that the port may send says that its guest runs here now,
 * which is noted for main. The frame itself goes nowhere, as the guest is still where it was for everybody else; what it asks by ARP it is told,
 * as that concerns nobody else.
 */
export function noteArrival(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const { rows } = cx.switching.lports;
  const row = cx.lport * Lport.Words;
  const frame = cx.offsets[f]!;
  const guarded = mayBeSent(cx, f);
  if (guarded !== Verdict.Continue) return guarded;
  // Without port security too: a device that is being made ready may say something of its own.
  const macA = macHead(m, frame + Ethernet.Source);
  const macB = macTail(m, frame + Ethernet.Source);
  if (!mayUseMac(cx.switching.lports, row, macA, macB)) return strangeMac(cx, f, macA, macB);
  Atomics.store(cx.arrivals, cx.lport, rows[row + Lport.Awaited]!);
  const arp = frame + Ethernet.Header;
  const asks = etherTypeAt(m, frame + Ethernet.Type) === EtherType.Arp && isQuestion(m, frame, arp);
  // A guest whose neighbours were forgotten on its way asks for its gateway first, and again only after a second.
  return asks && answerKnown(cx, f, arp) === Verdict.ArpAnswered ? Verdict.ArpAnswered : Verdict.DropLportMigrating;
}

/** Also RARP, by which hypervisors announce a guest that has arrived. */
function mayBeSent(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  const arp = frame + Ethernet.Header;
  const end = frame + cx.lengths[f]!;
  const type = etherTypeAt(m, frame + Ethernet.Type);
  const guarded = guardLport(cx, f);
  if (type === EtherType.Rarp && guarded === Verdict.DropEtherType)
    return rarpFits(m, arp, end) && arpSaysSource(m, frame, arp) ? Verdict.Continue : Verdict.DropSpoofArp;
  if (guarded !== Verdict.Continue || type !== EtherType.Arp) return guarded;
  if (!arpFits(m, arp, end)) return Verdict.DropArpMalformed;
  if (!maySay(cx, f, arp)) return Verdict.DropSpoofArp;
  return isOfRouter(cx, arpSenderIp(m, arp)) ? Verdict.DropArpConflict : Verdict.Continue;
}
