import { z } from 'zod';
import { defaulted, optional, required } from './keys.js';
import { listenAddress } from './quantities.js';
import { flag, integer, name } from './scalar.js';

/** Keys of `events`: who had which external port when (RFC 6888 REQ-12). */

const HIGHEST_DOMAIN = 0xffff_ffff;

const ipfixShape = {
  collector: required(listenAddress('192.0.2.9:4739'), {
    doc: 'Where the records go by UDP (RFC 7011); the port is usually 4739.',
    reload: true,
  }),
  domain: defaulted(integer(0, HIGHEST_DOMAIN), 1, {
    doc: 'Observation domain, which tells several gateways apart at the collector.',
    reload: true,
  }),
};

export const eventsShape = {
  file: optional(name(/^\/[^\0]{1,4094}$/, 'an absolute path', '/var/log/windrose/events.jsonl', 'absolute path'), 'no file', {
    doc: 'File to which the records are appended as lines of JSON (docs/events.md); each reload opens it anew.',
    reload: true,
  }),
  ipfix: optional(z.strictObject(ipfixShape), 'none', {
    doc: 'Collector of IPFIX records.',
    reload: true,
    children: ipfixShape,
  }),
  sessions: defaulted(flag(), false, {
    doc: 'Record each session; without it endpoint-independent mappings, blocks of 64 ports as workers claim and free them, and refusals.',
    reload: true,
  }),
  destinations: defaulted(flag(), false, {
    doc: 'Record the remote of each session too; it tells what people do (RFC 6888 REQ-12).',
    reload: true,
  }),
};
