import { Kind, type PipelineContext } from '../pipeline/context.js';
import { CounterEvent, countEvent } from '../shared/counters.js';
import { Verdict } from '../shared/verdict.js';
import { AddressKind, AddressRow, poolAddressOf } from '../tables/addresses.js';
import { Rif, RifRole } from '../tables/rifs.js';
import { Limit } from '../tables/snapshot.js';
import { IcmpType, isRefusedIcmp } from '../wire/icmp.js';
import { Ipv4, ipv4FragmentOffset, ipv4HeaderLength, ipv4Source, Protocol } from '../wire/ipv4.js';
import { isLaterFragment } from './fragment.js';
import { openFromPeer } from './fromPeer.js';
import { allowed } from './icmpError.js';
import { localService } from './localService.js';
import { forwardSession } from './resolveSession.js';
import { openStaticInward } from './staticMapping.js';
import { errorFromOutside } from './translateError.js';
import { unsolicitedSyn } from './unsolicitedSyn.js';

/**
 * From outside, and no session: a static mapping, a mapping whose filtering lets the sender in, a service of the router itself, or
 * nothing at all (FIL-1, FIL-3). `route` is the row of the destination's route, -1 without one.
 */
export function fromOutside(cx: PipelineContext, f: number, route: number): Verdict {
  const type = route < 0 ? -1 : cx.addresses.rows[route * AddressRow.Words + AddressRow.Kind]!;
  if (type === AddressKind.Local || type === AddressKind.Zone) {
    // It carries nothing that a mapping could be found or a session opened by.
    const address = poolAddressOf(cx.addresses.rows, route);
    const own = type === AddressKind.Local && address < 0;
    if (isLaterFragment(cx, f)) return own ? Verdict.DropLocalFragment : Verdict.DropFragment;
    if (cx.kind[f] === Kind.IcmpError && (address >= 0 || cx.statics.count > 0)) {
      const v = errorFromOutside(cx, f, address);
      if (v !== Verdict.Continue) return v;
    }
    const mapped = openStaticInward(cx, f);
    if (mapped !== Verdict.DropNoSession) return mapped === Verdict.Continue ? forwardSession(cx, f, cx.opened, false) : mapped;
    if (cx.kind[f] === Kind.Flow) {
      const v = openFromPeer(cx, f, address);
      if (v === Verdict.Continue) return forwardSession(cx, f, cx.opened, false);
      if (v === Verdict.DropUnsolicitedSyn && !cx.hairpin) {
        const held = unsolicitedSyn(cx, f, route);
        if (held !== Verdict.Continue) return held;
      } else if (v !== Verdict.DropNoSession) return v;
    }
    // An address that has ports of sessions says nothing about those it has not (FIL-1), and one on an inside segment nothing at all:
    // its answer would cross the border with an inside source (GEN-7).
    if (type === AddressKind.Local && !cx.hairpin)
      return isInside(cx, cx.addresses.rows[route * AddressRow.Words + AddressRow.Rif]!)
        ? Verdict.DropLocalUnknown
        : localService(cx, f, !own);
    if (isEcho(cx, f) && cx.limits[Limit.AnswerEcho] !== 0) return answerEcho(cx, f);
  }
  if (type === AddressKind.Broadcast) return Verdict.DropBroadcast;
  const m = cx.memory;
  const ip = cx.ip[f]!;
  if (ipv4FragmentOffset(m, ip) !== 0) return Verdict.DropFragment;
  if (cx.kind[f] === Kind.IcmpError) return Verdict.DropIcmpError;
  const refused = m.u8[ip + Ipv4.Protocol] === Protocol.Icmp && isRefusedIcmp(m.u8[ip + ipv4HeaderLength(m, ip)]!);
  return refused ? Verdict.DropIcmpType : Verdict.DropNoSession;
}

function isInside(cx: PipelineContext, rif: number): boolean {
  return rif >= 0 && cx.rifs.rows[rif * Rif.Words + Rif.Role] === RifRole.Inside;
}

/** An echo request to a local address, as an option and within the limits of ICMP errors (ICM-3). */
function answerEcho(cx: PipelineContext, f: number): Verdict {
  if (allowed(cx, ipv4Source(cx.memory, cx.ip[f]!), false)) return localService(cx, f, true);
  countEvent(cx.counters, CounterEvent.IcmpErrorsSuppressed);
  return Verdict.DropNoSession;
}

function isEcho(cx: PipelineContext, f: number): boolean {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  return (
    cx.kind[f] === Kind.Ipv4 &&
    m.u8[ip + Ipv4.Protocol] === Protocol.Icmp &&
    m.u16[(ip + ipv4HeaderLength(m, ip)) >> 1] === IcmpType.Echo
  );
}
