/** Rows of `show` about hosts, mappings and how zones translate (types/show.ts has the others). */

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

/** How a zone translates. A protocol that it does not translate is missing. */
export interface ZoneNat {
  pooling: 'rr' | 'rr-host' | 'hash' | 'least';
  tcp?: ProtocolNat;
  udp?: ProtocolNat;
  icmp?: ProtocolNat;
}

export type Filtering = 'eif' | 'adf' | 'apdf';

export interface ProtocolNat {
  mapping: 'eim' | 'apdm';
  filtering: Filtering;
  /** A port in use serves another session when none is free. */
  overload: boolean;
}

/** An inside host with sessions, those by static mappings included. */
export interface InsideHostRow {
  host: string;
  /** Zone that its address falls into; "static": all of it has an external address of its own; empty: none. */
  zone: string;
  /** Whose SNAT service it goes out by; empty: the gateway itself. */
  router: string;
  sessions: number;
  /** External ports it has of zones. */
  ports: { tcp: number; udp: number; icmp: number };
  /** TCP connections whose handshake is not complete. */
  halfOpen: number;
  /** New sessions it may open at once before its rate limits it; null: it is not limited. */
  newSessionsLeft: number | null;
  /** Local address its next session gets (pooling rr-host); empty: none yet. */
  address: string;
  /** What it may have; null: as much as there is. A host of no zone has no limits. */
  limits: { sessions: number | null; ports: number | null; halfOpen: number | null; newPerSecond: number | null };
}

/** An endpoint-independent mapping (RFC 4787 4.1). */
export interface MappingRow {
  protocol: string;
  /** "address:port" */
  inside: string;
  external: string;
  zone: string;
  /** Whose SNAT service has it; empty: the gateway itself. */
  router: string;
  filtering: Filtering;
  sessions: number;
}

/** A static mapping of the configuration, in its order. */
export interface StaticRow {
  /** Empty: it has none. */
  name: string;
  /** any: the whole host. */
  protocol: 'any' | 'tcp' | 'udp';
  /** "address:port"; the address alone for a whole host. */
  external: string;
  inside: string;
  sessions: number;
  /** Whose SNAT service has it, for a floating IP or a forwarded port; empty: the gateway itself. */
  router: string;
}
