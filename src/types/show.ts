import type { Filtering, InsideHostRow, MappingRow, PortUses, StaticRow, ZoneNat } from './showNat.js';
import type { ObjectRows } from './showObjects.js';
import type { ProbeRow, RouteRow, RuleRow } from './showRouting.js';

/**
 * The rows the control socket answers to `GET /v1/show/<noun>`, and `windrose show` prints. JSON throughout: addresses, MACs and
 * prefixes are text, times are numbers with their unit in the name.
 */
export interface IfaceRow {
  name: string;
  kind: 'tap' | 'packet' | 'vlan';
  device: string;
  /** Empty: the gateway's own namespace. */
  netns: string;
  mac: string;
  mtu: number;
  role: 'inside' | 'outside';
  /** "1.1.100.1/16" */
  addresses: string[];
  /** 802.1Q VLAN id, 0 = untagged. */
  vlan: number;
  state: 'UP' | 'DOWN' | 'GONE';
  /** Who gives frames to workers: a program in the kernel, a hash of the flow, or nobody, for a single worker. */
  steeredBy: 'kernel' | 'software' | 'none';
  /** Packet interfaces: what the device takes is kept from the kernel. */
  exclusive: boolean;
  /** Packet interfaces: frames to any MAC are asked for, or `accepts` go into the device's filter. */
  promiscuous: boolean;
  /** MACs beside the device's own. */
  accepts: string[];
  /** Packet interfaces: slots of the ring of each queue; 0 where frames come through the queue, and of TAPs. */
  ringSlots: number;
  /** Of the device: what comes in, and what may go out, undone: csum, tso, uso. Whether TCP segments are joined for it. */
  offloads: { rx: readonly string[]; tx: readonly string[]; coalesce: boolean };
  rxFrames: number;
  rxOctets: number;
  txFrames: number;
  txOctets: number;
  rxDropped: number;
  txDropped: number;
}

export interface NeighborRow {
  address: string;
  /** Empty while unknown. */
  mac: string;
  dev: string;
  state: 'INCOMPLETE' | 'REACHABLE' | 'STALE' | 'DELAY' | 'PROBE' | 'FAILED' | 'NOWHERE' | 'PERMANENT';
  ageSeconds: number;
  /** Received frames that wait for an answer; null while several neighbours are asked for at once and the share of each is unknown. */
  queued: number | null;
}

export interface LocalAddressRow {
  address: string;
  sessions: number;
  /** Sums over the protocols, as the sessions. */
  portsUsed: number;
  portsHeld: number;
  portsCapacity: number;
  ports: PortUses;
}

/** A local address as a pool of ports. */
export interface PoolRow extends LocalAddressRow {
  zone: string;
  /** active: in rotation; draining: no new session; removed: its sessions are ended. */
  state: 'active' | 'draining' | 'removed';
  /** Since it takes no new session; null while active, and for one that was removed before it was used. */
  drainingSeconds: number | null;
}

/** The configuration in use. */
export interface ConfigRow {
  generation: number;
  configFile: string;
  /** Wall clock, RFC 3339. */
  takenOverAt: string;
  /** As a file with every default written out. */
  yaml: string;
  /** The same as values. */
  config: Record<string, unknown>;
}

export interface ZoneRow {
  /** 1 = asked first; 0 = draining. */
  order: number;
  name: string;
  match: string[];
  /** draining: the configuration does not name it any more; its sessions live on. */
  state: 'active' | 'draining';
  /** In rotation order. */
  localAddresses: LocalAddressRow[];
  /** Addresses that take no new session. */
  leaving: PoolRow[];
  /** Of all its addresses. */
  sessions: number;
  refused: number;
  /** What it does with new sessions (docs/nat.md); null while draining. */
  nat: ZoneNat | null;
}

export interface SessionRow {
  /** "tcp"; static mappings carry others too, and one without a name is a number. */
  protocol: string;
  state: string;
  /** "address:port"; the identifier takes the place of the port for ICMP, and protocols without ports have the address alone. */
  inside: string;
  external: string;
  remote: string;
  /** "static" for a session by a static mapping. */
  zone: string;
  /** Whose SNAT service has it; empty: the gateway itself. */
  router: string;
  /** Who else may answer from outside. */
  filtering: Filtering;
  /** Of an endpoint-independent mapping, which may have more sessions on its port. */
  mapped: boolean;
  /** Was given a port that another host's session had already. */
  overlapped: boolean;
  /** By a static mapping. */
  static: boolean;
  idleSeconds: number;
  expiresSeconds: number;
}

export interface WorkerRow {
  id: number;
  state: string;
  heartbeatAgeMs: number;
  /** Share of time spent working, 0 to 1. */
  busyRatio: number;
  /** Share of the last two seconds that it polled without frames, 0 to 1: time any other thread may have. */
  polledRatio: number;
  /** How long it polls at present before it sleeps, in microseconds. */
  spinMicros: number;
  /** CPU it is pinned to; null: any. */
  cpu: number | null;
  sessions: number;
  /** Frames its devices gave it; those it gave to other workers; those it took from them. */
  rxFrames: number;
  handedOver: number;
  taken: number;
  /** Frames dropped because the ring to another worker was full. */
  handoffFull: number;
  /** What waits in the fullest ring to it: octets, and share of the ring, 0 to 1. */
  ringOctets: number;
  ringRatio: number;
  turns: number;
  generation: number;
  restarts: number;
}

export interface DropRow {
  reason: string;
  count: number;
  /** Who lost the frames: the gateway decided so, or the kernel did, before the gateway read them or when it sent them. */
  by: 'gateway' | 'kernel';
  help: string;
  /** Where to look. */
  look: string;
}

/** A host of the inside among those with the most ports, or among those that made the most sessions lately. */
export interface TopRow {
  by: 'ports' | 'new';
  /** 1 = the most. */
  rank: number;
  host: string;
  /** Router whose SNAT service it leaves by; empty: the gateway itself. */
  router: string;
  /** Ports in use, of zones. */
  ports: number;
  /** Sessions made within the window. */
  newSessions: number;
  newPerSecond: number;
  windowSeconds: number;
  /** Counts may be too low by so much; 0 up to 49,152 hosts. */
  missedAtMost: number;
}

/** Noun in the path -> its row. The nouns are the plural words of D20. */
export interface ShowRows extends ObjectRows {
  ifaces: IfaceRow;
  neighbors: NeighborRow;
  routes: RouteRow;
  rules: RuleRow;
  probes: ProbeRow;
  zones: ZoneRow;
  pools: PoolRow;
  sessions: SessionRow;
  workers: WorkerRow;
  drops: DropRow;
  top: TopRow;
  'inside-hosts': InsideHostRow;
  mappings: MappingRow;
  statics: StaticRow;
  config: ConfigRow;
}

export type ShowNoun = keyof ShowRows;

/** Nouns that may have a million rows: they have pages, and a most of rows that are listed at once. */
export type PagedNoun = 'sessions' | 'mappings' | 'inside-hosts';

/** Their rows listed unless a request says otherwise. */
export const DEFAULT_ROWS = 10_000;

/** Cursor of the first page. */
export const PAGES_BEGIN = 'start';

/** Answer to a request with a cursor. */
export interface PageAnswer<Row = SessionRow> {
  rows: Row[];
  /** Cursor of the next page; null: there is none. */
  next: string | null;
}
