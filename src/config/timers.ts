import type { Millis } from '../types/units.js';
import type { Profile, TimerProfile, TimersConfig } from './config.js';
import type { TimersEntry } from './timersSchema.js';

/** Idle times of NAT sessions: profiles, floors of the RFCs, and what the file makes of them. */

export type Timer = Exclude<keyof TimersConfig, 'profile' | 'allowShort' | 'scale'>;

export type TimerRule = Readonly<Record<TimerProfile, Millis>> & {
  /** Refused below, unless `allowShort`. */
  readonly floor: Millis;
  readonly source: string;
  /** The default is no longer than this timer; in profile rfc it is this timer. */
  readonly within?: Timer;
};

const rule = (rfc: number, dense: number, dsnat: number, floor: number, source: string, within?: Timer): TimerRule => ({
  rfc: (rfc * 1000) as Millis,
  dense: (dense * 1000) as Millis,
  dsnat: (dsnat * 1000) as Millis,
  floor: (floor * 1000) as Millis,
  source,
  ...(within === undefined ? {} : { within }),
});

/** Seconds: profiles rfc, dense and dsnat (zones.md 1.7), floor. 0 as a default: off. */
export const timerRules: Readonly<Record<Timer, TimerRule>> = {
  udp: rule(300, 120, 300, 120, 'RFC 4787 REQ-5'),
  udpUnanswered: rule(120, 120, 300, 120, 'RFC 4787 REQ-5'),
  udpShort: rule(0, 0, 0, 0, 'RFC 4787 REQ-5a'),
  tcpEstablished: rule(7440, 900, 900, 7440, 'RFC 5382 REQ-5'),
  tcpHalfOpen: rule(240, 30, 120, 6, 'RFC 5382 REQ-5'),
  tcpHalfClosed: rule(7440, 120, 120, 7440, 'RFC 7857 2.1', 'tcpEstablished'),
  tcpClosing: rule(240, 60, 120, 10, 'RFC 7857 2.2'),
  tcpReset: rule(240, 10, 10, 10, 'RFC 7857 2.2', 'tcpClosing'),
  unsolicitedSyn: rule(6, 6, 6, 6, 'RFC 5382 REQ-4'),
  icmp: rule(60, 60, 60, 60, 'RFC 5508 REQ-1'),
  other: rule(600, 600, 600, 60, 'their hosts ask for about a minute'),
  fragment: rule(15, 15, 15, 0, 'RFC 791'),
  portHold: rule(120, 30, 0, 0, 'RFC 6888 REQ-8'),
};

export const timerNames = Object.keys(timerRules) as Timer[];

/** The floor under a profile: a profile's own value is never refused. */
export function floorOf(timer: Timer, profile: TimerProfile): Millis {
  return Math.min(timerRules[timer].floor, timerRules[timer][profile]) as Millis;
}

/** What the file says, or what comes with the gateway's profile. */
export function timerProfile(entry: TimersEntry, profile: Profile): TimerProfile {
  return entry.profile ?? (profile === 'dsnat' ? 'dsnat' : 'rfc');
}

/** Fills in the profile and applies the scale; at least 1 ms each that is not off. */
export function resolveTimers(entry: TimersEntry, gateway: Profile): TimersConfig {
  const profile = timerProfile(entry, gateway);
  const unscaled = (timer: Timer): number => {
    const { within, [profile]: usual } = timerRules[timer];
    if (entry[timer] !== undefined) return entry[timer];
    if (within === undefined) return usual;
    return profile === 'rfc' ? unscaled(within) : Math.min(usual, unscaled(within));
  };
  const scaled = (timer: Timer): Millis => {
    const ms = unscaled(timer);
    return (ms === 0 ? 0 : Math.max(1, Math.round(ms * entry.scale))) as Millis;
  };
  const times = Object.fromEntries(timerNames.map((timer) => [timer, scaled(timer)])) as Record<Timer, Millis>;
  return { profile, ...times, allowShort: entry.allowShort, scale: entry.scale };
}
