import type { PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { isOwnHostMac } from '../tables/hostMacs.js';
import { Lport, LportFlag, mayUseAddress } from '../tables/lports.js';
import { Network, NetworkFlag } from '../tables/networks.js';
import { Responder, ResponderFlag, responderFind } from '../tables/responder.js';
import { Rif, RifFlag } from '../tables/rifs.js';
import { Arp, ArpOperation, arpFits, arpOperation, arpSenderIp, arpTargetIp, arpTurnAround } from '../wire/arp.js';
import { Ethernet, isGroupDestination, macHead, macTail, macWrite } from '../wire/ethernet.js';
import type { FrameMemory } from '../wire/memory.js';
import { virtioClear } from '../wire/virtioNet.js';
import { noteClaim } from './claim.js';
import { deliver } from './exit.js';
import { isInfrastructure, isOfService, isOwnUnique } from './guardFabric.js';
import { isUnique, rifWith } from './networkRifs.js';
import { answerToHost, probeFromFabric } from './probes.js';
import { enterReplica, tellUnique } from './replica.js';

/**
 * ARP on networks (dvr.md 2.11): whom a port may speak for, and answers given where they are asked for, so that nothing about a router
 * interface or a known address crosses the fabric. Continue: the frame goes on as any other of its destination.
 */
export function arpOnNetwork(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const arp = cx.offsets[f]! + Ethernet.Header;
  if (!arpFits(m, arp, cx.offsets[f]! + cx.lengths[f]!)) return Verdict.DropArpMalformed;
  const v = cx.lport >= 0 ? fromLport(cx, f, arp) : fromFabric(cx, f, arp);
  if (v === Verdict.Continue && isGroupDestination(m, cx.offsets[f]!)) tellUnique(cx, f);
  return v;
}

function fromLport(cx: PipelineContext, f: number, arp: number): Verdict {
  const m = cx.memory;
  if (!maySay(cx, f, arp)) return Verdict.DropSpoofArp;
  const sender = arpSenderIp(m, arp);
  const target = arpTargetIp(m, arp);
  if (isOfRouter(cx, sender)) return Verdict.DropArpConflict;
  if (arpOperation(m, arp) !== ArpOperation.Request) {
    // A port that answers for this host's router answers the host that has asked through it as well.
    answerToHost(cx, f, arp);
    noteClaim(cx, f, arp);
    return Verdict.Continue;
  }
  if (target === sender) noteClaim(cx, f, arp);
  return isQuestion(m, cx.offsets[f]!, arp) ? answerKnown(cx, f, arp) : Verdict.Continue;
}

/** True for an address of a router on the frame's network: of a replica, or of what is on one host, here or elsewhere. */
export function isOfRouter(cx: PipelineContext, address: number): boolean {
  if (rifWith(cx, address) >= 0) return true;
  const { responder } = cx.switching;
  const at = responderFind(responder, cx.network, address);
  return at >= 0 && (responder.slots[at + Responder.Flags]! & ResponderFlag.Reserved) !== 0;
}

/** True for a question to all about somebody else. */
export function isQuestion(m: FrameMemory, frame: number, arp: number): boolean {
  return (
    arpOperation(m, arp) === ArpOperation.Request && isGroupDestination(m, frame) && arpTargetIp(m, arp) !== arpSenderIp(m, arp)
  );
}

/** Answers a port's question about a router interface, or about an address that somebody else is known to have. */
export function answerKnown(cx: PipelineContext, f: number, arp: number): Verdict {
  const target = arpTargetIp(cx.memory, arp);
  const rif = rifWith(cx, target);
  if (rif >= 0) {
    const w = cx.rifs.macWords;
    return answer(cx, f, arp, target, w[rif << 1]!, w[(rif << 1) + 1]!);
  }
  const own = ownRif(cx, target);
  if (own >= 0) return enterReplica(cx, f, own);
  const { responder } = cx.switching;
  const at = responderFind(responder, cx.network, target);
  if (at >= 0 && (responder.slots[at + Responder.Flags]! & ResponderFlag.Unclaimed) === 0) {
    const macA = responder.slots[at + Responder.MacA]!;
    const macB = responder.slots[at + Responder.MacB]!;
    // Who has the address asks whether anybody else does (RFC 5227): nobody here can know better than it.
    return isSender(cx, arp, macA, macB) ? Verdict.Continue : answer(cx, f, arp, target, macA, macB);
  }
  const flags = cx.switching.networks.rows[cx.network * Network.Words + Network.Flags]!;
  return (flags & NetworkFlag.StrictArp) === 0 ? Verdict.Continue : Verdict.DropArpUnknown;
}

/** Router interface that is on this host alone and answers for an address, or -1. */
function ownRif(cx: PipelineContext, target: number): number {
  const { slots } = cx.switching.responder;
  const at = responderFind(cx.switching.responder, cx.network, target);
  return at < 0 || (slots[at + Responder.Flags]! & ResponderFlag.Own) === 0 ? -1 : slots[at + Responder.MacA]!;
}

/** Between hosts: questions of replicas, answers to ours, and what ports of other hosts say to all. */
function fromFabric(cx: PipelineContext, f: number, arp: number): Verdict {
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  const sender = arpSenderIp(m, arp);
  if (cx.routedByPeer) {
    if (arpOperation(m, arp) === ArpOperation.Request && rifWith(cx, sender) >= 0) return probeFromFabric(cx, f, arp);
    return Verdict.DropArpForeign;
  }
  const rif = rifWith(cx, sender);
  if (rif >= 0) return isUnique(cx, rif) ? conflict(cx, rif, sender) : Verdict.DropRifSrc;
  // A floating or zone address that is here: whoever says it has it is a duplicate, or a host that it has just moved to.
  const contested = ownRif(cx, sender);
  if (contested >= 0) return conflict(cx, contested, sender);
  const said = arp + Arp.SenderMac;
  const source = frame + Ethernet.Source;
  if (isOwnUnique(cx, macHead(m, source), macTail(m, source)) || isOwnUnique(cx, macHead(m, said), macTail(m, said)))
    return Verdict.DropOwnRifMac;
  if (isInfrastructure(cx, macHead(m, said), macTail(m, said))) return Verdict.DropArpForeign;
  const forged = outside(cx, sender, said);
  if (forged !== Verdict.Continue) return forged;
  if (!isOwnHostMac(cx.switching.hostMacs, macHead(m, frame), macTail(m, frame))) {
    if (isQuestion(m, frame, arp)) {
      const own = ownRif(cx, arpTargetIp(m, arp));
      if (own >= 0) return enterReplica(cx, f, own);
    }
    if (arpOperation(m, arp) !== ArpOperation.Request || arpTargetIp(m, arp) === sender) noteClaim(cx, f, arp);
    return Verdict.Continue;
  }
  if (arpOperation(m, arp) !== ArpOperation.Reply) return Verdict.DropHostMacDst;
  return probeFromFabric(cx, f, arp);
}

/**
 * What is said on an external network of addresses and MACs that the objects give to SNAT services, exits and floating IPs, on whatever host: they
 * belong together, and nobody else has either. Which of these MACs an address is at, whoever serves it says: it may have moved a moment ago.
 */
function outside(cx: PipelineContext, sender: number, said: number): Verdict {
  const { rows } = cx.switching.networks;
  if (sender === 0 || (rows[cx.network * Network.Words + Network.Flags]! & NetworkFlag.External) === 0) return Verdict.Continue;
  const isOurs = isOfService(cx, macHead(cx.memory, said), macTail(cx.memory, said));
  if (isOfRouter(cx, sender) === isOurs) return Verdict.Continue;
  return isOurs ? Verdict.DropOwnRifMac : Verdict.DropArpConflict;
}

/** An SNAT service is announced anew (worker/announcer.ts). A floating IP may have moved, which the new host says before this one knows. */
function conflict(cx: PipelineContext, rif: number, address: number): Verdict {
  if ((cx.rifs.rows[rif * Rif.Words + Rif.Flags]! & RifFlag.Exit) === 0) {
    cx.contestedRif = rif;
    cx.contestedAddress = address;
  }
  return Verdict.DropArpConflict;
}

/**
 * Sender MAC and address in the packet are the port's, or of an allowed pair; who has no address yet says 0. Without port security they are
 * anything but a MAC of a router interface, of a service or of a host.
 */
export function maySay(cx: PipelineContext, f: number, arp: number): boolean {
  const m = cx.memory;
  const t = cx.switching.lports;
  const row = cx.lport * Lport.Words;
  const said = arp + Arp.SenderMac;
  const macA = macHead(m, said);
  const macB = macTail(m, said);
  if (isInfrastructure(cx, macA, macB) || isOfService(cx, macA, macB)) return false;
  if ((t.rows[row + Lport.Flags]! & LportFlag.PortSecurity) === 0) return true;
  if (!arpSaysSource(m, cx.offsets[f]!, arp)) return false;
  const sender = arpSenderIp(m, arp);
  if (sender === 0) return arpOperation(m, arp) === ArpOperation.Request;
  return mayUseAddress(t, row, macA, macB, sender);
}

/** True when the sender that a packet names is the one that its frame has. */
export function arpSaysSource(m: FrameMemory, frame: number, arp: number): boolean {
  const source = frame + Ethernet.Source;
  const said = arp + Arp.SenderMac;
  return macHead(m, source) === macHead(m, said) && macTail(m, source) === macTail(m, said);
}

function isSender(cx: PipelineContext, arp: number, macA: number, macB: number): boolean {
  const said = arp + Arp.SenderMac;
  return macHead(cx.memory, said) === macA && macTail(cx.memory, said) === macB;
}

/** Turns the request into its answer, back to the port that asks. */
function answer(cx: PipelineContext, f: number, arp: number, target: number, macA: number, macB: number): Verdict {
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  arpTurnAround(m, arp, target);
  const said = arp + Arp.SenderMac;
  macWrite(m, said, macA, macB);
  m.u8.copyWithin(frame, arp + Arp.TargetMac, arp + Arp.TargetMac + 6);
  m.u8.copyWithin(frame + Ethernet.Source, said, said + 6);
  virtioClear(m, frame);
  deliver(cx, cx.lport, frame, Ethernet.Header + Arp.Octets);
  return Verdict.ArpAnswered;
}
