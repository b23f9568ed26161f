import { z } from 'zod';
import type { Parsed } from '../types/parsed.js';
import { defaulted } from './keys.js';
import { isOff } from './quantities.js';
import { flag, oneOf, scalar } from './scalar.js';

/** Keys of `tcp` and `icmp`: what the NAT does with segments and messages that belong to no session. */

/** Least that every host takes (RFC 9293 3.7.1), and what a segment in the largest IPv4 packet has. */
const LEAST_MSS = 536;
const MOST_MSS = 65_495;

const mss = scalar(
  (raw): Parsed<number | 'off' | 'pmtu'> => {
    if (isOff(raw)) return { value: 'off' };
    if (raw === 'pmtu') return { value: raw };
    return typeof raw === 'number' && Number.isInteger(raw) && raw >= LEAST_MSS && raw <= MOST_MSS
      ? { value: raw }
      : { fault: `is neither off, pmtu nor a number from ${LEAST_MSS} to ${MOST_MSS}` };
  },
  { form: `off | pmtu | ${LEAST_MSS} to ${MOST_MSS}`, example: 'pmtu', json: ['string', 'integer', 'boolean'] },
);

export const tcpShape = {
  midstream: defaulted(oneOf('drop', 'reset', 'adopt'), 'drop', {
    doc: 'What becomes of a segment that opens nothing and has no session: nothing, an RST to the inside sender, or a session is made of it, as after a failover.',
    reload: true,
  }),
  mss: defaulted(mss, 'off', {
    doc: 'Largest segments that both ends are told of: as they say, what the MTU of both links allows, or so many octets. It is only lowered.',
    unit: 'octets',
    reload: true,
  }),
  resetOnExpiry: defaulted(flag(), false, {
    doc: 'Send an RST to both ends of an established connection that is idle for too long, so that they notice.',
    reload: true,
  }),
  answerUnsolicited: defaulted(flag(), false, {
    doc: 'Answer a SYN from outside without a session by ICMP 3/3, when timers.unsolicitedSyn is over (RFC 5382 REQ-4).',
    reload: true,
  }),
};

export const icmpShape = {
  answerEchoToLocalAddresses: defaulted(flag(), false, {
    doc: 'Answer pings from outside to the local addresses of zones; pings to the addresses of interfaces are always answered.',
    reload: true,
  }),
};

export const tcpSchema = z.strictObject(tcpShape);
export const icmpSchema = z.strictObject(icmpShape);
