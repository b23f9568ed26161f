import { stringify } from 'yaml';
import { formatIpv4, formatPrefix } from '../types/ipv4.js';
import { formatMac } from '../types/mac.js';
import type {
  Config,
  EventsConfig,
  HostConfig,
  IfaceConfig,
  NeighborTimersConfig,
  ProbeConfig,
  RouterIfaceConfig,
  StaticMappingConfig,
  StoreConfig,
  TimersConfig,
} from './config.js';
import { routeText, ruleText } from './routingText.js';
import { defaultRulesTree, listedRules } from './routingTree.js';
import { SYSTEM_TABLES } from './tableNames.js';
import { durationText, endpointText, listenText, memoryText, rateText } from './words.js';
import { zoneTree } from './zoneYaml.js';

/**
 * A configuration as a file with every default written out. Loading the text gives the configuration again. The file holds no
 * secrets: they stand in files of their own, which it names (D27).
 */
export function configYaml(config: Config): string {
  return stringify(configTree(config), { lineWidth: 0, flowCollectionPadding: true });
}

/** The same as plain values, for JSON. */
export function configTree(config: Config): Record<string, unknown> {
  const { name, profile, workers, cpus, steering, reject, limits, metrics, control, log, idle, host, objects, store, ...rest } =
    config;
  return {
    name,
    profile,
    workers,
    ...(cpus.length === 0 ? {} : { cpus }),
    steering,
    ifaces: rest.ifaces.map(ifaceTree),
    routes: rest.routes.map((route) => routeText(route, rest.tableNames)),
    rules: listedRules(rest.rules).map((rule) => ruleText(rule, rest.tableNames)),
    defaultRules: defaultRulesTree(rest.rules),
    tables: Object.fromEntries(
      [...rest.tableNames].filter(([number]) => !SYSTEM_TABLES.names.has(number)).map(([number, name]) => [name, number]),
    ),
    routing: rest.routing,
    nexthopProbes: rest.nexthopProbes.map(probeTree),
    neighbors: rest.neighbors.map(({ address, mac, dev }) => ({ address: formatIpv4(address), mac: formatMac(mac), dev })),
    zones: rest.zones.map(zoneTree),
    staticMappings: rest.staticMappings.map(staticTree),
    reject,
    timers: timersTree(rest.timers),
    tcp: rest.tcp,
    icmp: rest.icmp,
    drainTimeout: rest.drainTimeout === undefined ? 'off' : durationText(rest.drainTimeout),
    neighborTimers: neighborTimersTree(rest.neighborTimers),
    limits: {
      ...limits,
      fragments: { ...limits.fragments, memory: memoryText(limits.fragments.memory) },
      icmpErrorsPerSource: rateText(limits.icmpErrorsPerSource),
      icmpErrorsGlobal: rateText(limits.icmpErrorsGlobal),
    },
    metrics: metrics === 'off' ? 'off' : { ...metrics, listen: listenText(metrics.listen) },
    control,
    ...(host === undefined
      ? {}
      : { host: hostTree(host), ...(objects === undefined ? {} : { objects }), store: storeTree(store) }),
    log,
    idle: { ...idle, spin: idle.spin === 'auto' ? idle.spin : `${idle.spin}us` },
    events: eventsTree(rest.events),
  };
}

/** Without keys that are not there, at any depth. */
function storeTree(store: StoreConfig): Record<string, unknown> {
  return 'directory' in store ? store : (JSON.parse(JSON.stringify(store)) as Record<string, unknown>);
}

/** Without keys that are not there. */
function given<T extends object>(all: T): Partial<T> {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function hostTree({ name, vtep, mode, physnets, macRefresh, metadata }: HostConfig): Record<string, unknown> {
  return {
    name,
    ...(vtep === undefined ? {} : { vtep: { ...vtep, address: formatIpv4(vtep.address) } }),
    ...(mode === undefined ? {} : { mode }),
    physnets: physnets.map(({ name, kind, device, netns }) => ({
      name,
      [kind]: device,
      ...(netns === undefined ? {} : { netns }),
    })),
    macRefresh: macRefresh === undefined ? 'off' : durationText(macRefresh),
    ...(metadata === undefined ? {} : { metadata: { ...given(metadata), range: formatPrefix(metadata.range) } }),
  };
}

function probeTree({ address, dev, interval, ...counts }: ProbeConfig): Record<string, unknown> {
  return { address: formatIpv4(address), dev, interval: durationText(interval), ...counts };
}

function ifaceTree(iface: IfaceConfig): Record<string, unknown> {
  const { kind, device, netns, offloads, sendOffloads, coalesce, txQueueLength, promiscuous, exclusive } = iface;
  return {
    ...rifTree(iface),
    [kind]: device,
    ...(netns === undefined ? {} : { netns }),
    ...(kind === 'tap' ? { offloads, txQueueLength } : { promiscuous, exclusive }),
    sendOffloads,
    coalesce,
    ...(iface.vlans.length === 0 ? {} : { vlans: iface.vlans.map((vlan) => ({ id: vlan.id, ...rifTree(vlan) })) }),
  };
}

function staticTree({ name, protocol, external, inside }: StaticMappingConfig): Record<string, unknown> {
  return {
    ...(name === undefined ? {} : { name }),
    ...(protocol === undefined ? {} : { protocol }),
    external: endpointText(external),
    inside: endpointText(inside),
  };
}

function rifTree({ name, role, mac, mtu, addresses, group, reversePath }: RouterIfaceConfig): Record<string, unknown> {
  return {
    name,
    role,
    mac: formatMac(mac),
    ...(mtu === undefined ? {} : { mtu }),
    addresses: addresses.map(formatPrefix),
    group,
    reversePath,
  };
}

/** Longest duration the file takes. */
const LONGEST_MS = 14 * 86_400_000;

/** The file holds the times before `scale`, the configuration those after it. */
function timersTree({ profile, allowShort, scale, ...times }: TimersConfig): Record<string, unknown> {
  const written = Object.entries(times).map(([timer, ms]) => {
    return [timer, ms === 0 ? 'off' : durationText(Math.min(LONGEST_MS, Math.round(ms / scale)))] as const;
  });
  return { profile, allowShort, scale, ...Object.fromEntries(written) };
}

function neighborTimersTree({ probes, ...times }: NeighborTimersConfig): Record<string, unknown> {
  return { probes, ...Object.fromEntries(Object.entries(times).map(([timer, ms]) => [timer, durationText(ms)])) };
}

function eventsTree({ file, ipfix, ...flags }: EventsConfig): Record<string, unknown> {
  return {
    ...(file === undefined ? {} : { file }),
    ...(ipfix === undefined ? {} : { ipfix: { ...ipfix, collector: listenText(ipfix.collector) } }),
    ...flags,
  };
}
