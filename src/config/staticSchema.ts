import { z } from 'zod';
import { endpoint } from './addressing.js';
import { optional, required } from './keys.js';
import { name, oneOf } from './scalar.js';

/** Keys of `staticMappings`: floating IPs and port forwards (nat-behaviour.md 7). */

export const staticShape = {
  name: optional(
    name(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/, 'a name of a mapping (1 to 63 letters, digits, . _ / -)', 'web'),
    'none',
    { doc: 'What it is for; only listings show it.', reload: true },
  ),
  protocol: optional(oneOf('tcp', 'udp'), 'every protocol: a host has the external address to itself', {
    doc: 'Of a mapping of one port; without it the whole host is mapped and no port changes.',
    reload: true,
  }),
  external: required(endpoint('203.0.113.1:8080'), {
    doc: 'Outside, with a port when there is a protocol. A port may be one of a local address of a zone, which does not hand it out then.',
    reload: true,
  }),
  inside: required(endpoint('10.0.0.6:80'), {
    doc: 'The inside host, with a port when there is a protocol. It comes before every zone.',
    reload: true,
  }),
};

export const staticSchema = z.strictObject(staticShape);

export type StaticEntry = z.output<typeof staticSchema>;
