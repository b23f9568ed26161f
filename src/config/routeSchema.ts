import { z } from 'zod';
import { ifaceName, ipv4, mac } from './addressing.js';
import { destination, host, number, proto, realms, routeMtu, scope, table, tos, U32 } from './ipValues.js';
import { defaulted, optional, required, withForm } from './keys.js';
import { nexthopLine, type ParsedLine, ROUTE_TYPES, routeLine } from './routingLines.js';
import { type ItemKind, slipOf } from './routingSlips.js';
import { flag, oneOf } from './scalar.js';

/** Keys of `routes` and `neighbors`. A route may also be one line, as ip-route(8) takes and prints it. */

const MOST_WEIGHT = 256;

/** A mapping of these keys, or a line that stands for one. */
export function orLine<S extends z.core.$ZodLooseShape>(kind: ItemKind, parse: (line: string) => ParsedLine, shape: S) {
  return z.preprocess((raw, cx) => {
    const slip = slipOf(raw, kind);
    if (slip !== undefined) cx.addIssue({ code: 'custom', message: slip.message, params: { remedy: slip.remedy } });
    if (slip !== undefined || typeof raw !== 'string') return raw;
    const { entry, faults } = parse(raw);
    for (const [key, message] of faults)
      cx.addIssue({ code: 'custom', path: [key], message, params: { remedy: 'Keep one of the two.' } });
    return entry;
  }, z.strictObject(shape));
}

const nexthopShape = {
  via: optional(host(), 'the destination is on-link', { doc: 'Next hop.', reload: true }),
  dev: optional(ifaceName(), 'found from via', { doc: 'Router interface to send from.', form: 'interface name', reload: true }),
  weight: defaulted(number(1, MOST_WEIGHT), 1, { doc: 'Share of the flows that go this way.', reload: true }),
  onlink: defaulted(flag(), false, {
    doc: 'The next hop is taken to be on the link of dev, whatever the tables say.',
    reload: true,
  }),
};

const nexthopSchema = orLine('nexthop', nexthopLine, nexthopShape);

export const routeShape = {
  to: required(destination(), { doc: 'Destination; the longest matching prefix wins.', reload: true }),
  via: optional(host(), 'the destination is on-link', {
    doc: 'Next hop; a connected subnet or an on-link route of the table leads to it.',
    reload: true,
  }),
  dev: optional(ifaceName(), 'found from via', { doc: 'Router interface to send from.', form: 'interface name', reload: true }),
  onlink: defaulted(flag(), false, {
    doc: 'The next hop is taken to be on the link of dev, whatever the tables say.',
    reload: true,
  }),
  nexthops: optional(withForm(z.array(nexthopSchema).min(1), 'list of mappings or lines'), 'one way', {
    doc: 'Several ways instead of via and dev; flows are spread over them (routing.multipathHash).',
    reload: true,
    children: nexthopShape,
  }),
  type: defaulted(oneOf(...ROUTE_TYPES), 'unicast', {
    doc: 'What happens to the packet: sent, taken for the router itself, dropped, answered with ICMP 3/1 or 3/13, or left to the next rule (throw).',
    reload: true,
  }),
  table: optional(table(), 'main; local for the types local and broadcast', { doc: 'Table the route is in.', reload: true }),
  tos: defaulted(tos(), '0', { doc: 'Only packets whose type of service is this octet; 0 is any.', reload: true }),
  metric: defaulted(number(0, U32), 0, { doc: 'The least wins among routes of one prefix and tos.', reload: true }),
  scope: optional(scope(), 'global with via, link without it, host for local', {
    doc: 'How far away the destination is; a next hop is reached by a route of a narrower scope.',
    reload: true,
  }),
  src: optional(host(), "the interface's", {
    doc: 'Source of packets that the router itself sends by this route; forwarded ones keep theirs.',
    reload: true,
  }),
  mtu: optional(routeMtu(), "the interface's", {
    doc: 'Largest IP packet by this route; lock means that nothing learned lowers it.',
    unit: 'octets',
    reload: true,
  }),
  proto: defaulted(proto(), 'boot', { doc: 'Who made the route; only shown.', reload: true }),
  realm: optional(realms(), 'none', { doc: 'Realm of the route; only shown.', reload: true }),
};

export const routeSchema = orLine('route', routeLine, routeShape);

export const neighborShape = {
  address: required(ipv4(), { doc: 'Address of the neighbour.', reload: true }),
  mac: required(mac(), { doc: 'Its MAC; it is never asked for.', reload: true }),
  dev: required(ifaceName(), { doc: 'Router interface it is behind.', form: 'interface name', reload: true }),
};

export const neighborSchema = z.strictObject(neighborShape);

export type RouteEntry = z.output<typeof routeSchema>;
export type NexthopEntry = z.output<typeof nexthopSchema>;
