import type { PipelineContext } from '../pipeline/context.js';
import { CounterEvent } from '../shared/counters.js';
import { flowHash } from '../tables/hash.js';
import { ownAddressTowards } from '../tables/rifs.js';
import { Limit } from '../tables/snapshot.js';
import { BUCKET_FOR_ALL, bucketReturn, bucketTake, ICMP_BUCKETS } from '../tables/tokenBuckets.js';
import { sumOctets } from '../wire/checksum.js';
import { completeChecksum } from '../wire/completeChecksum.js';
import { EtherType } from '../wire/ethernet.js';
import { Icmp, IcmpType, isIcmpError, UnreachableCode } from '../wire/icmp.js';
import {
  Ipv4,
  ipv4FragmentOffset,
  ipv4HeaderLength,
  ipv4Source,
  ipv4WriteChecksum,
  isMartianSource,
  Protocol,
} from '../wire/ipv4.js';
import { virtioClear, virtioFlagsAndGso, virtioGsoSize } from '../wire/virtioNet.js';
import { writeIcmpIpv4 } from './madeIcmp.js';
import { sendByWay } from './sendMade.js';
import { sourceOfWay, wayOfOwn } from './way.js';

/** RFC 1812 4.3.2.3: as much of the packet as fits without the error exceeding 576 octets. */
const LARGEST_ERROR = 576;
const L2 = 14;

/**
 * Tells the sender of frame `f`, which is still as it came, that its packet goes no further. Nothing is sent about what must
 * not be answered (ERR-13) nor beyond the rate limits (ERR-16); suppressed ones are counted.
 * `mtu` is the next hop's for 3/4, else 0. The way is asked for without a source, as in Linux (icmp_route_lookup), so no rule `from`
 * concerns it; the route's own source, where one is configured, goes before the address of the interface the frame came in by.
 */
export function sendIcmpError(cx: PipelineContext, f: number, type: IcmpType, code: number, mtu: number): void {
  sendIcmpErrorFrom(cx, f, type, code, mtu, 0);
}

/**
 * sendIcmpError from the router's address `own`: the one that was asked, when the packet was for the router itself, so that the
 * sender knows the answer as that to its question. 0: by the route.
 */
export function sendIcmpErrorFrom(cx: PipelineContext, f: number, type: IcmpType, code: number, mtu: number, own: number): void {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  if (!mayAnswer(cx, f)) return;
  const source = ipv4Source(m, ip);
  const tos = m.u8[ip + Ipv4.Tos]! & 0xfc;
  const found = wayOfOwn(cx, own, source, tos, 0, Protocol.Icmp);
  const from = own || sourceOfWay(cx, found) || ownAddressTowards(cx.rifs, cx.rif[f]!, source);
  if (from === 0 || !allowed(cx, source, type === IcmpType.Unreachable && code === UnreachableCode.FragmentationNeeded)) {
    cx.counters.events[CounterEvent.IcmpErrorsSuppressed] = cx.counters.events[CounterEvent.IcmpErrorsSuppressed]! + 1;
    return;
  }
  const octets = cx.end[f]! - ip;
  const superFrame = virtioFlagsAndGso(m, cx.offsets[f]!) >> 8 !== 0;
  if (!superFrame) completeChecksum(m, cx.offsets[f]!, cx.end[f]!);
  const headers = ipv4HeaderLength(m, ip) + 8;
  const quoted = Math.min(octets, superFrame ? headers : LARGEST_ERROR - Ipv4.MinHeader - Icmp.Header);
  const record = cx.scratch.take(L2 + Ipv4.MinHeader + Icmp.Header + quoted);
  if (record < 0) return;
  const out = record + L2;
  const icmp = out + Ipv4.MinHeader;
  const quote = icmp + Icmp.Header;
  m.u8.copyWithin(quote, ip, ip + quoted);
  if (superFrame) writeSegmentLength(cx, quote, headers - 8, virtioGsoSize(m, cx.offsets[f]!));
  m.u8[icmp] = type;
  m.u8[icmp + Icmp.Code] = code;
  m.u16[(icmp + Icmp.Checksum) >> 1] = 0;
  m.i32[(icmp + Icmp.Id) >> 2] = 0;
  m.u8[icmp + Icmp.NextHopMtu] = mtu >> 8;
  m.u8[icmp + Icmp.NextHopMtu + 1] = mtu;
  m.u16[(icmp + Icmp.Checksum) >> 1] = ~sumOctets(m, icmp, Icmp.Header + quoted, 0) & 0xffff;
  writeIcmpIpv4(cx, out, Ipv4.MinHeader + Icmp.Header + quoted, tos, from, source);
  virtioClear(m, record);
  cx.counters.events[CounterEvent.IcmpErrors] = cx.counters.events[CounterEvent.IcmpErrors]! + 1;
  cx.counters.events[CounterEvent.FramesMade] = cx.counters.events[CounterEvent.FramesMade]! + 1;
  // Should it wait for its neighbour, this says that there is no tag between (requeue.ts).
  m.u16[(out - 2) >> 1] = EtherType.Ipv4;
  sendByWay(cx, f, found, out, Ipv4.MinHeader + Icmp.Header + quoted, L2, source);
}

/** ERR-13: no error about an error, a later fragment, or a source nobody can be reached at. Group frames never get here. */
function mayAnswer(cx: PipelineContext, f: number): boolean {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  if (isMartianSource(ipv4Source(m, ip)) || ipv4FragmentOffset(m, ip) !== 0) return false;
  if (m.u8[ip + Ipv4.Protocol] !== Protocol.Icmp) return true;
  const icmp = ip + ipv4HeaderLength(m, ip);
  return icmp < cx.end[f]! && !isIcmpError(m.u8[icmp]!);
}

/** A quoted super-frame shows the length of one of its segments: no host on the wire ever sent the whole (OFF-8). */
function writeSegmentLength(cx: PipelineContext, quote: number, ipHeader: number, gsoSize: number): void {
  const m = cx.memory;
  const tcp = m.u8[quote + Ipv4.Protocol] === Protocol.Tcp;
  const total = ipHeader + (tcp ? 20 : 8) + gsoSize;
  m.u8[quote + Ipv4.TotalLength] = total >> 8;
  m.u8[quote + Ipv4.TotalLength + 1] = total;
  ipv4WriteChecksum(m, quote);
}

/** Token buckets by receiver and for all (ERR-16, D18); 3/4 is exempt from the one for all. */
export function allowed(cx: PipelineContext, receiver: number, fragmentationNeeded: boolean): boolean {
  const t = cx.icmpTokens;
  const l = cx.limits;
  const bucket = flowHash(cx.sessions.key, receiver, 0, 0, cx.scope | 1) & (ICMP_BUCKETS - 1);
  if (!bucketTake(t, bucket, cx.now, l[Limit.IcmpPerHostRate]!, l[Limit.IcmpPerHostBurst]!)) return false;
  if (fragmentationNeeded || bucketTake(t, BUCKET_FOR_ALL, cx.now, l[Limit.IcmpRate]!, l[Limit.IcmpBurst]!)) return true;
  bucketReturn(t, bucket);
  return false;
}
