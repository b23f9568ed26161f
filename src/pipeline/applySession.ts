import { Verdict } from '../shared/verdict.js';
import { Letter } from '../tables/handoffRing.js';
import { Adjacency, NeighborState } from '../tables/neighbors.js';
import { Session, SessionFlag } from '../tables/sessions.js';
import { Limit } from '../tables/snapshot.js';
import { delta16, moveFinished, movePartial, negate, TTL_DELTA } from '../wire/checksum.js';
import { Icmp } from '../wire/icmp.js';
import { FragmentBits, Ipv4, Protocol } from '../wire/ipv4.js';
import { Arena, type FrameMemory } from '../wire/memory.js';
import { Tcp, TcpFlag } from '../wire/tcp.js';
import { Udp } from '../wire/udp.js';
import { VirtioFlag, virtioFlagsAndGso } from '../wire/virtioNet.js';
import { noteAck } from './acknowledgements.js';
import type { PipelineContext } from './context.js';
import { emit } from './emit.js';
import { clampMss } from './mssClamp.js';
import { changeState } from './sessionState.js';
import { isOutOfState, nextTcpState, SessionState, setSessionState } from './tcpState.js';

/**
 * The fast path: a frame of a known session is rewritten by the cached differences and sent. Returns Continue, with the frame
 * untouched, when anything is out of the ordinary (neighbour not ready, TTL, MTU, stale route): resolve/ takes those.
 */
export function applySession(cx: PipelineContext, f: number, row: number, outward: boolean): Verdict {
  const m = cx.memory;
  const r = cx.sessions.rows;
  const n = cx.neighbors.rows;
  const ip = cx.ip[f]!;
  if (m.u8[ip + Ipv4.Protocol] === Protocol.Tcp && isMisfit(cx, ip, row, outward)) return Verdict.DropTcpState;
  const adjacency = outward ? r[row + Session.OutwardAdjacency]! : r[row + Session.InwardAdjacency]!;
  if (
    adjacency < 0 ||
    (r[row + Session.EpochPool]! & 0xffff) !== cx.epoch ||
    n[adjacency + Adjacency.State]! < NeighborState.Stale
  )
    return Verdict.Continue;
  if (m.u8[ip + Ipv4.Ttl]! <= 1) return Verdict.Continue;
  if (largestPacket(cx, f) > n[adjacency + Adjacency.Mtu]!) return Verdict.Continue;
  const octets = cx.end[f]! - ip;
  rewrite(cx, f, row, outward);
  emit(cx, ip, octets, ip - cx.offsets[f]!, adjacency);
  return Verdict.Translated;
}

/** True for a TCP segment that does not fit its session's state. Of a session of another worker that one decides; a later fragment has no flags. */
function isMisfit(cx: PipelineContext, ip: number, row: number, outward: boolean): boolean {
  const m = cx.memory;
  if ((m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.Offset) !== 0) return false;
  const meta = cx.sessions.rows[row + Session.Meta]!;
  const state = (meta >>> 8) & 0xff;
  const flags = m.u8[ip + ((m.u8[ip]! & 0x0f) << 2) + Tcp.Flags]!;
  // A mapping that filters by address knows this remote's: the session is there.
  const admits = (meta & (SessionFlag.Static | SessionFlag.Adf | SessionFlag.Eif)) !== 0;
  return state < SessionState.Elsewhere && isOutOfState(state, flags, outward, admits);
}

/** Octets of the largest IPv4 packet the frame is on the wire: the packet itself, or headers and one segment of a super-frame (OFF-8). */
export function largestPacket(cx: PipelineContext, f: number): number {
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  const ip = cx.ip[f]!;
  if (virtioFlagsAndGso(m, frame) >> 8 === 0) return cx.end[f]! - ip;
  const l4 = ip + ((m.u8[ip]! & 0x0f) << 2);
  const l4Header = m.u8[ip + Ipv4.Protocol] === Protocol.Tcp ? (m.u8[l4 + Tcp.DataOffset]! >> 4) << 2 : Udp.Header;
  const packet = l4 - ip + l4Header + m.u16[(frame - Arena.VirtioHeader + 4) >> 1]!;
  const whole = cx.end[f]! - ip;
  return Math.min(packet, whole);
}

