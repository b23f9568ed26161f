import type { FilteringName, PoolingName, ProtocolName, Reject as RejectName, ZoneConfig } from '../config/config.js';
import { STATIC_ZONE } from '../shared/counters.js';
import { sharedWords } from '../shared/words.js';
import { buildTrie, type TriePrefix } from '../tables/prefixTrie.js';
import { MAX_GATEWAYS, Mode, Pooling, Reject, Zone, type Zones } from '../tables/zones.js';
import { covers, type Prefix } from '../types/ipv4.js';
import type { RouterScope, ZonesOfGateway } from './routerScope.js';
import type { StateIndex } from './stateIndex.js';

const rejects: Readonly<Record<RejectName, Reject>> = {
  silent: Reject.Silent,
  'host-unreach': Reject.HostUnreachable,
  'port-unreach': Reject.PortUnreachable,
  'admin-prohib': Reject.AdminProhibited,
};

const poolings: Readonly<Record<PoolingName, Pooling>> = {
  rr: Pooling.RoundRobin,
  'rr-host': Pooling.RoundRobinHost,
  hash: Pooling.Hash,
  least: Pooling.Least,
};

const filterings: Readonly<Record<FilteringName, number>> = { apdf: 0, adf: Mode.Adf, eif: Mode.Eif };

/** Mode bits of a protocol. One that is switched off keeps the others, for the sessions it still has. */
function modes({ protocols, mapping, filtering, overload }: ZoneConfig, protocol: ProtocolName): number {
  return (
    (protocols.includes(protocol) ? Mode.On : 0) |
    (mapping[protocol] === 'eim' ? Mode.Eim : 0) |
    (overload[protocol] ? Mode.Overload : 0) |
    filterings[filtering[protocol]]
  );
}

/** 0: no limit. */
function limit(most: number | 'off'): number {
  return most === 'off' ? 0 : most;
}

/** The zones of one router, in matching order, whose they are of its gateways, and the answer to sources in none. */
export type ZonesOfRouter = Pick<RouterScope, 'zones' | 'reject' | 'ofGateways'>;

/** Zones of each router: one table for all, a trie for each, and for each of several gateways. */
export function buildZones(scopes: readonly ZonesOfRouter[], index: StateIndex): Zones[] {
  const all = scopes.flatMap(({ zones }) => zones);
  const rows = sharedWords(Math.max(1, all.length) * Zone.Words);
  const total = all.reduce((sum, zone) => sum + zone.localAddresses.length, 0);
  const addresses = sharedWords(Math.max(1, total));
  const pools = sharedWords(Math.max(1, total));
  const offered = new Uint8Array(new SharedArrayBuffer(index.pools));
  let next = 0;
  all.forEach((zone, i) => {
    const at = i * Zone.Words;
    rows[at + Zone.State] = index.zone(zone.name);
    rows[at + Zone.First] = next;
    rows[at + Zone.Count] = zone.localAddresses.length;
    rows[at + Zone.RejectExhausted] = rejects[zone.reject ?? 'host-unreach'];
    rows[at + Zone.RejectEmpty] = rejects[zone.reject ?? 'port-unreach'];
    rows[at + Zone.Pooling] = poolings[zone.pooling];
    rows[at + Zone.Modes] = modes(zone, 'tcp') | (modes(zone, 'udp') << 8) | (modes(zone, 'icmp') << 16);
    const { sessions, ports, halfOpen, newSessions } = zone.hostLimits;
    rows[at + Zone.HostSessions] = limit(sessions);
    rows[at + Zone.HostPorts] = limit(ports);
    rows[at + Zone.HostHalfOpen] = limit(halfOpen);
    rows[at + Zone.HostRate] = newSessions === 'off' ? 0 : newSessions.perSecond;
    rows[at + Zone.HostBurst] = newSessions === 'off' ? 0 : newSessions.burst;
    for (const address of zone.localAddresses) {
      addresses[next] = address;
      pools[next] = index.address(address, zone.ports.low, zone.ports.high);
      offered[pools[next]!] = 1;
      next++;
    }
  });
  const gatewayOf = new Uint8Array(new SharedArrayBuffer(STATIC_ZONE + 1));
  let first = 0;
  return scopes.map(({ zones, reject, ofGateways = [] }) => {
    const at = first;
    first += zones.length;
    ofGateways.forEach((one, i) => {
      if (i >= MAX_GATEWAYS) throw new RangeError(`a router has more than ${MAX_GATEWAYS} gateways`);
      for (const { name } of zones.slice(one.first, one.first + one.count)) gatewayOf[index.zone(name)] = i + 1;
    });
    const bySource = ofGateways.length === 0 ? zones : narrowed(zones, ofGateways);
    return {
      ...{ trie: trieOf(bySource, at), ofGateways: ofGateways.map((one) => trieOf(part(zones, one), at + one.first)) },
      ...{ gatewayOf, rows, addresses, pools, offered, rejectNoZone: rejects[reject] },
    };
  });
}

/** Gets zones last to first, so that the earliest one has the last word on every address. `first`: row of the first. */
function trieOf(zones: readonly Pick<ZoneConfig, 'match'>[], first: number): Int32Array {
  const prefixes: TriePrefix[] = [];
  for (let i = zones.length - 1; i >= 0; i--) {
    for (const match of zones[i]!.match) prefixes.push({ address: match.address, length: match.length, value: first + i });
  }
  return buildTrie(prefixes);
}

function part<T>(zones: readonly T[], { first, count }: ZonesOfGateway): readonly T[] {
  return zones.slice(first, first + count);
}

/** Each zone with what its gateway has the sources of. */
function narrowed(zones: readonly ZoneConfig[], ofGateways: readonly ZonesOfGateway[]): Pick<ZoneConfig, 'match'>[] {
  return zones.map(({ match }, i) => {
    const sources = ofGateways.find(({ first, count }) => i >= first && i < first + count)?.sources;
    return { match: sources === undefined ? match : match.flatMap((one) => sources.flatMap((source) => common(one, source))) };
  });
}

/** What two prefixes have in common: the longer one, if it lies in the other. */
function common(a: Prefix, b: Prefix): Prefix[] {
  const [outer, inner] = a.length <= b.length ? [a, b] : [b, a];
  return covers(outer, inner.address) ? [inner] : [];
}
