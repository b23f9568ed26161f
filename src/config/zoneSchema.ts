import { z } from 'zod';
import { addressRange, prefix } from './addressing.js';
import { defaulted, optional, required, withForm } from './keys.js';
import { portRange } from './quantities.js';
import { name, oneOf } from './scalar.js';

/** Keys of `zones`: ordered source prefixes, each with its external addresses (specs of dsnat and RFC 6888 words). */

export const rejectWord = () => oneOf('port-unreach', 'host-unreach', 'admin-prohib', 'silent');

const match = z.preprocess((raw) => (Array.isArray(raw) || raw === undefined ? raw : [raw]), z.array(prefix()).min(1));

const localAddressShape = {
  address: required(addressRange(), { doc: 'One address, or a range whose addresses share the state.', reload: true }),
  state: defaulted(oneOf('active', 'draining', 'removed'), 'active', {
    doc: 'A draining address takes no new session and serves those it has; one that is removed ends its sessions at once.',
    reload: true,
  }),
};

const withState = z.strictObject(localAddressShape);
const alone = addressRange();

/** An address or range, alone (then it is active) or with its state. */
const localAddress = z.unknown().transform((raw, cx): z.output<typeof withState> => {
  const isMapping = typeof raw === 'object' && raw !== null && !Array.isArray(raw);
  const parsed = isMapping
    ? withState.safeParse(raw, { reportInput: true })
    : alone.transform((address) => ({ address, state: 'active' as const })).safeParse(raw, { reportInput: true });
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) cx.addIssue(issue as never);
  return z.NEVER;
});

/** `localAddresses` of one item in its long form, for the JSON Schema. */
export const localAddressMapping = withState;

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
  localAddresses: required(withForm(z.array(localAddress), 'list of IPv4 addresses, ranges, or mappings'), {
    doc: 'External addresses in rotation order; an empty list makes a zone that refuses everything.',
    reload: true,
    children: localAddressShape,
  }),
  ports: defaulted(portRange(), '1024-65535', {
    doc: 'External ports of each address; ICMP identifiers are not limited. An address in use keeps its ports until a restart.',
    reload: false,
  }),
  pooling: defaulted(oneOf('rr'), 'rr', { doc: 'Each new session takes the next address of the zone.', reload: true }),
  reject: optional(rejectWord(), 'port-unreach without addresses, host-unreach when ports are exhausted', {
    doc: 'What a refused source is told by ICMP: 3/3, 3/1, 3/13, or nothing.',
    reload: true,
  }),
};

export const zoneSchema = z.strictObject(zoneShape);

export type ZoneEntry = z.output<typeof zoneSchema>;
