import { network, type Prefix, type WireIpv4 } from '../types/ipv4.js';
import type { NexthopEntry, RouteEntry } from './routeSchema.js';
import {
  DEFAULT_RULES,
  type NexthopConfig,
  type RouteConfig,
  type RouteTypeName,
  type RuleActionConfig,
  type RuleConfig,
  TABLE_LOCAL,
  TABLE_MAIN,
} from './routingConfig.js';
import { ROUTE_TYPES } from './routingLines.js';
import type { RuleEntry } from './ruleSchema.js';
import { type TableNames, tableNumber } from './tableNames.js';

/** Entries of `rules` and `routes` -> what is configured. Pure; says nothing about faults. */

export const SCOPE_GLOBAL = 0;
export const SCOPE_LINK = 253;
export const SCOPE_HOST = 254;

/** Types that are an answer, not a way. */
export function isRefusal(type: RouteTypeName): boolean {
  return ROUTE_TYPES.indexOf(type) >= ROUTE_TYPES.indexOf('blackhole');
}

/** Undefined: it names a table that nobody knows. A way without device gets it later (checks/routes). */
export function resolveRoute(entry: RouteEntry, names: TableNames): RouteConfig | undefined {
  const { type, realm } = entry;
  const usual = type === 'local' || type === 'broadcast' ? TABLE_LOCAL : TABLE_MAIN;
  const table = entry.table === undefined ? usual : tableNumber(names, entry.table);
  if (table === undefined) return undefined;
  const ways = entry.nexthops ?? (isRefusal(type) ? [] : [{ via: entry.via, dev: entry.dev, weight: 1, onlink: entry.onlink }]);
  return {
    table,
    to: network(entry.to),
    type,
    tos: entry.tos,
    metric: entry.metric,
    scope: entry.scope ?? usualScope(type, entry.via !== undefined || entry.nexthops !== undefined),
    source: entry.src === 0 ? undefined : entry.src,
    mtu: entry.mtu,
    protocol: entry.proto,
    realm: realm === undefined || (realm.from === 0 && realm.to === 0) ? undefined : realm.from * 65_536 + realm.to,
    nexthops: ways.map(nexthop).map((way) => (ways.length > 1 ? way : { ...way, weight: 1 })),
  };
}

/** Scope of a route that does not say it, as ip-route(8) chooses it. */
export function usualScope(type: RouteTypeName, hasNexthop: boolean): number {
  if (type === 'local') return SCOPE_HOST;
  if (type === 'broadcast' || type === 'multicast') return SCOPE_LINK;
  return type === 'unicast' && !hasNexthop ? SCOPE_LINK : SCOPE_GLOBAL;
}

/** The gateway 0.0.0.0 is none. */
function nexthop({ via, dev, weight, onlink }: NexthopEntry): NexthopConfig {
  return { via: via === 0 ? undefined : via, dev, weight, onlink };
}

/** A rule of the file; `priority` is still open when it is not said. Undefined: it names a table nobody knows. */
export function resolveRule(
  entry: RuleEntry,
  names: TableNames,
): (Omit<RuleConfig, 'priority'> & { readonly priority?: number }) | undefined {
  const table = entry.table === undefined ? TABLE_MAIN : tableNumber(names, entry.table);
  if (table === undefined) return undefined;
  const { fwmark, realms } = entry;
  return {
    ...(entry.priority === undefined ? {} : { priority: entry.priority }),
    not: entry.not,
    from: prefix(entry.from),
    to: prefix(entry.to),
    tos: orAny(entry.tos),
    dscp: entry.dscp,
    iif: entry.iif,
    oif: entry.oif,
    mark: fwmark === undefined || (fwmark.value === 0 && fwmark.mask === 0) ? undefined : fwmark,
    ipProtocol: orAny(entry.ipproto),
    sport: entry.sport,
    dport: entry.dport,
    uids: entry.uidrange,
    tunnelId: entry.tun_id === 0n ? undefined : entry.tun_id,
    action: action(entry, table),
    suppressPrefixLength: entry.suppress_prefixlength,
    suppressGroup: entry.suppress_ifgroup,
    realms: realms === undefined || (realms.from === 0 && realms.to === 0) ? undefined : realms,
    protocol: entry.proto,
  };
}

function action({ goto, nat, type }: RuleEntry, table: number): RuleActionConfig {
  if (goto !== undefined) return { type: 'goto', priority: goto };
  if (nat !== undefined) return { type: 'nat', address: nat as WireIpv4, table };
  return type === undefined || type === 'lookup' ? { type: 'lookup', table } : { type };
}

const prefix = (selected: Prefix | 'all' | undefined): Prefix | undefined => (selected === 'all' ? undefined : selected);

/** 0 selects nothing, for the kernel. */
const orAny = (value: number | undefined): number | undefined => (value === 0 ? undefined : value);

/** Which of the default rules are there. */
export function defaultRules(kept: { readonly local: boolean; readonly main: boolean; readonly default: boolean }): RuleConfig[] {
  return DEFAULT_RULES.filter((_, i) => [kept.local, kept.main, kept.default][i]);
}

/**
 * Puts rules into the list one after the other as the kernel does (fib_nl_newrule): behind those of the same priority; one
 * without priority gets one less than the second of the list has at that moment, or 0.
 */
export class RuleList<R extends { readonly priority: number }> {
  readonly #rules: R[];

  constructor(first: readonly R[]) {
    this.#rules = [...first];
  }

  get rules(): readonly R[] {
    return this.#rules;
  }

  /** The priority of the next rule that says none. */
  get nextPriority(): number {
    return Math.max(0, (this.#rules[1]?.priority ?? 0) - 1);
  }

  add(rule: R): void {
    let low = 0;
    let high = this.#rules.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#rules[middle]!.priority <= rule.priority) low = middle + 1;
      else high = middle;
    }
    this.#rules.splice(low, 0, rule);
  }
}
