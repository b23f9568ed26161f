import { covers, hostOrder, maskOf, network, type Prefix, type WireIpv4, wireOrder } from '../types/ipv4.js';
import type { RouteConfig, RouterIfaceConfig, RouteTypeName, RuleConfig } from './config.js';
import { isRefusal, SCOPE_HOST, SCOPE_LINK } from './resolveRouting.js';
import { TABLE_LOCAL, TABLE_MAIN } from './routingConfig.js';

/**
 * Rules and routes as plain maps, to ask what the kernel asks when a route is added: by which way a next hop is reached
 * (fib_check_nh) and whether an address is the router's own (fib_valid_prefsrc). The look-up of packets is another one.
 */
interface Entry {
  readonly type: RouteTypeName;
  readonly metric: number;
  readonly scope: number;
  /** Of each way; undefined: not known yet. */
  readonly devs: readonly (string | undefined)[];
}

export interface Found {
  readonly type: RouteTypeName;
  readonly scope: number;
  readonly dev: string | undefined;
  /** Of the prefix that was found. */
  readonly length: number;
}

/** A table was looked at: what was found, or that the look-up ends without, or goes on with the next rule. */
type Answer = Found | 'refused' | 'none';

/** By length of the prefix, the longest first, and address. */
interface Table {
  readonly lengths: number[];
  readonly prefixes: Map<number, Map<number, Entry[]>>;
}

export class RoutingModel {
  readonly #tables = new Map<number, Table>();
  readonly #groups: ReadonlyMap<string, number>;
  readonly #rules: readonly RuleConfig[];

  /** Begins with what the interfaces' addresses make. Rules that no next hop is looked up by are left out. */
  constructor(rifs: readonly RouterIfaceConfig[], rules: readonly RuleConfig[]) {
    this.#groups = new Map(rifs.map((rif) => [rif.name, rif.group]));
    // A rule that a goto leads to is kept: where it stands, others follow.
    const targets = new Set(rules.map(({ action }) => (action.type === 'goto' ? action.priority : undefined)));
    this.#rules = rules.filter((rule) => rule.not || couldMatch(rule) || targets.has(rule.priority));
    for (const rif of rifs) for (const own of rif.addresses) this.#addOwn(own, rif.name);
  }

  add(route: RouteConfig): void {
    // A next hop is looked up with type of service 0, which such a route is not for.
    if (route.tos !== 0) return;
    const { type, metric, scope } = route;
    this.#insert(route.table, route.to, { type, metric, scope, devs: route.nexthops.map(({ dev }) => dev) });
  }

  /** By which route of scope `scope` or narrower the next hop is reached; `dev` undefined: by any device. */
  reach(table: number, gateway: WireIpv4, scope: number, dev: string | undefined): Found | undefined {
    // As fib_check_nh: the route's own table, then the whole policy. The kernel asks by the rules there are when the route is
    // added, and takes it when those that refuse come later; in a file nothing comes first, so main has the last word.
    return (
      this.#in(table, gateway, scope, dev) ?? this.#byRules(gateway, scope, dev) ?? this.#in(TABLE_MAIN, gateway, scope, dev)
    );
  }

  /** The first rule that refuses, where the next hop would be reached by a rule behind it. */
  hindrance(
    gateway: WireIpv4,
    scope: number,
    dev: string | undefined,
  ): { readonly by: RuleConfig; readonly behind: RuleConfig } | undefined {
    const refusing: RuleConfig[] = [];
    const behind = this.#ruleTo(gateway, scope, dev, refusing)?.rule;
    return behind === undefined || refusing.length === 0 ? undefined : { by: refusing[0]!, behind };
  }

  /** What the table says an address is. */
  typeIn(table: number, address: WireIpv4): RouteTypeName | undefined {
    return this.#in(table, address, 0, undefined)?.type;
  }

