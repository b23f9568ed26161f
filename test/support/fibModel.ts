import { DEFAULT_RULES, type PortMatch, type RuleConfig } from '../../src/config/routingConfig.js';
import type { FibRouteSpec } from '../../src/control/routing/routeSpec.js';
import { FibError, FibKey, FibType, RIF_ANY } from '../../src/tables/fib.js';
import { maskOf } from '../../src/types/ipv4.js';

/** A rule that matches everything and looks at main; `over` changes it. */
export function rule(priority: number, over: Partial<RuleConfig> = {}): RuleConfig {
  return { ...DEFAULT_RULES[1]!, priority, ...over };
}

/** A unicast route in main, on-link by interface 0; `over` changes it. Address as loaded. */
export function route(destination: number, length: number, over: Partial<FibRouteSpec> = {}): FibRouteSpec {
  return {
    table: 254,
    destination: destination & maskOf(length),
    length,
    type: FibType.Unicast,
    tos: 0,
    metric: 0,
    scope: 0,
    source: 0,
    mtu: 0,
    mtuLocked: false,
    flags: 0,
    pool: 0,
    ways: [way(0)],
    ...over,
  };
}

export function way(rif: number, gateway = 0, weight = 1): FibRouteSpec['ways'][number] {
  return { rif, gateway, weight, onlink: false, scope: gateway === 0 ? 254 : 253 };
}

/** A forwarded packet without anything special; `over` changes it. */
export function key(over: Partial<Record<keyof typeof keyWords, number>> = {}): Int32Array {
  const words = new Int32Array(FibKey.Words);
  for (const [name, value] of Object.entries({ ...defaults, ...over })) words[keyWords[name as keyof typeof keyWords]] = value;
  return words;
}

const keyWords = {
  source: FibKey.Source,
  destination: FibKey.Destination,
  tos: FibKey.Tos,
  iif: FibKey.Iif,
  oif: FibKey.Oif,
  mark: FibKey.Mark,
  protocol: FibKey.Protocol,
  sport: FibKey.SourcePort,
  dport: FibKey.DestinationPort,
  scope: FibKey.Scope,
  uid: FibKey.Uid,
  tunnelLow: FibKey.TunnelLow,
  tunnelHigh: FibKey.TunnelHigh,
} as const;
const defaults = { oif: RIF_ANY, sport: -1, dport: -1 } as const;

/** What the model knows: everything as plain lists. */
export interface FibModel {
  readonly rules: readonly RuleConfig[];
  readonly routes: readonly FibRouteSpec[];
  readonly rifs: ReadonlyMap<string, number>;
  readonly groups: readonly number[];
  readonly ignoreLinkdown: boolean;
  /** State of the links of configured ways, by interface. */
  readonly links: ReadonlyMap<number, { readonly dead: boolean; readonly linkdown: boolean }>;
}

export interface FibAnswer {
  /** A FibError, or undefined when there is a route. */
  readonly error?: FibError;
  readonly route?: FibRouteSpec;
  readonly priority?: number;
  /** Index of the first way that will do. */
  readonly way?: number;
  readonly source?: number;
}

const refusals = { unreachable: FibError.Unreachable, prohibit: FibError.Prohibit, blackhole: FibError.Blackhole } as const;

/** Policy routing of Linux 6.18 in the plainest form: lists, filters, sorting; nothing shared with the look-up under test. */
export function modelLookup(model: FibModel, k: Int32Array): FibAnswer {
  const rules = model.rules.map((one, i) => ({ one, i })).sort((a, b) => a.one.priority - b.one.priority || a.i - b.i);
  for (let i = 0; i < rules.length; i++) {
    const { one } = rules[i]!;
    if (!matches(model, one, k)) continue;
    const { action, priority } = one;
    if (action.type === 'goto') {
      const target = rules.findIndex((other) => other.one.priority === action.priority);
      if (target >= 0) i = target - 1;
      continue;
    }
    if (action.type === 'nop') continue;
    if (action.type !== 'lookup' && action.type !== 'nat') return { error: refusals[action.type], priority };
    const found = modelTable(model, action.table, k);
    if (found === undefined || (found.way !== undefined && suppressed(model, one, found.route!))) continue;
    if (action.type !== 'nat') return { ...found, priority };
    const mask = one.from?.mask ?? 0;
    if (mask === 0) return { ...found, priority };
    return { ...found, priority, source: (action.address & mask) | (k[FibKey.Source]! & ~mask) };
  }
  return { error: FibError.None };
}

