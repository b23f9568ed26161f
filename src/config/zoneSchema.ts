import { z } from 'zod';
import { addressRange, prefix } from './addressing.js';
import { defaulted, optional, required, withForm } from './keys.js';
import { perProtocol, protocolList, protocolShape } from './perProtocol.js';
import { orOff, portRange, rate } from './quantities.js';
import { flag, integer, name, oneOf } from './scalar.js';

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

const mappingWord = () => oneOf('eim', 'apdm');
export const mappingShape = protocolShape(mappingWord, { tcp: 'apdm', udp: 'eim', icmp: 'eim' }, 'Mapping of');

const filteringWord = () => oneOf('eif', 'adf', 'apdf');
const byMapping = 'adf with mapping eim, apdf with apdm';
export const filteringShape = protocolShape(filteringWord, { tcp: byMapping, udp: byMapping, icmp: byMapping }, 'Filtering of');

export const overloadShape = protocolShape(flag, { tcp: 'true', udp: 'true', icmp: 'true' }, 'Overloading of');

/** More than there are sessions in the largest table. */
const MOST_OF_A_HOST = 16_777_215;

const hostCount = (value: number, doc: string) =>
  defaulted(
    orOff(integer(1, MOST_OF_A_HOST), `a whole number from 1 to ${MOST_OF_A_HOST}`, {
      form: `number from 1 to ${MOST_OF_A_HOST} | off`,
      example: String(value),
    }),
    value,
    { doc, reload: true },
  );

const hostLimitsShape = {
  sessions: hostCount(8192, 'Sessions at a time (RFC 6888 REQ-4).'),
  ports: hostCount(4096, 'External ports at a time, of each protocol (RFC 6888 REQ-4).'),
  halfOpen: hostCount(1024, 'TCP connections whose handshake is not complete.'),
  newSessions: defaulted(orOff(rate(), 'a rate', { form: 'rate | off', example: '2000/s burst 4000' }), '2000/s burst 4000', {
    doc: 'New sessions.',
    unit: 'sessions',
    reload: true,
  }),
};

export const zoneShape = {
  name: optional(
    name(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/, 'a zone name (1 to 63 letters, digits, . _ / -)', 'tenants'),
    'the first prefix',
    {
      doc: 'Name in listings and metrics; the rotation keeps its place by this name across reloads. With host, and of gateways: "/" only in a prefix.',
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
  ports: optional(portRange(), '1024-65535; profile dsnat: 5000-65535', {
    doc: 'External ports of each address; ICMP identifiers are not limited. An address in use keeps its ports until a restart.',
    reload: false,
  }),
  pooling: defaulted(oneOf('rr', 'rr-host', 'hash', 'least'), 'rr', {
    doc: "Which address a session gets: the next one (rr), the one of the host, which is the next when it has none (rr-host), by the host's address (hash), or the one with the fewest ports in use (least). Want rr-host when servers expect all connections of a user from one address, as banks and SIP do.",
    reload: true,
  }),
  protocols: optional(protocolList, 'tcp, udp, icmp', {
    doc: 'Protocols that are translated; a source is refused for the others.',
    reload: true,
  }),
  mapping: optional(perProtocol(mappingWord, mappingShape, 'eim | apdm'), 'tcp apdm, udp and icmp eim; profile dsnat: apdm', {
    doc: 'Whether an inside endpoint keeps its external port for every remote (eim), or has one for each (apdm), which serves more hosts with the same ports.',
    reload: true,
    children: mappingShape,
  }),
  filtering: optional(perProtocol(filteringWord, filteringShape, 'eif | adf | apdf'), 'adf with mapping eim, apdf with apdm', {
    doc: "Whose packets a mapping lets in: anybody's (eif), those of addresses the host has sent to (adf), those of endpoints it has sent to (apdf). With mapping apdm only apdf is possible.",
    reload: true,
    children: filteringShape,
  }),
  overload: optional(perProtocol(flag, overloadShape, 'true or false'), 'true', {
    doc: 'Whether a port serves another session, with another remote, when none is free.',
    reload: true,
    children: overloadShape,
  }),
  hostLimits: defaulted(
    z.strictObject(hostLimitsShape),
    {},
    {
      doc: 'What one inside host may have at most.',
      reload: true,
      children: hostLimitsShape,
    },
  ),
  reject: optional(
    rejectWord(),
    'port-unreach without addresses, host-unreach when ports are exhausted; profile dsnat: port-unreach',
    {
      doc: 'What a refused source is told by ICMP: 3/3, 3/1, 3/13, or nothing.',
      reload: true,
    },
  ),
};

export const zoneSchema = z.strictObject(zoneShape);

export type ZoneEntry = z.output<typeof zoneSchema>;
