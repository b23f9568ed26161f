import { isElsewhere } from '../tables/elsewhere.js';
import { Session, SessionFlag, type Sessions } from '../tables/sessions.js';
import { Timeout } from '../tables/snapshot.js';
import { Ipv4, ipv4HeaderLength, Protocol } from '../wire/ipv4.js';
import type { FrameMemory } from '../wire/memory.js';
import { Tcp, TcpFlag } from '../wire/tcp.js';

/**
 * States of a session and the timer each runs on (RFC 7857 section 2, zones.md 1.7). ICMP sessions are Open. UDP ones are Unanswered,
 * then Open; one that the outside began is Inbound until the inside answers, and what comes in meanwhile keeps it no longer
 * than it would live anyway, nor its mapping (DOS-5). TCP:
 *
 *   HalfOpen     a SYN from inside. A SYN from outside makes it Established.
 *   Unanswered   a SYN from outside that a mapping let in. A SYN from inside makes it Established.
 *   Established  data flows. Not reached by data, only by the other side's SYN (TCP-1).
 *   FinOutward, FinInward  one FIN seen: half closed, data may still pass.
 *   Closing      both FINs seen.
 *   Elsewhere    another worker has the session (its number stands for the pool's); only its outward tuple stands in the row.
 *   Reset        an RST seen; any later segment that is no RST brings Established back (TCP-5), a SYN a new life (TCP-8).
 */
export const enum SessionState {
  Open = 0,
  HalfOpen,
  Established,
  FinOutward,
  FinInward,
  Closing,
  Reset,
  Unanswered,
  Inbound,
  /** Not sessions (tables/sessions.ts): the row says which worker has it; the session is over and its port is held. */
  Elsewhere = 9,
  Held = 10,
}

export const sessionStateNames: Readonly<Record<SessionState, string>> = {
  [SessionState.Open]: 'OPEN',
  [SessionState.HalfOpen]: 'SYN_SENT',
  [SessionState.Established]: 'ESTABLISHED',
  [SessionState.FinOutward]: 'FIN_OUT',
  [SessionState.FinInward]: 'FIN_IN',
  [SessionState.Closing]: 'CLOSING',
  [SessionState.Reset]: 'RESET',
  [SessionState.Unanswered]: 'UNREPLIED',
  [SessionState.Inbound]: 'INBOUND',
  [SessionState.Elsewhere]: 'ELSEWHERE',
  [SessionState.Held]: 'HELD',
};

export function sessionState(t: Sessions, row: number): SessionState {
  return (t.rows[row + Session.Meta]! >>> 8) & 0xff;
}

export function setSessionState(t: Sessions, row: number, state: SessionState): void {
  t.rows[row + Session.Meta] = (t.rows[row + Session.Meta]! & ~0xff00) | (state << 8);
}

/** The state after a segment with `flags`. */
export function nextTcpState(state: SessionState, flags: number, outward: boolean): SessionState {
  if ((flags & TcpFlag.Rst) !== 0) return SessionState.Reset;
  if ((flags & TcpFlag.Syn) !== 0) {
    if (state === (outward ? SessionState.Unanswered : SessionState.HalfOpen)) return SessionState.Established;
    if (state !== SessionState.Closing && state !== SessionState.Reset) return state;
    if (outward) return SessionState.HalfOpen;
    return (flags & TcpFlag.Ack) === 0 ? SessionState.Unanswered : state;
  }
  const current = state === SessionState.Reset ? SessionState.Established : state;
  if ((flags & TcpFlag.Fin) === 0) return current;
  if (current === SessionState.Established) return outward ? SessionState.FinOutward : SessionState.FinInward;
  if (current === (outward ? SessionState.FinInward : SessionState.FinOutward)) return SessionState.Closing;
  return current;
}

