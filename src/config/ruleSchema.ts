import type { z } from 'zod';
import { ifaceName } from './addressing.js';
import {
  dscp,
  group,
  host,
  ipProtocol,
  mark,
  number,
  ports,
  proto,
  realms,
  selected,
  table,
  tos,
  tunnelId,
  U32,
  uids,
} from './ipValues.js';
import { defaulted, optional } from './keys.js';
import { orLine } from './routeSchema.js';
import { ruleLine } from './routingLines.js';
import { flag, oneOf } from './scalar.js';

/** Keys of `rules`, called as ip-rule(8) calls them. A rule may also be one line, as it takes and prints it. */

const LONGEST = 0x7fff_ffff;

const device = (doc: string) => optional(ifaceName(), 'any', { doc, form: 'interface name | lo', reload: true });

export const ruleShape = {
  priority: optional(number(0, U32), 'one less than the second rule has', {
    doc: 'Rules are tried by ascending priority; those of one priority in the order of the file.',
    reload: true,
  }),
  not: defaulted(flag(), false, { doc: 'The rule is for what the selectors do not match.', reload: true }),
  from: optional(selected(), 'all', { doc: 'Source of the packet; host bits count for nothing.', reload: true }),
  to: optional(selected(), 'all', { doc: 'Destination of the packet; host bits count for nothing.', reload: true }),
  tos: optional(tos(), 'any', { doc: 'Type of service, 0x04 to 0x1c; 0 is any.', reload: true }),
  dscp: optional(dscp(), 'any', { doc: 'Differentiated services code point.', reload: true }),
  fwmark: optional(mark(), 'any', {
    doc: 'Mark of the packet, under a mask; the mask is all ones when it is left out.',
    reload: true,
  }),
  iif: device('Router interface the packet came in by; lo: the router itself sends it.'),
  oif: device('Interface a socket of the router itself is bound to; a forwarded packet has none.'),
  ipproto: optional(ipProtocol(), 'any', { doc: 'Protocol in the IP header; 0 is any.', reload: true }),
  sport: optional(ports(), 'any', { doc: 'Source port; a later fragment has none.', reload: true }),
  dport: optional(ports(), 'any', { doc: 'Destination port; a later fragment has none.', reload: true }),
  uidrange: optional(uids(), 'any', { doc: 'User of a socket of the router itself.', reload: true }),
  tun_id: optional(tunnelId(), 'any', { doc: 'Number of the tunnel the packet came out of; 0 is any.', reload: true }),
  table: optional(table(), 'main', { doc: 'Table to look at.', reload: true }),
  goto: optional(number(0, U32, '32766'), 'none', {
    doc: 'Goes on with the rules from this priority, which is greater than that of the rule.',
    reload: true,
  }),
  nat: optional(host(), 'none', {
    doc: 'The source becomes this address, its host bits under the length of from stay; then table is looked at.',
    reload: true,
  }),
  type: optional(oneOf('lookup', 'nop', 'blackhole', 'unreachable', 'prohibit'), 'lookup', {
    doc: 'What is done: look at table, nothing, drop, answer with ICMP 3/0, answer with ICMP 3/13.',
    reload: true,
  }),
  suppress_prefixlength: optional(number(0, LONGEST), 'none', {
    doc: 'A route whose prefix is this long or shorter is passed over.',
    reload: true,
  }),
  suppress_ifgroup: optional(group(), 'none', {
    doc: 'A route out of an interface of this group is passed over.',
    reload: true,
  }),
  realms: optional(realms(), 'none', { doc: 'Realms of the rule; only shown.', reload: true }),
  proto: defaulted(proto(), 'unspec', { doc: 'Who made the rule; only shown.', reload: true }),
};

export const ruleSchema = orLine('rule', ruleLine, ruleShape);

export type RuleEntry = z.output<typeof ruleSchema>;
