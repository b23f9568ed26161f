import type { HostIpv4, Prefix, WireIpv4 } from '../types/ipv4.js';
import type { Mac } from '../types/mac.js';
import type { Micros, Millis } from '../types/units.js';

/**
 * The configuration after loading: every default filled in, every text parsed, every name checked. Addresses and masks are in
 * wire order (`WireIpv4`), times are `Millis` unless branded otherwise. Keys are called as in the file.
 */
export interface Config {
  /** Names this gateway in the socket path, in logs and in derived MAC addresses. */
  readonly name: string;
  /** Whose defaults the zones and timers have. */
  readonly profile: Profile;
  /** `auto` is settled when the gateway starts (control/settle.ts). */
  readonly workers: number | 'auto';
  /** CPU of each worker, by its number; empty: any. */
  readonly cpus: readonly number[];
  readonly ifaces: readonly IfaceConfig[];
  readonly routes: readonly RouteConfig[];
  readonly neighbors: readonly NeighborConfig[];
  /** In matching order: the first zone that covers a source decides. */
  readonly zones: readonly ZoneConfig[];
  /** Answer to inside sources in no zone. */
  readonly reject: Reject;
  readonly timers: TimersConfig;
  /** How long a draining address keeps its sessions at most; undefined: until the last ends by itself. */
  readonly drainTimeout: Millis | undefined;
  readonly neighborTimers: NeighborTimersConfig;
  readonly limits: LimitsConfig;
  readonly metrics: MetricsConfig | 'off';
  readonly control: { readonly socket: string };
  readonly log: { readonly level: LogLevel };
  /** How long an idle worker polls before it sleeps; 0 = it sleeps at once. `auto` is settled when the gateway starts. */
  readonly idle: { readonly spin: Micros | 'auto' };
  readonly events: EventsConfig;
}

/** A configuration on a machine: nothing in it is `auto` any more. */
export interface SettledConfig extends Config {
  readonly workers: number;
  readonly idle: { readonly spin: Micros };
}

export type IfaceKindName = 'tap' | 'packet';
export type Role = 'inside' | 'outside';
export type Reject = 'port-unreach' | 'host-unreach' | 'admin-prohib' | 'silent';
export type Profile = 'default' | 'dsnat';
/** How a zone chooses the local address of a session. */
export type PoolingName = 'rr' | 'rr-host' | 'hash' | 'least';
/** Endpoint-independent, or address-and-port-dependent (RFC 4787 4.1). */
export type MappingName = 'eim' | 'apdm';
/** Endpoint-independent, address-dependent, address-and-port-dependent (RFC 4787 5). */
export type FilteringName = 'eif' | 'adf' | 'apdf';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type RouteType = 'unicast' | 'blackhole' | 'unreachable' | 'prohibit';

/** A router address with the length of its subnet; `address` keeps its host bits. */
export type RouterAddress = Prefix;

/** What an interface and each VLAN on it have in common: one router interface. */
export interface RouterIfaceConfig {
  /** Unique among interfaces and VLANs; routes and listings use it. */
  readonly name: string;
  readonly role: Role;
  /** The gateway's own virtual MAC on this link (D33). */
  readonly mac: Mac;
  /** Undefined: the device's own. Octets of IP, 576 to 65535. */
  readonly mtu: number | undefined;
  readonly addresses: readonly RouterAddress[];
}

export interface IfaceConfig extends RouterIfaceConfig {
  readonly kind: IfaceKindName;
  /** Name of the kernel device. */
  readonly device: string;
  /** Name under /run/netns or an absolute path; undefined: the process's own. */
  readonly netns: string | undefined;
  /** TAP only: checksum and segmentation offloads. */
  readonly offloads: boolean;
  /** TAP only: frames. */
  readonly txQueueLength: number;
  /** Packet socket only. */
  readonly promiscuous: boolean;
  readonly vlans: readonly VlanConfig[];
}

export interface VlanConfig extends RouterIfaceConfig {
  /** 802.1Q VLAN id, 1 to 4094. */
  readonly id: number;
}

export interface RouteConfig {
  /** Host bits cleared; 0.0.0.0/0 for `default`. */
  readonly to: Prefix;
  readonly type: RouteType;
  /** Undefined: on-link, or no next hop because of the type. */
  readonly via: WireIpv4 | undefined;
  /** Router interface; always there for `unicast` (found from `via` when the file does not say). */
  readonly dev: string | undefined;
}

export interface NeighborConfig {
  readonly address: WireIpv4;
  readonly mac: Mac;
  readonly dev: string;
}

