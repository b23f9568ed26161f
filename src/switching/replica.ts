import { arpInput, arpTakeNote } from '../pipeline/arpInput.js';
import { classifyIpv4, otherType } from '../pipeline/classify.js';
import { Kind, type PipelineContext } from '../pipeline/context.js';
import { copyArp } from '../pipeline/handoff.js';
import { routeReplica } from '../resolve/routeReplica.js';
import { Verdict } from '../shared/verdict.js';
import { L2, L2Kind, l2Find } from '../tables/l2.js';
import { Rif } from '../tables/rifs.js';
import { Ethernet, EtherType, etherTypeAt, macHead, macTail } from '../wire/ethernet.js';
import { locate } from './locate.js';

/** A frame to the MAC of a router interface: into the replica of its router on this host (dvr.md 2.2). */
export function enterReplica(cx: PipelineContext, f: number, rif: number): Verdict {
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  const end = frame + cx.lengths[f]!;
  const ip = frame + Ethernet.Header;
  beAt(cx, f, rif);
  const type = etherTypeAt(m, frame + Ethernet.Type);
  if (type === EtherType.Arp) {
    if (cx.handoff.workers > 1) copyArp(cx, f);
    return arpInput(cx, f);
  }
  if (type !== EtherType.Ipv4) return otherType(m, frame, type);
  const v = classifyIpv4(cx, f, m, frame, ip, end, rif);
  return v === Verdict.Continue ? routeReplica(cx, f) : v;
}

/** ARP to a router interface that another worker received: what it says of a neighbour this one knows. */
export function takeNoteOnNetwork(cx: PipelineContext, f: number): void {
  if (locate(cx, f) !== Verdict.Continue) return;
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  const { l2 } = cx.switching;
  const at = l2Find(l2, cx.network, macHead(m, frame), macTail(m, frame));
  const where = at < 0 ? 0 : l2.slots[at + L2.Where]!;
  if (where >>> 24 !== L2Kind.Rif) return;
  beAt(cx, f, where & 0xff_ffff);
  arpTakeNote(cx, f);
}

function beAt(cx: PipelineContext, f: number, rif: number): void {
  cx.rif[f] = rif;
  cx.kind[f] = Kind.Arp;
  cx.ip[f] = cx.offsets[f]! + Ethernet.Header;
  cx.end[f] = cx.offsets[f]! + cx.lengths[f]!;
  cx.enterRouter(cx.rifs.rows[rif * Rif.Words + Rif.Router]!);
}
