import type { Millis } from '../types/units.js';
import type { TimersConfig } from './config.js';
import type { TimersEntry } from './tuningSchema.js';

/** Idle times of NAT sessions: profiles, floors of the RFCs, and what the file makes of them. */

type Timer = 'udp' | 'udpUnanswered' | 'tcpEstablished' | 'tcpHalfOpen' | 'tcpClosing' | 'icmp';

export interface TimerRule {
  readonly rfc: Millis;
  readonly dense: Millis;
  /** Refused below, unless `allowShort`. */
  readonly floor: Millis;
  readonly source: string;
}

const rule = (rfc: number, dense: number, floor: number, source: string): TimerRule => ({
  rfc: (rfc * 1000) as Millis,
  dense: (dense * 1000) as Millis,
  floor: (floor * 1000) as Millis,
  source,
});

/** Seconds: profile rfc, profile dense, floor. */
export const timerRules: Readonly<Record<Timer, TimerRule>> = {
  udp: rule(300, 120, 120, 'RFC 4787 REQ-5'),
  udpUnanswered: rule(120, 120, 120, 'RFC 4787 REQ-5'),
  tcpEstablished: rule(7440, 900, 7440, 'RFC 5382 REQ-5'),
  tcpHalfOpen: rule(240, 30, 6, 'RFC 5382 REQ-5'),
  tcpClosing: rule(240, 60, 10, 'RFC 7857 2.2'),
  icmp: rule(60, 60, 60, 'RFC 5508 REQ-1'),
};

export const timerNames = Object.keys(timerRules) as Timer[];

/** The floor under a profile: a profile's own value is never refused. */
export function floorOf(timer: Timer, profile: 'rfc' | 'dense'): Millis {
  return Math.min(timerRules[timer].floor, timerRules[timer][profile]) as Millis;
}

/** Fills in the profile and applies the scale; at least 1 ms each. */
export function resolveTimers(entry: TimersEntry): TimersConfig {
  const of = (timer: Timer): Millis =>
    Math.max(1, Math.round((entry[timer] ?? timerRules[timer][entry.profile]) * entry.scale)) as Millis;
  return {
    profile: entry.profile,
    udp: of('udp'),
    udpUnanswered: of('udpUnanswered'),
    tcpEstablished: of('tcpEstablished'),
    tcpHalfOpen: of('tcpHalfOpen'),
    tcpClosing: of('tcpClosing'),
    icmp: of('icmp'),
    allowShort: entry.allowShort,
    scale: entry.scale,
  };
}