/** One value for each protocol that is translated. */
export interface PerProtocol<T> {
  readonly tcp: T;
  readonly udp: T;
  readonly icmp: T;
}

export type ProtocolName = keyof PerProtocol<unknown>;

/** What one inside host may have at most; `off`: as much as there is. */
export interface HostLimitsConfig {
  readonly sessions: number | 'off';
  /** Of each protocol. */
  readonly ports: number | 'off';
  /** TCP connections whose handshake is not complete. */
  readonly halfOpen: number | 'off';
  readonly newSessions: RateLimit | 'off';
}

export interface ZoneConfig {
  readonly name: string;
  /** Inside source prefixes, host bits cleared; at least one. */
  readonly match: readonly Prefix[];
  /** The active ones in rotation order, ranges expanded; empty: a zone that refuses everything. */
  readonly localAddresses: readonly WireIpv4[];
  /** Those that take no new session and serve the ones they have (zones.md 1.8). */
  readonly draining: readonly WireIpv4[];
  /** Those whose sessions are ended when the configuration is taken over. */
  readonly removed: readonly WireIpv4[];
  /** Lowest and highest external port, both included. */
  readonly ports: { readonly low: number; readonly high: number };
  readonly pooling: PoolingName;
  /** Those that are translated, in the order tcp, udp, icmp; at least one. */
  readonly protocols: readonly ProtocolName[];
  readonly mapping: PerProtocol<MappingName>;
  /** Always apdf where the mapping is apdm. */
  readonly filtering: PerProtocol<FilteringName>;
  /** Whether a port serves a second session, with another remote, when none is free. */
  readonly overload: PerProtocol<boolean>;
  readonly hostLimits: HostLimitsConfig;
  /** Undefined: port-unreach for a zone without addresses, host-unreach when its ports are exhausted. */
  readonly reject: Reject | undefined;
}

export type TimerProfile = 'rfc' | 'dense' | 'dsnat';

/** Idle times of NAT sessions, with profile and scale applied already. */
export interface TimersConfig {
  readonly profile: TimerProfile;
  readonly udp: Millis;
  readonly udpUnanswered: Millis;
  /** To remote ports 53 and 123; 0: as any other. */
  readonly udpShort: Millis;
  readonly tcpEstablished: Millis;
  readonly tcpHalfOpen: Millis;
  /** After the FIN of one side. */
  readonly tcpHalfClosed: Millis;
  /** After both FINs. */
  readonly tcpClosing: Millis;
  readonly tcpReset: Millis;
  /** How long a SYN from outside waits for one from inside. */
  readonly unsolicitedSyn: Millis;
  readonly icmp: Millis;
  /** Protocols without ports. */
  readonly other: Millis;
  /** How long fragments wait for their first one. */
  readonly fragment: Millis;
  /** How long a port is kept from other hosts after its last session; 0: not at all. */
  readonly portHold: Millis;
  readonly allowShort: boolean;
  readonly scale: number;
}

/** Times of the neighbour table (states as in ip-neighbour(8)). */
export interface NeighborTimersConfig {
  /** How long a confirmed neighbour stays REACHABLE. */
  readonly reachable: Millis;
  /** Pause between two ARP requests. */
  readonly retry: Millis;
  /** Requests without an answer until a neighbour is FAILED. */
  readonly probes: number;
  /** How long a FAILED neighbour stays so before a frame starts a new search. */
  readonly failed: Millis;
  /** How long an unused STALE neighbour is kept. */
  readonly stale: Millis;
}

/** A token bucket. */
export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

export interface LimitsConfig {
  readonly sessions: number;
  readonly neighbors: number;
  readonly localAddresses: number;
  readonly routes: number;
  readonly icmpErrorsPerSource: RateLimit;
  readonly icmpErrorsGlobal: RateLimit;
}

export interface MetricsConfig {
  readonly listen: { readonly host: string; readonly port: number };
}

/** Where the begin and end of mappings is written, for who must say later which host an external port was (RFC 6888 REQ-12). */
export interface EventsConfig {
  /** Absolute path; undefined: no file. */
  readonly file: string | undefined;
  /** Undefined: nothing is exported. `domain` is the observation domain of RFC 7011, 32 bits. */
  readonly ipfix: { readonly collector: { readonly host: string; readonly port: number }; readonly domain: number } | undefined;
  /** Each session, not only blocks of ports. */
  readonly sessions: boolean;
  /** The remote of each session too; it tells what a person does and is off unless a law asks for it. */
  readonly destinations: boolean;
}

/** A range of addresses in host order, both ends included. */
export interface AddressRange {
  readonly low: HostIpv4;
  readonly high: HostIpv4;
}
