import type { Config, IfaceConfig, NeighborConfig, RouteConfig, RouterIfaceConfig, ZoneConfig } from '../../config/config.js';
import { formatIpv4, formatPrefix } from '../../types/ipv4.js';
import { formatMac } from '../../types/mac.js';

/** One difference between two configurations, as an operator reads it: "zone tenants: + 1.2.100.5". */
export interface Change {
  /** What it is about: "zone tenants", "iface lan", "route default", "timers". */
  readonly subject: string;
  /** "+ 1.2.100.5", "- 1.2.100.1", "mtu 1500 -> 9000", "added", "removed". */
  readonly what: string;
}

/** All differences, in the order of the file's sections. Empty: the configurations mean the same. */
export function changesBetween(before: Config, after: Config): Change[] {
  return [
    ...named('iface', rifs(before), rifs(after), (rif) => rif.name, rifFields),
    ...listed('route', before.routes.map(routeText), after.routes.map(routeText)),
    ...listed('neighbor', before.neighbors.map(neighborText), after.neighbors.map(neighborText)),
    ...named('zone', before.zones, after.zones, (zone) => zone.name, zoneFields),
    ...order(before.zones, after.zones),
    ...fields('timers', flat(before.timers), flat(after.timers)),
    ...fields('neighborTimers', flat(before.neighborTimers), flat(after.neighborTimers)),
    ...fields('limits', flat(before.limits), flat(after.limits)),
    ...fields('gateway', topLevel(before), topLevel(after)),
  ];
}

export function changeText(change: Change): string {
  return `${change.subject}: ${change.what}`;
}

type Fields = Readonly<Record<string, string | readonly string[]>>;

function named<T>(
  kind: string,
  before: readonly T[],
  after: readonly T[],
  nameOf: (item: T) => string,
  fieldsOf: (item: T) => Fields,
): Change[] {
  const old = new Map(before.map((item) => [nameOf(item), item]));
  const fresh = new Map(after.map((item) => [nameOf(item), item]));
  const changes: Change[] = [];
  for (const name of old.keys()) if (!fresh.has(name)) changes.push({ subject: `${kind} ${name}`, what: 'removed' });
  for (const [name, item] of fresh) {
    const known = old.get(name);
    if (known === undefined) changes.push({ subject: `${kind} ${name}`, what: 'added' });
    else changes.push(...fields(`${kind} ${name}`, fieldsOf(known), fieldsOf(item)));
  }
  return changes;
}

function fields(subject: string, before: Fields, after: Fields): Change[] {
  return Object.keys(after).flatMap((key) => {
    const a = before[key]!;
    const b = after[key]!;
    if (typeof a !== 'string' && typeof b !== 'string') return listed(`${subject} ${key}`, a, b);
    return a === b ? [] : [{ subject, what: `${key} ${a} -> ${b}` }];
  });
}

function listed(subject: string, before: readonly string[], after: readonly string[]): Change[] {
  const gone = before.filter((item) => !after.includes(item)).map((item) => ({ subject, what: `- ${item}` }));
  const come = after.filter((item) => !before.includes(item)).map((item) => ({ subject, what: `+ ${item}` }));
  const kept = (list: readonly string[], other: readonly string[]) => list.filter((item) => other.includes(item)).join(' ');
  const moved = kept(before, after) !== kept(after, before);
  return [...gone, ...come, ...(moved ? [{ subject, what: `order is now ${after.join(' ')}` }] : [])];
}

function order(before: readonly ZoneConfig[], after: readonly ZoneConfig[]): Change[] {
  const names = (zones: readonly ZoneConfig[], other: readonly ZoneConfig[]) =>
    zones.map((zone) => zone.name).filter((name) => other.some((zone) => zone.name === name));
  const was = names(before, after);
  const is = names(after, before);
  return was.join('\n') === is.join('\n') ? [] : [{ subject: 'zones', what: `order ${was.join(', ')} -> ${is.join(', ')}` }];
}

function rifs(config: Config): (RouterIfaceConfig & { readonly device: string })[] {
  return config.ifaces.flatMap((iface) => [
    { ...iface, device: deviceText(iface) },
    ...iface.vlans.map((vlan) => ({ ...vlan, device: `${deviceText(iface)} vlan ${vlan.id}` })),
  ]);
}

function deviceText(iface: IfaceConfig): string {
  const options =
    iface.kind === 'tap' ? `offloads ${iface.offloads} txQueueLength ${iface.txQueueLength}` : `promiscuous ${iface.promiscuous}`;
  return `${iface.kind} ${iface.device}${iface.netns === undefined ? '' : ` in ${iface.netns}`} ${options}`;
}

function rifFields(rif: RouterIfaceConfig & { readonly device: string }): Fields {
  return {
    device: rif.device,
    role: rif.role,
    mac: formatMac(rif.mac),
    mtu: rif.mtu === undefined ? "the device's" : String(rif.mtu),
    addresses: rif.addresses.map(formatPrefix),
  };
}

function zoneFields(zone: ZoneConfig): Fields {
  return {
    match: zone.match.map(formatPrefix),
    localAddresses: zone.localAddresses.map(formatIpv4),
    ports: `${zone.ports.low}-${zone.ports.high}`,
    pooling: zone.pooling,
    reject: zone.reject ?? 'by cause',
  };
}

function routeText(route: RouteConfig): string {
  const to = route.to.length === 0 ? 'default' : formatPrefix(route.to);
  const type = route.type === 'unicast' ? '' : `${route.type} `;
  const via = route.via === undefined ? '' : ` via ${formatIpv4(route.via)}`;
  return `${type}${to}${via}${route.dev === undefined ? '' : ` dev ${route.dev}`}`;
}

function neighborText({ address, mac, dev }: NeighborConfig): string {
  return `${formatIpv4(address)} lladdr ${formatMac(mac)} dev ${dev}`;
}

function flat(section: object): Fields {
  return Object.fromEntries(
    Object.entries(section).map(([key, value]) => [key, typeof value === 'object' ? JSON.stringify(value) : String(value)]),
  );
}

function topLevel({ name, workers, reject, metrics, control, log, idle }: Config): Fields {
  const listen = metrics === 'off' ? 'off' : `${metrics.listen.host}:${metrics.listen.port}`;
  return {
    name,
    workers: String(workers),
    reject,
    metrics: listen,
    control: control.socket,
    log: log.level,
    spin: String(idle.spin),
  };
}