/**
 * True for a segment that is no part of a connection in `state`, and is dropped without a trace in it: flags that no connection has
 * (none of SYN, ACK, RST; SYN with FIN or RST: TCP-10), or a SYN from outside to a connection that is over (TCP-8), unless its
 * mapping lets the sender open another (`admits`): then a new life begins. All else passes, whatever its sequence numbers:
 * nothing here looks at windows (TCP-2, TCP-7).
 */
export function isOutOfState(state: SessionState, flags: number, outward: boolean, admits: boolean): boolean {
  if (isImpossible(flags)) return true;
  if (outward || admits || (flags & (TcpFlag.Syn | TcpFlag.Ack)) !== TcpFlag.Syn) return false;
  return state === SessionState.Closing || state === SessionState.Reset;
}

/** Flags that no segment of a connection has (RFC 9293 3.10.7.4: without ACK only a SYN or an RST is looked at; TCP-10). */
export function isImpossible(flags: number): boolean {
  if ((flags & TcpFlag.Syn) !== 0) return (flags & (TcpFlag.Fin | TcpFlag.Rst)) !== 0;
  return (flags & (TcpFlag.Ack | TcpFlag.Rst)) === 0;
}

/** The first segment of a connection: a SYN and nothing that contradicts it. */
export function opensConnection(flags: number): boolean {
  return (flags & (TcpFlag.Syn | TcpFlag.Ack | TcpFlag.Rst | TcpFlag.Fin)) === TcpFlag.Syn;
}

/** State of the session that the packet at `ip` opens from outside, through a mapping that lets it in. */
export function firstStateInward(m: FrameMemory, ip: number): SessionState {
  const state = firstState(m, ip);
  if (state === SessionState.HalfOpen) return SessionState.Unanswered;
  return state === SessionState.Unanswered ? SessionState.Inbound : state;
}

/** State of the session that the packet at `ip` opens: a TCP segment without SYN is of a connection older than the session (TCP-9). */
export function firstState(m: FrameMemory, ip: number): SessionState {
  const protocol = m.u8[ip + Ipv4.Protocol];
  if (protocol === Protocol.Udp) return SessionState.Unanswered;
  if (protocol !== Protocol.Tcp) return SessionState.Open;
  const flags = m.u8[ip + ipv4HeaderLength(m, ip) + Tcp.Flags]!;
  return (flags & TcpFlag.Syn) !== 0 ? SessionState.HalfOpen : SessionState.Established;
}

/**
 * Ticks that a session with this Meta word lives after its last frame. What a home knows of another worker's session is kept
 * for twice as long as the session could be silent, so that the owner's word that it lives always comes in time.
 */
export function sessionTimeout(timeouts: Int32Array, meta: number): number {
  const protocol = meta & 0xff;
  if (((meta >>> 8) & 0xff) === SessionState.Held) return timeouts[Timeout.PortHold]!;
  if (isElsewhere(meta))
    return 2 * timeouts[timeoutSlot(protocol, protocol === 6 ? SessionState.Established : SessionState.Open)]!;
  const short = timeouts[Timeout.UdpShort]!;
  if ((meta & SessionFlag.ShortUdp) !== 0 && short !== 0) return short;
  return timeouts[timeoutSlot(protocol, (meta >>> 8) & 0xff)]!;
}

/** Slot in the timeouts table for a protocol number and state. */
export function timeoutSlot(protocol: number, state: SessionState): Timeout {
  if (protocol === 17)
    return state === SessionState.Unanswered || state === SessionState.Inbound ? Timeout.UdpUnanswered : Timeout.Udp;
  if (protocol === 1) return Timeout.Icmp;
  if (protocol !== 6) return Timeout.Other;
  if (state === SessionState.Established) return Timeout.TcpEstablished;
  if (state === SessionState.HalfOpen || state === SessionState.Unanswered) return Timeout.TcpHalfOpen;
  if (state === SessionState.Closing) return Timeout.TcpClosing;
  return state === SessionState.Reset ? Timeout.TcpReset : Timeout.TcpHalfClosed;
}
