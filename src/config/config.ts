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
}

/** A configuration on a machine: nothing in it is `auto` any more. */
export interface SettledConfig extends Config {
  readonly workers: number;
  readonly idle: { readonly spin: Micros };
}

export type IfaceKindName = 'tap' | 'packet';
export type Role = 'inside' | 'outside';
export type Reject = 'port-unreach' | 'host-unreach' | 'admin-prohib' | 'silent';
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
  readonly pooling: 'rr';
  /** Undefined: port-unreach for a zone without addresses, host-unreach when its ports are exhausted. */
  readonly reject: Reject | undefined;
}

/** Idle times of NAT sessions, with profile and scale applied already. */
export interface TimersConfig {
  readonly profile: 'rfc' | 'dense';
  readonly udp: Millis;
  readonly udpUnanswered: Millis;
  readonly tcpEstablished: Millis;
  readonly tcpHalfOpen: Millis;
  readonly tcpClosing: Millis;
  readonly icmp: Millis;
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

/** A range of addresses in host order, both ends included. */
export interface AddressRange {
  readonly low: HostIpv4;
  readonly high: HostIpv4;
}
