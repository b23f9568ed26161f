import { hopOfWay, rifOfWay, wayBetween } from '../resolve/way.js';
import { Verdict } from '../shared/verdict.js';
import { AddressKind, AddressRow } from '../tables/addresses.js';
import { RIF_LO } from '../tables/fib.js';
import { neighborFind, neighborInsert, neighborsNearlyFull } from '../tables/neighbors.js';
import { trieLookup } from '../tables/prefixTrie.js';
import { ownAddressTowards, Rif, RifRole } from '../tables/rifs.js';
import { Arp, ArpOperation, arpFits, arpOperation, arpSenderIp, arpTargetIp, arpTurnAround } from '../wire/arp.js';
import { isMartianSource } from '../wire/ipv4.js';
import { arpFrameStart, arpWriteEthernet } from './arpSend.js';
import type { PipelineContext } from './context.js';
import { emitFrame } from './emit.js';
import { neighborConfirm, neighborLearn } from './neighborLearn.js';

/**
 * ARP (RFC 826): answers requests for the router's own and the zones' addresses in place, learns who asked, and takes note of
 * answers. Nobody is learnt from a packet that was not meant for us: an entry that exists is confirmed, no new one is made.
 */
export function arpInput(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const arp = cx.ip[f]!;
  if (!arpFits(m, arp, cx.end[f]!)) return Verdict.DropArpMalformed;
  const rif = cx.rif[f]!;
  const sender = arpSenderIp(m, arp);
  const target = arpTargetIp(m, arp);
  if (sender !== 0 && isMartianSource(sender)) return Verdict.DropArpMalformed;
  if (sender !== 0 && answersFor(cx, rif, sender)) return Verdict.DropArpConflict;
  const request = arpOperation(m, arp) === ArpOperation.Request;
  const row = learnSender(cx, rif, arp, sender, target, request);
  if (!request) return row >= 0 ? Verdict.ArpLearned : Verdict.DropArpUnsolicited;
  if (!answersFor(cx, rif, target)) return row >= 0 && sender === target ? Verdict.ArpLearned : Verdict.DropArpForeign;
  if (row < 0 && sender !== 0 && !neighborsNearlyFull(cx.neighbors) && onSegment(cx, rif, sender)) {
    const fresh = neighborInsert(cx.neighbors, rif, sender, cx.now);
    if (fresh >= 0) neighborLearn(cx, fresh, arp + Arp.SenderMac);
  }
  answer(cx, rif, arp, target);
  return Verdict.ArpAnswered;
}

/** A packet that another worker received: what it says of a neighbour we know. */
export function arpTakeNote(cx: PipelineContext, f: number): void {
  const m = cx.memory;
  const arp = cx.ip[f]!;
  if (!arpFits(m, arp, cx.end[f]!)) return;
  const sender = arpSenderIp(m, arp);
  if (isMartianSource(sender) || answersFor(cx, cx.rif[f]!, sender)) return;
  learnSender(cx, cx.rif[f]!, arp, sender, arpTargetIp(m, arp), arpOperation(m, arp) === ArpOperation.Request);
}

/** Row of the sender when it is a neighbour already, with what the packet says of it; else -1. */
function learnSender(cx: PipelineContext, rif: number, arp: number, sender: number, target: number, request: boolean): number {
  const row = sender === 0 ? -1 : neighborFind(cx.neighbors, rif, sender);
  if (row < 0) return -1;
  // Only an answer to us proves that the way there and back works; a request or an announcement only tells the MAC.
  if (!request && target === ownAddressTowards(cx.rifs, rif, sender)) neighborConfirm(cx, row, arp + Arp.SenderMac);
  else neighborLearn(cx, row, arp + Arp.SenderMac);
  return row;
}

/**
 * True for an address this router answers for on `rif`: its own there, a floating IP behind it, or a zone's on an outside
 * interface (zones.md 1.12).
 */
export function answersFor(cx: PipelineContext, rif: number, address: number): boolean {
  const route = trieLookup(cx.addresses.trie, address);
  if (route < 0) return false;
  const type = cx.addresses.rows[route * AddressRow.Words + AddressRow.Kind]!;
  if (type === AddressKind.Local || type === AddressKind.Floating)
    return cx.addresses.rows[route * AddressRow.Words + AddressRow.Rif] === rif;
  return (
    type === AddressKind.Zone &&
    cx.rifs.rows[rif * Rif.Words + Rif.Role] === RifRole.Outside &&
    cx.addresses.rows[route * AddressRow.Words + AddressRow.Rif] === rif
  );
}

/** In a subnet of the interface, or routed to it without a gateway. */
function onSegment(cx: PipelineContext, rif: number, address: number): boolean {
  const route = trieLookup(cx.addresses.trie, address);
  const at = route * AddressRow.Words;
  if (route >= 0 && cx.addresses.rows[at + AddressRow.Kind] === AddressKind.Connected)
    return cx.addresses.rows[at + AddressRow.Rif] === rif;
  const found = route < 0 ? wayBetween(cx, 0, address, RIF_LO, 0) : -1;
  return rifOfWay(cx, found) === rif && hopOfWay(cx, address) === address;
}

/** Turns the request into its answer and sends it back the way it came, tag and all. */
function answer(cx: PipelineContext, rif: number, arp: number, target: number): void {
  const m = cx.memory;
  arpTurnAround(m, arp, target);
  for (let i = 0; i < 6; i++) m.u8[arp + Arp.SenderMac + i] = cx.rifs.macs[rif * 8 + i]!;
  const frame = arpFrameStart(cx, rif, arp);
  m.u8.copyWithin(frame, arp + Arp.TargetMac, arp + Arp.TargetMac + 6);
  arpWriteEthernet(cx, rif, arp);
  emitFrame(cx, rif, frame, arp - frame + Arp.Octets);
}
