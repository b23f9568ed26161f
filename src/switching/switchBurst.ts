import type { PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { BY_SOURCE, L2, L2Kind, SERVICE_ELSEWHERE } from '../tables/l2.js';
import { Network, NetworkFlag } from '../tables/networks.js';
import { NETWORK_IFACE } from '../tables/rifs.js';
import {
  Ethernet,
  EtherType,
  etherTypeAt,
  isGroupDestination,
  isLinkControl,
  macHead,
  macTail,
  macWrite,
} from '../wire/ethernet.js';
import { arpOnNetwork } from './arp.js';
import { noteArrival } from './arrival.js';
import { deliver, fitsNetwork, sendToHost } from './exit.js';
import { flood } from './flood.js';
import { guardFabric, isRif } from './guardFabric.js';
import { guardLport } from './guardLport.js';
import { keepEntry, takeKnown } from './knownFrames.js';
import { isLate } from './lateFrames.js';
import { locate } from './locate.js';
import { isUnique } from './networkRifs.js';
import { enterAgain, enterReplica } from './replica.js';
import { restoreGateway } from './restoreGateway.js';
import { toServiceElsewhere } from './serviceElsewhere.js';
import { whoHas } from './whoHas.js';

/**
 * The table of contents of what frames on networks go through (dvr.md 3.4): which network, may it be sent at all, who has its destination.
 * Each frame ends in exactly one verdict, counted here.
 */
export function switchBurst(cx: PipelineContext, count: number): void {
  const counts = cx.counters.verdicts;
  const mayBeKnown = !cx.requeued && cx.iface !== NETWORK_IFACE;
  for (let f = 0; f < count; f++) {
    let v = mayBeKnown ? takeKnown(cx, f) : Verdict.Continue;
    if (v === Verdict.Continue) {
      v = switchFrame(cx, f);
      // The guards spoke of this frame alone: not of one that no network has.
      cx.known.entry = -1;
    }
    counts[v] = counts[v]! + 1;
  }
}

function switchFrame(cx: PipelineContext, f: number): Verdict {
  if (cx.iface === NETWORK_IFACE) return enterAgain(cx, f);
  cx.known.frame = cx.offsets[f]!;
  const located = locate(cx, f);
  if (located !== Verdict.Continue) return located === Verdict.DropLportMigrating ? noteArrival(cx, f) : located;
  const guarded = cx.lport >= 0 ? guardLport(cx, f) : guardFabric(cx, f);
  if (guarded !== Verdict.Continue) return guarded;
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  if (etherTypeAt(m, frame + Ethernet.Type) === EtherType.Arp) {
    const v = arpOnNetwork(cx, f);
    if (v !== Verdict.Continue) return v;
  }
  if (isGroupDestination(m, frame)) {
    if (isLinkControl(m, frame)) return Verdict.DropLinkControl;
    // Routers send nothing to all but ARP, and no port may see the MAC of a host (I3).
    return cx.routedByPeer ? Verdict.DropPeerRouted : flood(cx, f);
  }
  return switchUnicast(cx, f, frame);
}

/** I1: a destination has one answer. */
function switchUnicast(cx: PipelineContext, f: number, frame: number): Verdict {
  const m = cx.memory;
  const { l2 } = cx.switching;
  const at = whoHas(cx, cx.network, macHead(m, frame), macTail(m, frame));
  const where = at < 0 ? 0 : l2.slots[at + L2.Where]!;
  const number = where & 0xff_ffff;
  const kind = where >>> 24;
  if (kind === L2Kind.Port) return toPort(cx, f, number, l2.slots[at + L2.Gateway]!);
  if (cx.lport < 0) {
    if (kind === L2Kind.Rif && isUnique(cx, number)) return enter(cx, f, number);
    if (kind !== L2Kind.None && l2.slots[at + L2.Gateway] === SERVICE_ELSEWHERE) return Verdict.DropSnatNotActive;
    if (kind === L2Kind.Remote && isLate(cx, f, at, number)) {
      sendToHost(cx, cx.network, kind, number, frame, cx.lengths[f]!);
      return Verdict.Relayed;
    }
    if (cx.routedByPeer) return Verdict.DropPeerRouted;
    return kind === L2Kind.None ? unknown(cx, f) : Verdict.DropSplitHorizon;
  }
  if (kind === L2Kind.Rif) return enter(cx, f, number);
  if (at >= 0 && l2.slots[at + L2.Gateway] === SERVICE_ELSEWHERE) {
    const v = toServiceElsewhere(cx, f, at);
    if (v !== Verdict.Continue) return v;
  }
  if (kind === L2Kind.None) return unknown(cx, f);
  if (!fitsNetwork(cx, frame, cx.lengths[f]!)) return Verdict.DropNetworkMtu;
  sendToHost(cx, cx.network, kind, number, frame, cx.lengths[f]!);
  return Verdict.Bridged;
}

function enter(cx: PipelineContext, f: number, rif: number): Verdict {
  keepEntry(cx, f, rif);
  return enterReplica(cx, f, rif);
}

function toPort(cx: PipelineContext, f: number, port: number, gateway: number): Verdict {
  if (port === cx.lport) return Verdict.DropReflected;
  if (cx.routedByPeer) {
    const rif = gateway === BY_SOURCE ? restoreGateway(cx, f) : gateway;
    if (rif < 0) return Verdict.DropPeerRouted;
    const m = cx.memory;
    const w = cx.rifs.macWords;
    macWrite(m, cx.offsets[f]! + Ethernet.Source, w[rif << 1]!, w[(rif << 1) + 1]!);
  }
  deliver(cx, port, cx.offsets[f]!, cx.lengths[f]!);
  return Verdict.Bridged;
}

/**
 * Nobody has the destination: the tables of a tunnel network are complete, a physical network may know more than we do. A router
 * interface of another network is nobody here, and its MAC leaves no host (2.12 b).
 */
function unknown(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  if (isRif(cx, macHead(m, frame), macTail(m, frame))) return Verdict.DropUnknownUnicast;
  const row = cx.network * Network.Words;
  const { rows } = cx.switching.networks;
  if ((rows[row + Network.Flags]! & NetworkFlag.FloodUnknown) !== 0) return flood(cx, f);
  if (cx.lport < 0 || rows[row + Network.Physnet]! < 0) return Verdict.DropUnknownUnicast;
  if (!fitsNetwork(cx, frame, cx.lengths[f]!)) return Verdict.DropNetworkMtu;
  sendToHost(cx, cx.network, L2Kind.Wire, 0, frame, cx.lengths[f]!);
  return Verdict.Bridged;
}
