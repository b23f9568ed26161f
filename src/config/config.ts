import type { EtcdAccess } from '../types/etcdAccess.js';
import type { HostIpv4, Prefix, WireIpv4 } from '../types/ipv4.js';
import type { Mac } from '../types/mac.js';
import type { Micros, Millis, Octets } from '../types/units.js';
import type { IcmpConfig, StaticMappingConfig, TcpConfig, TimersConfig, ZoneConfig } from './natConfig.js';
import type { ProbeConfig, ReversePath, RouteConfig, RoutingConfig, RuleConfig } from './routingConfig.js';

export type * from './natConfig.js';
export type * from './routingConfig.js';

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
  /** Whether programs in the kernel choose the worker of a frame, where they may. */
  readonly steering: 'auto' | 'off';
  readonly ifaces: readonly IfaceConfig[];
  /** Those of the file, in its order; connected routes and those of table local are made from the interfaces. */
  readonly routes: readonly RouteConfig[];
  /** All of them, the default ones too, in order of evaluation: ascending priority, then as they were written. */
  readonly rules: readonly RuleConfig[];
  /** Names of routing tables by their numbers, those of the system included. */
  readonly tableNames: ReadonlyMap<number, string>;
  readonly routing: RoutingConfig;
  /** Each next hop once. */
  readonly nexthopProbes: readonly ProbeConfig[];
  readonly neighbors: readonly NeighborConfig[];
  /** In matching order: the first zone that covers a source decides. */
  readonly zones: readonly ZoneConfig[];
  /** They come before every zone. */
  readonly staticMappings: readonly StaticMappingConfig[];
  /** Answer to inside sources in no zone. */
  readonly reject: Reject;
  readonly timers: TimersConfig;
  readonly tcp: TcpConfig;
  readonly icmp: IcmpConfig;
  /** How long a draining address keeps its sessions at most; undefined: until the last ends by itself. */
  readonly drainTimeout: Millis | undefined;
  readonly neighborTimers: NeighborTimersConfig;
  readonly limits: LimitsConfig;
  readonly metrics: MetricsConfig | 'off';
  readonly control: { readonly socket: string };
  /** Undefined: a gateway of its own. */
  readonly host: HostConfig | undefined;
  /** Absolute path of a file of objects; undefined: the store has them. */
  readonly objects: string | undefined;
  /** Opened only with `host`. */
  readonly store: StoreConfig;
  readonly log: { readonly level: LogLevel };
  /** How long an idle worker polls before it sleeps; 0 = it sleeps at once, `auto` = as the traffic makes it pay. */
  readonly idle: { readonly spin: Micros | 'auto' };
  readonly events: EventsConfig;
}

/** Where objects are kept: by this host for itself, or by all hosts together. */
export type StoreConfig = { readonly directory: string } | { readonly etcd: EtcdAccess };

/** This gateway as one of the hosts of a distributed router. */
export interface HostConfig {
  readonly name: string;
  /** Undefined: no tunnels. */
  readonly vtep: { readonly address: WireIpv4; readonly netns: string | undefined } | undefined;
  /** As the objects have to say it, which decide; undefined: whatever they say. */
  readonly mode: 'dvr' | 'dvr_snat' | 'dvr_no_external' | 'legacy' | undefined;
  readonly physnets: readonly PhysnetConfig[];
  /** Between two announcements of a port's MAC; undefined: none. */
  readonly macRefresh: Millis | undefined;
  /** Undefined: guests that ask for metadata are refused. */
  readonly metadata: MetadataConfig | undefined;
}

/** Where guests get what they have to know about themselves (dvr.md 2.15). */
export interface MetadataConfig {
  /** "http://127.0.0.1:8775", "https://...", or "unix:/run/metadata.sock" */
  readonly endpoint: string;
  /** Paths. */
  readonly secretFile: string | undefined;
  readonly caFile: string | undefined;
  /** Of a port, at the same time. */
  readonly connections: number;
  /** New ones of a port. */
  readonly newPerSecond: number;
  /** Addresses that stand for those of ports. */
  readonly range: Prefix;
  readonly netns: string | undefined;
}

/** A device that leads to a physical network. */
export interface PhysnetConfig {
  readonly name: string;
  readonly kind: IfaceKindName;
  readonly device: string;
  readonly netns: string | undefined;
}

/** A configuration on a machine: `workers` is a number, and `idle.spin` is `auto` only where polling harms nobody. */
export interface SettledConfig extends Config {
  readonly workers: number;
}

export type IfaceKindName = 'tap' | 'packet';
export type Role = 'inside' | 'outside';
export type Reject = 'port-unreach' | 'host-unreach' | 'admin-prohib' | 'silent';
export type Profile = 'default' | 'dsnat';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

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
  /** Number of its interface group, for suppress_ifgroup. */
  readonly group: number;
  readonly reversePath: ReversePath;
}

export interface IfaceConfig extends RouterIfaceConfig {
  readonly kind: IfaceKindName;
  /** Name of the kernel device. */
  readonly device: string;
  /** Name under /run/netns or an absolute path; undefined: the process's own. */
  readonly netns: string | undefined;
  /** TAP only: checksum and segmentation offloads of what the kernel hands over. */
  readonly offloads: boolean;
  /** The same of what is sent, as far as the kernel takes them. */
  readonly sendOffloads: boolean;
  /** TCP segments that follow each other in a burst leave as a super-frame. */
  readonly coalesce: boolean;
  /** TAP only: frames. */
  readonly txQueueLength: number;
  /** Packet socket only; auto: frames to our MACs, in the device's filter where it has one. */
  readonly promiscuous: boolean | 'auto';
  /** Packet socket only: the kernel gets no copy of what arrives (D30). */
  readonly exclusive: boolean;
  readonly vlans: readonly VlanConfig[];
}

export interface VlanConfig extends RouterIfaceConfig {
  /** 802.1Q VLAN id, 1 to 4094. */
  readonly id: number;
}

export interface NeighborConfig {
  readonly address: WireIpv4;
  readonly mac: Mac;
  readonly dev: string;
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
  /** Inside hosts with sessions. */
  readonly hosts: number;
  /** Ports kept from other hosts after their last session. */
  readonly heldPorts: number;
  readonly fragments: { readonly datagrams: number; readonly memory: Octets; readonly perDatagram: number };
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
  /** Each session, not only mappings and blocks of ports. */
  readonly sessions: boolean;
  /** The remote of each session too; it tells what a person does and is off unless a law asks for it. */
  readonly destinations: boolean;
}

/** A range of addresses in host order, both ends included. */
export interface AddressRange {
  readonly low: HostIpv4;
  readonly high: HostIpv4;
}
