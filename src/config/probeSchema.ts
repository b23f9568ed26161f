import { z } from 'zod';
import { ifaceName, ipv4 } from './addressing.js';
import { defaulted, optional, required } from './keys.js';
import { duration } from './quantities.js';
import { integer } from './scalar.js';

/** Keys of `nexthopProbes`. */

/** A tick of the workers: nothing is sent more often. */
const LEAST_INTERVAL_MS = 100;
const MOST_INTERVAL_MS = 60_000;

export const probeShape = {
  address: required(ipv4(), { doc: 'Next hop that is asked.', reload: true }),
  dev: optional(ifaceName(), 'found from the routes by address', {
    doc: 'Router interface it is behind.',
    form: 'interface name',
    reload: true,
  }),
  interval: defaulted(duration(LEAST_INTERVAL_MS, MOST_INTERVAL_MS), '1s', {
    doc: 'Pause between two echo requests, and the time an answer may take; 100ms to 1m.',
    reload: true,
  }),
  fails: defaulted(integer(1, 100), 3, { doc: 'Requests in a row without an answer until the next hop is dead.', reload: true }),
  recovers: defaulted(integer(1, 100), 2, { doc: 'Answers in a row until a dead next hop is used again.', reload: true }),
};

export const probeSchema = z.strictObject(probeShape);

export type ProbeEntry = z.output<typeof probeSchema>;
