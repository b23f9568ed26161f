import { z } from 'zod';
import { destination, ifaceName, ipv4, mac } from './addressing.js';
import { defaulted, optional, required } from './keys.js';
import { oneOf } from './scalar.js';

/** Keys of `routes` and `neighbors`. A route may also be one line, as ip-route(8) prints it. */

export const routeShape = {
  to: required(destination(), { doc: 'Destination; the longest matching prefix wins.', reload: true }),
  via: optional(ipv4(), 'the destination is on-link', { doc: 'Next hop, in a connected subnet.', reload: true }),
  dev: optional(ifaceName(), 'found from via', { doc: 'Router interface to send from.', form: 'interface name', reload: true }),
  type: defaulted(oneOf('unicast', 'blackhole', 'unreachable', 'prohibit'), 'unicast', {
    doc: 'What happens to the packet: sent, dropped, or answered with ICMP 3/1 or 3/13.',
    reload: true,
  }),
};

const TYPES = new Set(['blackhole', 'unreachable', 'prohibit', 'unicast']);

/**
 * "default via 1.2.1.254 dev wan" -> { to, via, dev }. A word that is not understood becomes a key of that name, so the
 * schema refuses it with the same sentence as in the long form.
 */
function fromLine(raw: unknown): unknown {
  if (typeof raw !== 'string') return raw;
  const words = raw.trim().split(/\s+/);
  const entry: Record<string, string | null> = Object.create(null);
  if (TYPES.has(words[0]!)) entry.type = words.shift()!;
  const to = words.shift();
  if (to !== undefined && to !== '') entry.to = to;
  for (let i = 0; i < words.length; i += 2) entry[words[i]!] = words[i + 1] ?? null;
  return entry;
}

export const routeSchema = z.preprocess(fromLine, z.strictObject(routeShape));

export const neighborShape = {
  address: required(ipv4(), { doc: 'Address of the neighbour.', reload: true }),
  mac: required(mac(), { doc: 'Its MAC; it is never asked for.', reload: true }),
  dev: required(ifaceName(), { doc: 'Router interface it is behind.', form: 'interface name', reload: true }),
};

export const neighborSchema = z.strictObject(neighborShape);

export type RouteEntry = z.output<typeof routeSchema>;
export type NeighborEntry = z.output<typeof neighborSchema>;
