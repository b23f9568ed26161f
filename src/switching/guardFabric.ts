import type { PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { isHostMac, isOwnHostMac } from '../tables/hostMacs.js';
import { ANY_NETWORK, L2, L2Kind, SERVICE_ELSEWHERE } from '../tables/l2.js';
import { Network, NetworkFlag } from '../tables/networks.js';
import { Ethernet, EtherType, etherTypeAt, macHead, macTail } from '../wire/ethernet.js';
import { leavesWork, offloadsAgreeFromFabric } from './guardOffloads.js';
import { isUnique } from './networkRifs.js';
import { whoHas } from './whoHas.js';

/** What may not come in from the fabric, from the first frame on (dvr.md 2.12 e-h). Notes whether a peer's replica sent it. */
export function guardFabric(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  const { hostMacs } = cx.switching;
  const toA = macHead(m, frame);
  const toB = macTail(m, frame);
  const fromA = macHead(m, frame + Ethernet.Source);
  const fromB = macTail(m, frame + Ethernet.Source);
  if ((fromA & 1) !== 0) return Verdict.DropSpoofMac;
  // Of ARP, arp.ts looks itself: a service that another host says it has is a conflict, and who has asked in its own name is answered.
  const isArp = etherTypeAt(m, frame + Ethernet.Type) === EtherType.Arp;
  if (isRif(cx, toA, toB)) return Verdict.DropRifDst;
  if (isHostMac(hostMacs, fromA, fromB)) {
    if (isOwnHostMac(hostMacs, fromA, fromB)) return Verdict.DropOwnHostMac;
    cx.routedByPeer = true;
  } else if (isRif(cx, fromA, fromB)) return Verdict.DropRifSrc;
  else if (!isArp && isOwnUnique(cx, fromA, fromB)) return Verdict.DropOwnRifMac;
  if (isOwnHostMac(hostMacs, toA, toB) && !isArp) return Verdict.DropHostMacDst;
  return !leavesWork(m, frame) || offloadsAgreeFromFabric(cx, f) ? Verdict.Continue : Verdict.DropVirtioHeader;
}

/**
 * Whether a MAC is of a replicated router interface, on whatever network: none of them is ever on the fabric. But networks are apart, and tenants
 * choose MACs: who else is known to have it on the frame's network has it there, as has whoever is outside.
 */
export function isRif(cx: PipelineContext, macA: number, macB: number): boolean {
  if (whoHas(cx, ANY_NETWORK, macA, macB) < 0) return false;
  const at = whoHas(cx, cx.network, macA, macB);
  const { networks } = cx.switching;
  if (at < 0) return (networks.rows[cx.network * Network.Words + Network.Flags]! & NetworkFlag.External) === 0;
  const rif = rifAt(cx, at);
  return rif >= 0 && !isUnique(cx, rif);
}

/** True for the MAC of an SNAT service or exit that this host has on the frame's network: nobody else sends with it. */
export function isOwnUnique(cx: PipelineContext, macA: number, macB: number): boolean {
  const at = whoHas(cx, cx.network, macA, macB);
  const rif = at < 0 ? -1 : rifAt(cx, at);
  return rif >= 0 && isUnique(cx, rif);
}

/** True for the MAC of a SNAT service on the frame's network, here or on another host (I4). */
export function isOfService(cx: PipelineContext, macA: number, macB: number): boolean {
  const at = whoHas(cx, cx.network, macA, macB);
  return at >= 0 && (rifAt(cx, at) >= 0 || cx.switching.l2.slots[at + L2.Gateway] === SERVICE_ELSEWHERE);
}

/** Router interface of this host that has the MAC of a slot of the L2 table, or -1. */
function rifAt(cx: PipelineContext, at: number): number {
  const where = cx.switching.l2.slots[at + L2.Where]!;
  return where >>> 24 === L2Kind.Rif ? where & 0xff_ffff : -1;
}

/** True for the MAC of a router interface or a host: nobody who is known by another one has it, or says it in ARP (I2, I3). */
export function isInfrastructure(cx: PipelineContext, macA: number, macB: number): boolean {
  return isHostMac(cx.switching.hostMacs, macA, macB) || isRif(cx, macA, macB);
}
