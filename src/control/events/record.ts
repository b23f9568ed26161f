import type { NatEvent } from '../../tables/eventRing.js';
import type { WireIpv4 } from '../../types/ipv4.js';

/**
 * NAT events as main knows them, before they become lines or IPFIX. Times are milliseconds since the epoch, ports are numbers in
 * host order (of ICMP, identifiers).
 */
export type EventRecord = MappingRecord | BlockRecord | RefusalRecord | ThresholdRecord | GapRecord;

/** A session (natEvent 4, 5) or an endpoint-independent mapping (8, 9) begins or ends. */
export interface MappingRecord {
  readonly kind: 'mapping';
  readonly natEvent: NatEvent;
  readonly timeMs: number;
  readonly worker: number;
  readonly protocol: number;
  /** State index of the zone, and its name; undefined: it has none, or is gone. */
  readonly zoneId: number;
  readonly zone: string | undefined;
  /** Number of the router whose SNAT service has it, and its name; 0 and undefined: the gateway itself. */
  readonly routerId: number;
  readonly router: string | undefined;
  readonly inside: WireIpv4;
  readonly insidePort: number;
  readonly external: WireIpv4;
  readonly externalPort: number;
  /** Only of sessions, and only where the configuration asks for destinations (LOG-2). */
  readonly remote: WireIpv4 | undefined;
  readonly remotePort: number;
}

/** A worker claims (natEvent 16) or gives back (17) ports of a local address. */
export interface BlockRecord {
  readonly kind: 'block';
  readonly natEvent: NatEvent;
  readonly timeMs: number;
  readonly worker: number;
  readonly protocol: number;
  /** Undefined: not an address of the configuration any more. */
  readonly external: WireIpv4 | undefined;
  readonly firstPort: number;
  readonly lastPort: number;
}

/** natQuotaExceededEvent (RFC 8158 4.3). */
export const enum Quota {
  None = 0,
  Sessions,
  Bindings,
  PerHost,
  Hosts,
  Fragments,
}

/** New sessions, mappings or fragments were refused (natEvent 3, 12, 13): at most one of each zone and reason in 10 s (LOG-3). */
export interface RefusalRecord {
  readonly kind: 'refusal';
  readonly natEvent: NatEvent;
  readonly timeMs: number;
  readonly quota: Quota;
  readonly zoneId: number;
  readonly zone: string | undefined;
  /** Of the last one refused. */
  readonly protocol: number;
  readonly inside: WireIpv4;
  /** How many, and over how long; 0 s: the first for a while. */
  readonly refused: number;
  readonly seconds: number;
  /** What the quota is; undefined: not a number of the configuration. */
  readonly limit: number | undefined;
}

/** natThresholdEvent (RFC 8158 4.4) as far as it is told. */
export const enum Threshold {
  /** Ports in use of a zone and protocol. */
  Ports = 3,
  /** Sessions of the gateway. */
  Sessions = 5,
}

/** 80 or 90 % of a pool's ports or of all sessions are in use (natEvent 18, EXH-4). */
export interface ThresholdRecord {
  readonly kind: 'threshold';
  readonly natEvent: NatEvent;
  readonly timeMs: number;
  readonly threshold: Threshold;
  /** -1 and undefined: of the gateway. */
  readonly zoneId: number;
  readonly zone: string | undefined;
  /** 0: of all. */
  readonly protocol: number;
  readonly used: number;
  readonly capacity: number;
  /** The share that was reached. */
  readonly percent: number;
}

/** Why records are missing. */
export type GapReason = 'ring-full' | 'output-failed' | 'output-slow';

/** Records that are missing, and between which times (LOG-5). */
export interface GapRecord {
  readonly kind: 'gap';
  readonly timeMs: number;
  readonly sinceMs: number;
  readonly reason: GapReason;
  /** Whose ring was full; undefined: all workers' records are concerned. */
  readonly worker: number | undefined;
  readonly lost: number;
}

const NAMES: Readonly<Record<number, string>> = {
  3: 'addresses-exhausted',
  4: 'session-create',
  5: 'session-delete',
  8: 'mapping-create',
  9: 'mapping-delete',
  12: 'ports-exhausted',
  13: 'quota-exceeded',
  16: 'block-allocate',
  17: 'block-release',
  18: 'threshold-reached',
};

/** Every name a record can have, as its `event` says and as the metrics count it. */
export const eventNames: readonly string[] = [...Object.values(NAMES), 'gap'];

export function eventName(record: EventRecord): string {
  return record.kind === 'gap' ? 'gap' : NAMES[record.natEvent]!;
}

const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp' };

/** "tcp"; the number of a protocol without a name here. */
export function recordedProtocol(protocol: number): string {
  return PROTOCOLS[protocol] ?? String(protocol);
}

export const quotaNames: Readonly<Record<Quota, string>> = {
  [Quota.None]: '',
  [Quota.Sessions]: 'sessions',
  [Quota.Bindings]: 'mappings',
  [Quota.PerHost]: 'per-host',
  [Quota.Hosts]: 'hosts',
  [Quota.Fragments]: 'fragments',
};
