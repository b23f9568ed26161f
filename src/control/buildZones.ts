import type { Config, FilteringName, PoolingName, ProtocolName, Reject as RejectName, ZoneConfig } from '../config/config.js';
import { buildTrie, type TriePrefix } from '../tables/prefixTrie.js';
import { Mode, Pooling, Reject, Zone, type Zones } from '../tables/zones.js';
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

/** The zones of one router, in matching order, and the answer to sources in none. */
export type ZonesOfRouter = Pick<Config, 'zones' | 'reject'>;

/** Zones of each router: one table for all, a trie for each, which gets them last to first, so that the earliest zone has the last word on every address. */
export function buildZones(scopes: readonly ZonesOfRouter[], index: StateIndex): Zones[] {
  const all = scopes.flatMap(({ zones }) => zones);
  const rows = new Int32Array(new SharedArrayBuffer(Math.max(1, all.length) * Zone.Words * 4));
  const total = all.reduce((sum, zone) => sum + zone.localAddresses.length, 0);
  const addresses = new Int32Array(new SharedArrayBuffer(Math.max(1, total) * 4));
  const pools = new Int32Array(new SharedArrayBuffer(Math.max(1, total) * 4));
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
  let first = 0;
  return scopes.map(({ zones, reject }) => {
    const prefixes: TriePrefix[] = [];
    for (let i = zones.length - 1; i >= 0; i--) {
      for (const match of zones[i]!.match) prefixes.push({ address: match.address, length: match.length, value: first + i });
    }
    first += zones.length;
    return { trie: buildTrie(prefixes), rows, addresses, pools, offered, rejectNoZone: rejects[reject] };
  });
}
