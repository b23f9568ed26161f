import { z } from 'zod';
import type { Millis } from '../types/units.js';
import { defaulted, optional } from './keys.js';
import { duration, factor, orOff } from './quantities.js';
import { flag, oneOf } from './scalar.js';

/** Keys of `timers`. Defaults and floors stand in timers.ts, because they depend on the profile. */

const timer = (doc: string, absent: string) => optional(duration(1), absent, { doc, reload: true });

/** 0: there is none. */
const timerOrOff = (doc: string, absent: string, example: string) => {
  const value = orOff(duration(0), 'a duration', { form: 'duration | off', example });
  return optional(
    value.transform((one) => (one === 'off' ? (0 as Millis) : one)),
    absent,
    { doc, form: 'duration | off', reload: true },
  );
};

export const timersShape = {
  profile: optional(oneOf('rfc', 'dense', 'dsnat'), 'rfc; profile dsnat: dsnat', {
    doc: 'Defaults of the timers: what the RFCs ask for, shorter ones that serve more sessions with the same ports, or those of dsnat.',
    reload: true,
  }),
  udp: timer('Idle time of a UDP session with an answer; never below 120s (RFC 4787 REQ-5).', 'rfc and dsnat 300s, dense 120s'),
  udpUnanswered: timer(
    'Idle time of a UDP session nobody has answered; never below 120s (RFC 4787 REQ-5).',
    'rfc and dense 120s, dsnat 300s',
  ),
  udpShort: timerOrOff('Idle time of a UDP session to remote port 53 or 123 (RFC 4787 REQ-5a); off: as any other.', 'off', '30s'),
  tcpEstablished: timer('Idle time of an established TCP session (RFC 5382 REQ-5).', 'rfc 2h4m, dense and dsnat 15m'),
  tcpHalfOpen: timer(
    'Idle time until the handshake is complete; never below 6s (RFC 5382 REQ-5).',
    'rfc 240s, dense 30s, dsnat 120s',
  ),
  tcpHalfClosed: timer(
    'Idle time after the FIN of one side; a half-closed connection may go on sending (RFC 7857 2.1).',
    'rfc as tcpEstablished, dense and dsnat at most 120s',
  ),
  tcpClosing: timer('Idle time after both FINs; never below 10s (RFC 7857 2.2).', 'rfc 240s, dense 60s, dsnat 120s'),
  tcpReset: timer('Idle time after an RST; never below 10s (RFC 7857 2.2).', 'rfc as tcpClosing, dense and dsnat at most 10s'),
  unsolicitedSyn: timer(
    'How long a SYN from outside waits for one from inside before it is forgotten; never below 6s (RFC 5382 REQ-4).',
    '6s',
  ),
  icmp: timer('Idle time of an ICMP query session; never below 60s (RFC 5508 REQ-1).', '60s'),
  other: timer('Idle time of protocols without ports, through 1:1 static mappings; never below 60s.', '600s'),
  fragment: timer('How long fragments wait for the first one of their datagram (RFC 791).', '15s'),
  portHold: timerOrOff(
    'How long a port whose UDP or ICMP session is over is kept from other hosts (RFC 6888 REQ-8); off: not at all.',
    'rfc 120s, dense 30s, dsnat off',
    '120s',
  ),
  allowShort: defaulted(flag(), false, { doc: 'Accept timers below their floor and a scale; for tests and labs.', reload: true }),
  scale: defaulted(factor(), 1, { doc: 'Multiplies every timer of this section; needs allowShort.', reload: true }),
};

export const timersSchema = z.strictObject(timersShape);
export type TimersEntry = z.output<typeof timersSchema>;
