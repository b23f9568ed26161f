import type { Prefix, WireIpv4 } from '../types/ipv4.js';
import type { Millis } from '../types/units.js';
import type { RateLimit, Reject } from './config.js';

/** What is configured of the NAT: zones, static mappings, timers. Part of config.ts, which has the rest. */

/** How a zone chooses the local address of a session. */
export type PoolingName = 'rr' | 'rr-host' | 'hash' | 'least';
/** Endpoint-independent, or address-and-port-dependent (RFC 4787 4.1). */
export type MappingName = 'eim' | 'apdm';
/** Endpoint-independent, address-dependent, address-and-port-dependent (RFC 4787 5). */
export type FilteringName = 'eif' | 'adf' | 'apdf';
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

/** An inside host or port that is reachable by an external one. */
export interface StaticMappingConfig {
  readonly name: string | undefined;
  /** Undefined: the whole host, with all its protocols and ports; both ports are 0 then. */
  readonly protocol: 'tcp' | 'udp' | undefined;
  readonly external: Endpoint;
  readonly inside: Endpoint;
}

export interface Endpoint {
  readonly address: WireIpv4;
  /** Host order; 0 when it is of a whole host. */
  readonly port: number;
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

export interface TcpConfig {
  /** What becomes of a segment without a session (D18). */
  readonly midstream: 'drop' | 'reset' | 'adopt';
  /** Largest segments both ends may announce, in octets; `pmtu`: by the MTU of both links. */
  readonly mss: number | 'off' | 'pmtu';
  readonly resetOnExpiry: boolean;
  readonly answerUnsolicited: boolean;
}

export interface IcmpConfig {
  /** Echo requests from outside to local addresses of zones. */
  readonly answerEchoToLocalAddresses: boolean;
}
