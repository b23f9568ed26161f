import { z } from 'zod';
import { addressRange, prefix } from './addressing.js';
import { defaulted, optional, required, withForm } from './keys.js';
import { portRange } from './quantities.js';
import { name, oneOf } from './scalar.js';

/** Keys of `zones`: ordered source prefixes, each with its external addresses (specs of dsnat and RFC 6888 words). */

export const rejectWord = () => oneOf('port-unreach', 'host-unreach', 'admin-prohib', 'silent');

const match = z.preprocess((raw) => (Array.isArray(raw) || raw === undefined ? raw : [raw]), z.array(prefix()).min(1));

export const zoneShape = {
  name: optional(
    name(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/, 'a zone name (1 to 63 letters, digits, . _ / -)', 'tenants'),
    'the first prefix',
    {
      doc: 'Name in listings and metrics; the rotation keeps its place by this name across reloads.',
      reload: true,
    },
  ),
  match: required(withForm(match, 'IPv4 prefix or list'), {
    doc: 'Inside sources this zone translates; the first zone in the list that covers a source decides, whatever its length.',
    reload: true,
  }),
  localAddresses: required(withForm(z.array(addressRange()), 'list of IPv4 addresses or ranges'), {
    doc: 'External addresses in rotation order; an empty list makes a zone that refuses everything.',
    reload: true,
  }),
  ports: defaulted(portRange(), '1024-65535', { doc: 'External ports (and ICMP identifiers) of each address.', reload: true }),
  pooling: defaulted(oneOf('rr'), 'rr', { doc: 'Each new session takes the next address of the zone.', reload: true }),
  reject: optional(rejectWord(), 'port-unreach without addresses, host-unreach when ports are exhausted', {
    doc: 'What a refused source is told by ICMP: 3/3, 3/1, 3/13, or nothing.',
    reload: true,
  }),
};

export const zoneSchema = z.strictObject(zoneShape);

export type ZoneEntry = z.output<typeof zoneSchema>;
