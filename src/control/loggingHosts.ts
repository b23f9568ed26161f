import type { Logger } from 'pino';
import { NatEvent } from '../tables/eventRing.js';
import { Host, type Hosts, HostsHead, hostFind } from '../tables/hosts.js';
import { homeOf } from '../tables/ownership.js';
import { trieLookup } from '../tables/prefixTrie.js';
import { Zone, type Zones } from '../tables/zones.js';
import { formatIpv4, type WireIpv4 } from '../types/ipv4.js';
import type { Shown } from './show/shown.js';

/** Shares that are told when they are reached (EXH-4), highest first, and how far below a share it is left again. */
const STEPS = [0.9, 0.8] as const;
const SLACK = 0.05;
/** Hosts looked at each time, about a millisecond; the next look goes on behind them. */
const HOSTS_PER_LOOK = 16_384;
/** Hosts that are kept an eye on, and lines of one look: more than that is for `windrose show inside-hosts`. */
const MOST_WATCHED = 1024;
const MOST_LINES = 10;

/** What a host has most of, of what its zone lets it have. */
interface Nearest {
  readonly of: 'sessions' | 'tcp ports' | 'udp ports' | 'icmp ports' | 'half-open connections';
  readonly used: number;
  readonly limit: number;
}

/** Inside hosts that pass 80 or 90 % of one of their limits: one line per crossing, none for coming back. */
export function logHostThresholds(shown: Pick<Shown, 'built' | 'states'>, log: Logger): () => void {
  /** By router and address: tenants may have the same. */
  const reached = new Map<string, { readonly address: number; readonly router: number; readonly share: number }>();
  let worker = 0;
  let next = 0;
  let lines = 0;
  const look = (t: Hosts, row: number, address: number, router: number): void => {
    const name = `${router} ${address}`;
    const zones = shown.built.snapshot.routers.zones[router];
    if (zones === undefined) return;
    const zoneNumber = trieLookup(zones.trie, address);
    const nearest = zoneNumber < 0 ? undefined : nearestLimit(zones, t, row, zoneNumber);
    const before = reached.get(name)?.share ?? 0;
    const share = nearest === undefined ? 0 : nearest.used / nearest.limit;
    const now = STEPS.find((step) => share >= (step <= before ? step - SLACK : step)) ?? 0;
    if (now < before) {
      if (now === 0) reached.delete(name);
      else reached.set(name, { address, router, share: now });
      return;
    }
    if (now === before || nearest === undefined || lines >= MOST_LINES) return;
    if (before === 0 && reached.size >= MOST_WATCHED) return;
    reached.set(name, { address, router, share: now });
    lines++;
    const zone = shown.built.zones[zoneNumber]?.name;
    const about = { host: formatIpv4(address as WireIpv4), zone, ...nearest, percent: Math.floor(share * 100) };
    log.warn({ ...about, natEvent: NatEvent.ThresholdReached }, `host: ${now * 100} % of its limit reached`);
  };
  return () => {
    const { states } = shown;
    lines = 0;
    for (const [name, { address, router }] of [...reached]) {
      const { hosts } = states[homeOf(address, states.length)]!;
      const row = hostFind(hosts, address, router);
      if (row < 0) reached.delete(name);
      else look(hosts, row, address, router);
    }
    for (let i = 0; i < HOSTS_PER_LOOK; i++) {
      const { hosts } = states[worker]!;
      if (next >= hosts.head[HostsHead.HighWater]!) {
        next = 0;
        worker = (worker + 1) % states.length;
        // Once round is enough.
        if (worker === 0) return;
        continue;
      }
      const row = next++ * Host.Words;
      if (hosts.rows[row + Host.Sessions]! > 0) look(hosts, row, hosts.rows[row + Host.Address]!, hosts.rows[row + Host.Router]!);
    }
  };
}

/** The limit of a zone that the host is nearest to; undefined: nothing limits it. */
function nearestLimit(zones: Zones, t: Hosts, row: number, zone: number): Nearest | undefined {
  let found: Nearest | undefined;
  const weigh = (of: Nearest['of'], used: number, limit: number): void => {
    if (limit !== 0 && (found === undefined || used * found.limit > found.used * limit)) found = { of, used, limit };
  };
  const limit = (word: Zone): number => zones.rows[zone * Zone.Words + word]!;
  const has = (word: Host): number => t.rows[row + word]!;
  weigh('sessions', has(Host.Sessions), limit(Zone.HostSessions));
  weigh('tcp ports', has(Host.Ports), limit(Zone.HostPorts));
  weigh('udp ports', has(Host.PortsUdp), limit(Zone.HostPorts));
  weigh('icmp ports', has(Host.PortsIcmp), limit(Zone.HostPorts));
  weigh('half-open connections', has(Host.HalfOpen), limit(Zone.HostHalfOpen));
  return found;
}
