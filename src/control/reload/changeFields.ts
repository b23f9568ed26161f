import type { Config, PerProtocol } from '../../config/config.js';
import { configTree } from '../../config/configYaml.js';
import { shortest, zoneTree } from '../../config/zoneYaml.js';
import { formatIpv4, formatPrefix } from '../../types/ipv4.js';

/** What a difference compares: key -> text, or a list of texts whose order counts. */
export type Fields = Readonly<Record<string, string | readonly string[]>>;

/** Zones by name, in their order. */
export function zoneFields({ zones }: Config): ReadonlyMap<string, Fields> {
  return new Map(
    zones.map((zone) => [
      zone.name,
      {
        match: zone.match.map(formatPrefix),
        localAddresses: zone.localAddresses.map(formatIpv4),
        draining: zone.draining.map(formatIpv4),
        removed: zone.removed.map(formatIpv4),
        ports: `${zone.ports.low}-${zone.ports.high}`,
        pooling: zone.pooling,
        protocols: zone.protocols,
        mapping: modeText(zone.mapping),
        filtering: modeText(zone.filtering),
        overload: modeText(zone.overload),
        ...flat(zoneTree(zone).hostLimits, 'hostLimits'),
        reject: zone.reject ?? 'by cause',
      },
    ]),
  );
}

/** "eim", or "tcp apdm udp eim icmp eim" */
function modeText<T>(modes: PerProtocol<T>): string {
  const short = shortest(modes);
  return short === modes.tcp ? String(short) : `tcp ${modes.tcp} udp ${modes.udp} icmp ${modes.icmp}`;
}

/** Keys with sections of their own in the difference. */
const LISTS = new Set(['ifaces', 'routes', 'rules', 'nexthopProbes', 'neighbors', 'zones', 'staticMappings']);
const SECTIONS = new Set(['timers', 'tcp', 'icmp', 'neighborTimers', 'limits']);

/** Everything that is no list: the timers and limits by their section, the rest as "gateway". */
export function settingFields(config: Config): [string, Fields][] {
  const tree = Object.entries(configTree(config)).filter(([key]) => !LISTS.has(key));
  const sections = tree.filter(([key]) => SECTIONS.has(key)).map(([key, value]): [string, Fields] => [key, flat(value, '')]);
  const rest = tree.filter(([key]) => !SECTIONS.has(key)).map(([key, value]) => flat(value, key));
  return [...sections, ['gateway', Object.assign({}, ...rest) as Fields]];
}

/** A mapping in a list: "name physnet1 packet eth1" */
function itemText(item: unknown): string {
  if (typeof item !== 'object' || item === null) return String(item);
  return Object.entries(item).flat().join(' ');
}

/** { listen: "a" } below "metrics" -> { "metrics.listen": "a" } */
function flat(value: unknown, path: string): Record<string, string> {
  if (Array.isArray(value)) return { [path]: value.length === 0 ? 'none' : value.map(itemText).join(', ') };
  if (typeof value !== 'object' || value === null) return { [path]: String(value) };
  return Object.assign(
    {},
    ...Object.entries(value).map(([key, below]) => flat(below, path === '' ? key : `${path}.${key}`)),
  ) as Record<string, string>;
}
