import type { Prefix, WireIpv4 } from '../types/ipv4.js';
import type { Millis } from '../types/units.js';

/** What is configured of policy routing (dvr.md 4). Part of config.ts, which has the rest. Words and numbers are those of ip(8). */

/** Types of a route, as ip-route(8) names them. */
export type RouteTypeName = 'unicast' | 'local' | 'broadcast' | 'multicast' | 'blackhole' | 'unreachable' | 'prohibit' | 'throw';

/** One way of a route. A route has several when it is multipath. */
export interface NexthopConfig {
  /** Undefined: the destination is on-link. */
  readonly via: WireIpv4 | undefined;
  /** Router interface; always there in a configuration that is loaded (found from `via` when the file does not say). `lo`: none of them. */
  readonly dev: string | undefined;
  /** Share of the flows, 1 to 256. */
  readonly weight: number;
  /** The next hop is taken to be on the link, whatever the tables say. */
  readonly onlink: boolean;
}

export interface RouteConfig {
  /** 1 to 2^32 - 1; 254 is main. */
  readonly table: number;
  /** Host bits cleared; 0.0.0.0/0 for `default`. */
  readonly to: Prefix;
  readonly type: RouteTypeName;
  /** Octet of the header that the route is for; 0: any. */
  readonly tos: number;
  /** 0 to 2^32 - 1; the least wins among routes of one prefix and tos. */
  readonly metric: number;
  /** 0 global, 253 link, 254 host, or another number below 255. */
  readonly scope: number;
  /** Source of packets that the router itself sends by this route. */
  readonly source: WireIpv4 | undefined;
  /** Octets; undefined: that of the interface. */
  readonly mtu: { readonly octets: number; readonly lock: boolean } | undefined;
  /** rtm_protocol: who made the route. 2 kernel, 3 boot (not printed), 4 static. */
  readonly protocol: number;
  /** Stored and printed only. */
  readonly realm: number | undefined;
  /** None for blackhole, unreachable, prohibit and throw. */
  readonly nexthops: readonly NexthopConfig[];
}

/** A next hop that is asked by ICMP echo whether it lives; while it does not answer, routes pass it over. */
export interface ProbeConfig {
  readonly address: WireIpv4;
  /** Router interface; always there in a configuration that is loaded. */
  readonly dev: string;
  /** Between two requests; an answer that takes longer is lost. */
  readonly interval: Millis;
  /** Lost answers in a row that make it dead, answers in a row that bring it back. */
  readonly fails: number;
  readonly recovers: number;
}

/** A TCP or UDP port in host order: a range, or a value under a mask. */
export type PortMatch = { readonly low: number; readonly high: number } | { readonly value: number; readonly mask: number };

export type RuleActionConfig =
  | { readonly type: 'lookup'; readonly table: number }
  | { readonly type: 'goto'; readonly priority: number }
  /** The source is rewritten, then `table` is looked at. */
  | { readonly type: 'nat'; readonly address: WireIpv4; readonly table: number }
  | { readonly type: 'nop' | 'blackhole' | 'unreachable' | 'prohibit' };

/** A rule of the routing policy, as ip-rule(8) has it. All selectors must match; undefined matches everything. */
export interface RuleConfig {
  /** 0 to 2^32 - 1, ascending order of evaluation. */
  readonly priority: number;
  /** Inverts the whole match. */
  readonly not: boolean;
  /** Host bits are kept: they are printed, and count for nothing. */
  readonly from: Prefix | undefined;
  readonly to: Prefix | undefined;
  /** Octet of the header. */
  readonly tos: number | undefined;
  readonly dscp: { readonly value: number; readonly mask: number } | undefined;
  /** Name of a router interface, or `lo` for what the router itself sends. A name nobody has matches nothing. */
  readonly iif: string | undefined;
  readonly oif: string | undefined;
  /** 32 bits each. */
  readonly mark: { readonly value: number; readonly mask: number } | undefined;
  readonly ipProtocol: number | undefined;
  readonly sport: PortMatch | undefined;
  readonly dport: PortMatch | undefined;
  readonly uids: { readonly low: number; readonly high: number } | undefined;
  readonly tunnelId: bigint | undefined;
  readonly action: RuleActionConfig;
  /** A result whose prefix is this long or shorter is passed over. */
  readonly suppressPrefixLength: number | undefined;
  /** A result out of an interface of this group is passed over. */
  readonly suppressGroup: number | undefined;
  /** Stored and printed only. */
  readonly realms: { readonly from: number; readonly to: number } | undefined;
  /** Who made the rule, rtm_protocol; 0: not said. */
  readonly protocol: number;
}

/** What flows are spread by over the ways of a multipath route: fib_multipath_hash_policy of the kernel. */
export type MultipathHash = 'addresses' | 'ports' | 'inner';

/** rp_filter of an interface (RFC 3704). */
export type ReversePath = 'off' | 'loose' | 'strict';

export interface RoutingConfig {
  readonly multipathHash: MultipathHash;
  /** A next hop whose link has no carrier is passed over, as if ignore_routes_with_linkdown were set. */
  readonly ignoreLinkdown: boolean;
}

/** Numbers of tables that have a meaning of their own. */
export const TABLE_DEFAULT = 253;
export const TABLE_MAIN = 254;
export const TABLE_LOCAL = 255;

/** The rules that exist from the start (dvr.md 4.2). */
export const DEFAULT_RULES: readonly RuleConfig[] = [
  [0, TABLE_LOCAL],
  [32_766, TABLE_MAIN],
  [32_767, TABLE_DEFAULT],
].map(([priority, table]) => ({ ...anything(), priority: priority!, action: { type: 'lookup', table: table! } }));

/** A rule without selectors, but for priority and action. */
function anything(): Omit<RuleConfig, 'priority' | 'action'> {
  return {
    not: false,
    from: undefined,
    to: undefined,
    tos: undefined,
    dscp: undefined,
    iif: undefined,
    oif: undefined,
    mark: undefined,
    ipProtocol: undefined,
    sport: undefined,
    dport: undefined,
    uids: undefined,
    tunnelId: undefined,
    suppressPrefixLength: undefined,
    suppressGroup: undefined,
    realms: undefined,
    protocol: 2,
  };
}