/** Translates addresses, port or id, TTL and checksums in place; touches the session's state and timer. */
export function rewrite(cx: PipelineContext, f: number, row: number, outward: boolean): void {
  const m = cx.memory;
  const r = cx.sessions.rows;
  const ip = cx.ip[f]!;
  const l4 = ip + ((m.u8[ip]! & 0x0f) << 2);
  const deltas = r[row + Session.Deltas]!;
  let addressDelta = deltas & 0xffff;
  let l4Delta = deltas >>> 16;
  let port: number;
  let portAt: number;
  if (outward) {
    m.i32[(ip + Ipv4.Source) >> 2] = r[row + Session.ExternalAddress]!;
    port = r[row + Session.InwardPorts]! >>> 16;
    portAt = l4;
  } else {
    m.i32[(ip + Ipv4.Destination) >> 2] = r[row + Session.InsideAddress]!;
    port = r[row + Session.OutwardPorts]! & 0xffff;
    portAt = l4 + 2;
    addressDelta = negate(addressDelta);
    l4Delta = negate(l4Delta);
  }
  m.u8[ip + Ipv4.Ttl] = m.u8[ip + Ipv4.Ttl]! - 1;
  const check = (ip + Ipv4.Checksum) >> 1;
  m.u16[check] = moveFinished(m.u16[check]!, addressDelta + TTL_DELTA);

  const seen = r[row + Session.LastSeen]!;
  const state = (r[row + Session.Meta]! >>> 8) & 0xff;
  if (outward || state !== SessionState.Inbound) r[row + Session.LastSeen] = cx.now;
  const part = m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.NotWhole;
  if (part !== 0) {
    if (outward) writeId(m, ip, cx.letter[Letter.Flags]! >>> 16);
    // What follows the addresses is payload: the first fragment carries the difference of all (FRG-2).
    if ((part & FragmentBits.Offset) !== 0) return;
  }
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  if (protocol === Protocol.Icmp) {
    m.u16[(l4 + Icmp.Id) >> 1] = port;
    const at = (l4 + Icmp.Checksum) >> 1;
    // A message of zeros alone has the checksum 0xffff, and 0 would not verify; where 0 is right 0xffff is, too.
    m.u16[at] = moveFinished(m.u16[at]!, l4Delta) || 0xffff;
    return;
  }
  if (protocol !== Protocol.Tcp && protocol !== Protocol.Udp) {
    moveOther(m, protocol, l4, cx.end[f]!, addressDelta);
    return;
  }
  m.u16[portAt >> 1] = port;
  const partial = (virtioFlagsAndGso(m, cx.offsets[f]!) & VirtioFlag.NeedsChecksum) !== 0;
  if (protocol === Protocol.Tcp) {
    const at = (l4 + Tcp.Checksum) >> 1;
    m.u16[at] = partial ? movePartial(m.u16[at]!, addressDelta) : moveFinished(m.u16[at]!, l4Delta);
    const flags = m.u8[l4 + Tcp.Flags]!;
    if (cx.limits[Limit.ResetOnExpiry] !== 0) noteAck(cx, row, outward, flags, m.i32[(l4 + Tcp.Acknowledgement) >> 2]!);
    if ((flags & 7) === 0 && state !== SessionState.Reset) return;
    trackTcp(cx, row, state, flags, outward);
    // The first RST starts its timer; more of them prolong nothing (TIM-2).
    if (state === SessionState.Reset && (flags & TcpFlag.Rst) !== 0) r[row + Session.LastSeen] = seen;
    if ((flags & TcpFlag.Syn) !== 0 && cx.limits[Limit.Mss] !== 0) clampMss(cx, f, row, outward, l4, partial);
    return;
  }
  if (state === (outward ? SessionState.Inbound : SessionState.Unanswered)) setSessionState(cx.sessions, row, SessionState.Open);
  const at = (l4 + Udp.Checksum) >> 1;
  const sum = m.u16[at]!;
  if (partial) m.u16[at] = movePartial(sum, addressDelta);
  else if (sum !== 0) m.u16[at] = moveFinished(sum, l4Delta) || 0xffff;
}

/** Gives a packet another IPv4 id (FRG-8). */
export function writeId(m: FrameMemory, ip: number, id: number): void {
  const check = (ip + Ipv4.Checksum) >> 1;
  m.u16[check] = moveFinished(m.u16[check]!, delta16(m.u16[(ip + Ipv4.Id) >> 1]!, id));
  m.u16[(ip + Ipv4.Id) >> 1] = id;
}

/** Protocols without ports of ours, by a static mapping: UDP-Lite and DCCP have the addresses in their checksum (CKS-6), others have not. */
function moveOther(m: FrameMemory, protocol: number, l4: number, end: number, addressDelta: number): void {
  if ((protocol !== Protocol.UdpLite && protocol !== Protocol.Dccp) || end - l4 < 8) return;
  const at = (l4 + Udp.Checksum) >> 1;
  m.u16[at] = moveFinished(m.u16[at]!, addressDelta);
}

/** A segment that may change the state: SYN, FIN, RST, or anything after an RST. */
function trackTcp(cx: PipelineContext, row: number, state: SessionState, flags: number, outward: boolean): void {
  const next = nextTcpState(state, flags, outward);
  if (next !== state) changeState(cx, row, state, next);
}
