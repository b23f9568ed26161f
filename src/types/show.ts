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
  state: 'INCOMPLETE' | 'REACHABLE' | 'STALE' | 'DELAY' | 'PROBE' | 'FAILED' | 'PERMANENT';
  ageSeconds: number;
  /** Received frames that wait for an answer; null while several neighbours are asked for at once and the share of each is unknown. */
  queued: number | null;
}

export interface RouteRow {
  /** "default" or a prefix. */
  to: string;
  /** Empty: on-link or no next hop. */
  via: string;
  dev: string;
  type: 'unicast' | 'blackhole' | 'unreachable' | 'prohibit' | 'local' | 'broadcast';
  source: 'connected' | 'static' | 'local' | 'zone' | 'mapping';
}

export interface PortUse {
  /** Ports that are taken: sessions have them, or they are held back. */
  used: number;
  /** Held back after their session (ZON-7), counted once for each session they are held for; among those in use. */
  held: number;
  /** Nobody has them. */
  free: number;
  /** Ports the address hands out: its range without those of static mappings. */
  capacity: number;
  /** A port may have several: of an endpoint-independent mapping, or shared. */
  sessions: number;
  /** Sessions among them that were given a port which another session had already (port overloading, MAP-3). */
  shared: number;
}

/** A pool per protocol; each is exhausted on its own. ICMP identifiers count as ports. */
export interface PortUses {
  tcp: PortUse;
  udp: PortUse;
  icmp: PortUse;
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

/** How a zone translates. A protocol that it does not translate is missing. */
export interface ZoneNat {
  pooling: 'rr' | 'rr-host' | 'hash' | 'least';
  tcp?: ProtocolNat;
  udp?: ProtocolNat;
  icmp?: ProtocolNat;
}

export interface ProtocolNat {
  mapping: 'eim' | 'apdm';
  filtering: 'eif' | 'adf' | 'apdf';
  /** A port in use serves another session when none is free. */
  overload: boolean;
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
  protocol: 'tcp' | 'udp' | 'icmp';
  state: string;
  /** "address:port"; the identifier takes the place of the port for ICMP. */
  inside: string;
  external: string;
  remote: string;
  zone: string;
  idleSeconds: number;
  expiresSeconds: number;
}

export interface WorkerRow {
  id: number;
  state: string;
  heartbeatAgeMs: number;
  /** Share of time spent working, 0 to 1. */
  busyRatio: number;
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
  /** Ports in use. */
  ports: number;
  /** Sessions made within the window. */
  newSessions: number;
  newPerSecond: number;
  windowSeconds: number;
  /** Counts may be too low by so much; 0 up to 49,152 hosts. */
  missedAtMost: number;
}

/** Noun in the path -> its row. The nouns are the plural words of D20. */
export interface ShowRows {
  ifaces: IfaceRow;
  neighbors: NeighborRow;
  routes: RouteRow;
  zones: ZoneRow;
  pools: PoolRow;
  sessions: SessionRow;
  workers: WorkerRow;
  drops: DropRow;
  top: TopRow;
  config: ConfigRow;
}

export type ShowNoun = keyof ShowRows;

/** Sessions listed unless a request says otherwise; there may be a million. */
export const DEFAULT_SESSION_ROWS = 10_000;

/** Cursor of the first page of sessions. */
export const SESSION_PAGES_BEGIN = 'start';

/** Answer to a request for `sessions` with a cursor. */
export interface SessionPageAnswer {
  rows: SessionRow[];
  /** Cursor of the next page; null: there is none. */
  next: string | null;
}