  #addOwn(own: Prefix, dev: string): void {
    const made = (type: RouteTypeName, scope: number): Entry => ({ type, metric: 0, scope, devs: [dev] });
    const host = (address: WireIpv4): Prefix => ({ address, mask: maskOf(32), length: 32 });
    this.#insert(TABLE_LOCAL, host(own.address), made('local', SCOPE_HOST));
    if (own.length < 32) this.#insert(TABLE_MAIN, network(own), made('unicast', SCOPE_LINK));
    if (own.length < 31) this.#insert(TABLE_LOCAL, host(broadcastOf(own)), made('broadcast', SCOPE_LINK));
  }

  #insert(table: number, { address, length }: Prefix, entry: Entry): void {
    const held = this.#tables.get(table) ?? { lengths: [], prefixes: new Map<number, Map<number, Entry[]>>() };
    this.#tables.set(table, held);
    const prefixes = held.prefixes.get(length) ?? new Map<number, Entry[]>();
    if (prefixes.size === 0) {
      held.prefixes.set(length, prefixes);
      held.lengths.push(length);
      held.lengths.sort((a, b) => b - a);
    }
    const entries = prefixes.get(address);
    if (entries === undefined) prefixes.set(address, [entry]);
    else {
      const at = entries.findIndex(({ metric }: Entry) => metric > entry.metric);
      entries.splice(at < 0 ? entries.length : at, 0, entry);
    }
  }

  #lookUp(number: number, address: WireIpv4, scope: number, dev: string | undefined): Answer {
    const table = this.#tables.get(number);
    if (table === undefined) return 'none';
    for (const length of table.lengths) {
      const entries = table.prefixes.get(length)!.get(address & maskOf(length));
      for (const entry of entries ?? []) {
        if (entry.scope < scope) continue;
        if (isRefusal(entry.type)) return entry.type === 'throw' ? 'none' : 'refused';
        const way = entry.devs.find((one) => dev === undefined || one === dev);
        if (way !== undefined) return { type: entry.type, scope: entry.scope, dev: way, length };
      }
    }
    return 'none';
  }

  #in(table: number, gateway: WireIpv4, scope: number, dev: string | undefined): Found | undefined {
    const answer = this.#lookUp(table, gateway, scope, dev);
    return typeof answer === 'object' ? answer : undefined;
  }

  #byRules(gateway: WireIpv4, scope: number, dev: string | undefined): Found | undefined {
    return this.#ruleTo(gateway, scope, dev, undefined)?.answer;
  }

  /** The rule that finds the next hop. `refusing`: rules that refuse are passed over, and put into it. */
  #ruleTo(gateway: WireIpv4, scope: number, dev: string | undefined, refusing: RuleConfig[] | undefined) {
    const rules = this.#rules;
    for (let i = 0; i < rules.length; i++) {
      const { action, not } = rules[i]!;
      if (matches(rules[i]!, gateway, dev) === not) continue;
      if (action.type === 'goto') {
        const target = firstAt(rules, action.priority);
        // One that leads backwards is a fault of the file, told elsewhere, and must not go round for ever here.
        if (target > i && rules[target]?.priority === action.priority) i = target - 1;
      } else if (action.type === 'lookup' || action.type === 'nat') {
        const answer = this.#lookUp(action.table, gateway, scope, dev);
        if (answer === 'refused') return undefined;
        if (answer !== 'none' && !this.#suppressed(rules[i]!, answer)) return { rule: rules[i]!, answer };
      } else if (action.type !== 'nop') {
        if (refusing === undefined) return undefined;
        refusing.push(rules[i]!);
      }
    }
    return undefined;
  }

  #suppressed({ suppressPrefixLength, suppressGroup }: RuleConfig, { length, dev }: Found): boolean {
    if (suppressPrefixLength !== undefined && length <= suppressPrefixLength) return true;
    // `lo` is of the default group.
    return suppressGroup !== undefined && dev !== undefined && (this.#groups.get(dev) ?? 0) === suppressGroup;
  }
}

/** The last address of the subnet. */
export function broadcastOf(own: Prefix): WireIpv4 {
  return wireOrder((hostOrder(network(own).address) | (0xffff_ffff >>> own.length)) >>> 0);
}

/** First rule of this priority or a greater one. */
function firstAt(rules: readonly RuleConfig[], priority: number): number {
  let low = 0;
  let high = rules.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rules[middle]!.priority < priority) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The selectors but `to` and `oif`, for a look-up of the router itself: no source, no mark, no protocol, user 0. */
function couldMatch(rule: RuleConfig): boolean {
  const { from, tos, dscp, iif, mark, ipProtocol, sport, dport, uids, tunnelId } = rule;
  if (from !== undefined && !covers(from, 0 as WireIpv4)) return false;
  if (tos !== undefined || (dscp !== undefined && dscp.value !== 0) || (iif !== undefined && iif !== 'lo')) return false;
  if (mark !== undefined && (mark.value & mark.mask) !== 0) return false;
  if (ipProtocol !== undefined || sport !== undefined || dport !== undefined || tunnelId !== undefined) return false;
  return uids === undefined || uids.low === 0;
}

function matches(rule: RuleConfig, gateway: WireIpv4, dev: string | undefined): boolean {
  if (rule.to !== undefined && !covers(rule.to, gateway)) return false;
  return (rule.oif === undefined || rule.oif === dev) && couldMatch(rule);
}
