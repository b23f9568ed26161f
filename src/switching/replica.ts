import { arpInput, arpTakeNote } from '../pipeline/arpInput.js';
import { classifyIpv4, otherType } from '../pipeline/classify.js';
import type { PipelineContext } from '../pipeline/context.js';
import { serve } from '../pipeline/decide.js';
import { copyArp } from '../pipeline/handoff.js';
import { floatingIn } from '../resolve/floatingIn.js';
import { routeReplica } from '../resolve/routeReplica.js';
import { Verdict } from '../shared/verdict.js';
import { Letter } from '../tables/handoffRing.js';
import { METADATA_ADDRESS } from '../tables/metadata.js';
import { Network, NetworkFlag } from '../tables/networks.js';
import { FIRST_LPORT, NETWORK_IFACE, Rif, RifFlag } from '../tables/rifs.js';
import { ArpOperation, arpFits, arpOperation } from '../wire/arp.js';
import { Ethernet, EtherType, etherTypeAt, isGroupDestination } from '../wire/ethernet.js';
import { ipv4Destination, ipv4Source, isLinkLocal } from '../wire/ipv4.js';
import { toMetadata } from './metadata.js';
import { isLeaseOver, isUnique, standAt } from './networkRifs.js';
import { answerToHost } from './probes.js';

/**
 * A frame to the MAC of a router interface: into the replica of its router on this host (dvr.md 2.2), into its SNAT service (2.5), or into an
 * exit (2.7).
 */
export function enterReplica(cx: PipelineContext, f: number, rif: number): Verdict {
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  const end = frame + cx.lengths[f]!;
  const ip = frame + Ethernet.Header;
  standAt(cx, f, rif);
  const type = etherTypeAt(m, frame + Ethernet.Type);
  if (type === EtherType.Arp) {
    // Its addresses are said by whoever has it now.
    if (isLeaseOver(cx, rif)) return Verdict.DropSnatNotActive;
    if (cx.handoff.workers > 1) copyArp(cx, f, rif);
    return arpInput(cx, f);
  }
  if (type !== EtherType.Ipv4) return otherType(m, frame, type);
  // Should it wait, or go to another worker: where it is decided again. Who had it before, and what it was in, is of no more account.
  const { iface } = cx;
  cx.iface = NETWORK_IFACE;
  cx.tags[f] = rif;
  const v = enterIpv4(cx, f, frame, ip, end, rif);
  cx.iface = iface;
  return v;
}

function enterIpv4(cx: PipelineContext, f: number, frame: number, ip: number, end: number, rif: number): Verdict {
  const v = classifyIpv4(cx, f, cx.memory, frame, ip, end, rif);
  if (v !== Verdict.Continue) return v;
  // Whichever interface it enters by: it leaves by none, nor does anything else that is link-local, whoever would answer beyond.
  const destination = ipv4Destination(cx.memory, ip);
  if (destination === METADATA_ADDRESS) {
    const taken = toMetadata(cx, f);
    if (taken !== Verdict.Continue) return taken;
  }
  if (isLinkLocal(destination)) return Verdict.DropMartianDestination;
  if (isLinkLocal(ipv4Source(cx.memory, ip))) return Verdict.DropMartianSource;
  const flags = cx.rifs.rows[rif * Rif.Words + Rif.Flags]!;
  if ((flags & RifFlag.Exit) !== 0) return floatingIn(cx, f);
  if ((flags & RifFlag.Unique) === 0) return routeReplica(cx, f);
  return isLeaseOver(cx, rif) ? Verdict.DropSnatNotActive : serve(cx, f);
}

/**
 * A frame that has waited at a router interface, or that another worker hands over: its number is the tag. It was looked at when it came, and
 * stands as that router interface got it.
 */
export function enterAgain(cx: PipelineContext, f: number): Verdict {
  const rif = cx.tags[f]!;
  const network = rif < cx.rifs.count ? cx.rifs.rows[rif * Rif.Words + Rif.Network]! : -1;
  // It went with a reload in between.
  if (network < 0) return Verdict.DropNotForUs;
  cx.network = network;
  cx.lport = -1;
  cx.routedByPeer = false;
  return enterReplica(cx, f, rif);
}

/**
 * ARP that speaks to a router interface, received by another worker: what it says of a neighbour this one knows; and a port's answer goes on to
 * the host that asked, when this worker had the question.
 */
export function takeNoteOnNetwork(cx: PipelineContext, f: number): void {
  const m = cx.memory;
  const arp = cx.offsets[f]! + Ethernet.Header;
  const rif = cx.letter[Letter.Rif]! - 1;
  // The other may go by a later configuration already.
  if (rif < 0 || rif >= cx.rifs.count || !arpFits(m, arp, cx.offsets[f]! + cx.lengths[f]!)) return;
  const network = cx.rifs.rows[rif * Rif.Words + Rif.Network]!;
  if (network < 0) return;
  cx.network = network;
  if (isUnique(cx, rif) && isGroupDestination(m, cx.offsets[f]!)) {
    learnBy(cx, f);
    return;
  }
  standAt(cx, f, rif);
  if (cx.iface >= FIRST_LPORT && arpOperation(m, arp) === ArpOperation.Reply) answerToHost(cx, f, arp);
  arpTakeNote(cx, f);
}

/** ARP to all: what it says of neighbours that router interfaces with MACs of this host alone know, here and at the other workers. */
export function tellUnique(cx: PipelineContext, f: number): void {
  const { rows, rifs } = cx.switching.networks;
  const row = cx.network * Network.Words;
  if ((rows[row + Network.Flags]! & NetworkFlag.Unique) === 0) return;
  if (cx.handoff.workers > 1) {
    let first = rows[row + Network.Rifs]!;
    while (!isUnique(cx, rifs[first]!)) first++;
    copyArp(cx, f, rifs[first]!);
  }
  learnBy(cx, f);
}

function learnBy(cx: PipelineContext, f: number): void {
  const { rows, rifs } = cx.switching.networks;
  const first = rows[cx.network * Network.Words + Network.Rifs]!;
  const end = first + rows[cx.network * Network.Words + Network.RifCount]!;
  for (let i = first; i < end; i++) {
    if (!isUnique(cx, rifs[i]!)) continue;
    standAt(cx, f, rifs[i]!);
    arpTakeNote(cx, f);
  }
}