export function modelTable(model: FibModel, table: number, k: Int32Array): FibAnswer | undefined {
  const covering = model.routes
    .map((one, i) => ({ one, i }))
    .filter(({ one }) => one.table === table && ((k[FibKey.Destination]! ^ one.destination) & maskOf(one.length)) === 0)
    .sort((a, b) => b.one.length - a.one.length || b.one.tos - a.one.tos || a.one.metric - b.one.metric || a.i - b.i);
  for (const { one } of covering) {
    if (one.tos !== 0 && one.tos !== (k[FibKey.Tos]! & 0x1c)) continue;
    if (one.scope < k[FibKey.Scope]!) continue;
    if (one.type === FibType.Throw) return undefined;
    if ([FibType.Blackhole, FibType.Unreachable, FibType.Prohibit].includes(one.type)) return { route: one };
    const found = one.ways.findIndex((w) => usable(model, one, w.rif) && [RIF_ANY, w.rif].includes(k[FibKey.Oif]!));
    if (found >= 0) return { route: one, way: found };
  }
  return undefined;
}

function usable(model: FibModel, of: FibRouteSpec, rif: number): boolean {
  const link = of.flags === 2 ? undefined : model.links.get(rif);
  return !(link?.dead === true || (link?.linkdown === true && model.ignoreLinkdown));
}

function suppressed(model: FibModel, one: RuleConfig, found: FibRouteSpec): boolean {
  if (found.length <= (one.suppressPrefixLength ?? -1)) return true;
  const group = model.groups[found.ways[0]!.rif] ?? 0;
  return one.suppressGroup !== undefined && group === one.suppressGroup;
}

function matches(model: FibModel, r: RuleConfig, k: Int32Array): boolean {
  const wanted = (name: string | undefined, rif: number): boolean =>
    name === undefined || (name === 'lo' ? -1 : model.rifs.get(name)) === rif;
  const uid = k[FibKey.Uid]! >>> 0;
  const tunnel = (BigInt(k[FibKey.TunnelHigh]! >>> 0) << 32n) | BigInt(k[FibKey.TunnelLow]! >>> 0);
  const all =
    (r.from === undefined || ((r.from.address ^ k[FibKey.Source]!) & r.from.mask) === 0) &&
    (r.to === undefined || ((r.to.address ^ k[FibKey.Destination]!) & r.to.mask) === 0) &&
    ((r.tos ?? 0) === 0 || r.tos === (k[FibKey.Tos]! & 0x1c)) &&
    (r.dscp === undefined || (((k[FibKey.Tos]! >> 2) ^ r.dscp.value) & r.dscp.mask) === 0) &&
    wanted(r.iif, k[FibKey.Iif]!) &&
    wanted(r.oif, k[FibKey.Oif]!) &&
    (r.mark === undefined || ((r.mark.value ^ k[FibKey.Mark]!) & r.mark.mask) === 0) &&
    (r.ipProtocol === undefined || r.ipProtocol === k[FibKey.Protocol]) &&
    port(r.sport, k[FibKey.SourcePort]!) &&
    port(r.dport, k[FibKey.DestinationPort]!) &&
    (r.uids === undefined || (uid >= r.uids.low && uid <= r.uids.high)) &&
    (r.tunnelId === undefined || r.tunnelId === tunnel);
  return all !== r.not;
}

function port(match: PortMatch | undefined, value: number): boolean {
  if (match === undefined) return true;
  if (value < 0) return false;
  return 'low' in match ? value >= match.low && value <= match.high : (value & match.mask) === (match.value & match.mask);
}
