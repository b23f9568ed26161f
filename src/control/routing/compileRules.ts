import { type PortMatch, type RuleActionConfig, type RuleConfig, TABLE_LOCAL, TABLE_MAIN } from '../../config/routingConfig.js';
import { sharedWords } from '../../shared/words.js';
import { FibAction, FibRule, FibSelector, RIF_LO, RIF_UNKNOWN } from '../../tables/fib.js';
import { ruleLists } from './ruleLists.js';

/** Rules as workers read them. */
export interface CompiledRules {
  readonly count: number;
  readonly rows: Int32Array;
  readonly classTrie: Int32Array;
  readonly classLists: Int32Array;
  /** Numbers of the tables that rules name, with local and main. */
  readonly tables: ReadonlySet<number>;
  /** Indices in Fib.roots. */
  readonly localTable: number;
  readonly mainTable: number;
  /** FibSelector bits that any of them has. */
  readonly used: number;
  /** The first is `from all lookup local`. */
  readonly localFirst: boolean;
}

const actions: Readonly<Record<RuleActionConfig['type'], FibAction>> = {
  lookup: FibAction.Lookup,
  goto: FibAction.Goto,
  nop: FibAction.Nop,
  blackhole: FibAction.Blackhole,
  unreachable: FibAction.Unreachable,
  prohibit: FibAction.Prohibit,
  nat: FibAction.Nat,
};

/**
 * Rules in order of evaluation: by priority, equal ones in the order given. `rifs` are numbers of router interfaces by name,
 * `tableIndex` says which index a table has.
 */
export function compileRules(
  rules: readonly RuleConfig[],
  rifs: ReadonlyMap<string, number>,
  tableIndex: (table: number) => number,
): CompiledRules {
  const sorted = [...rules].sort((a, b) => a.priority - b.priority);
  const firstOf = new Map<number, number>();
  sorted.forEach((rule, i) => {
    if (!firstOf.has(rule.priority)) firstOf.set(rule.priority, i);
  });
  const rows = sharedWords(sorted.length * FibRule.Words);
  const tables = new Set([TABLE_LOCAL, TABLE_MAIN]);
  sorted.forEach((rule, i) => {
    const row = rows.subarray(i * FibRule.Words, (i + 1) * FibRule.Words);
    row[FibRule.Priority] = rule.priority;
    row[FibRule.Selectors] = writeSelectors(row, rule, rifs);
    row[FibRule.SuppressLength] = rule.suppressPrefixLength ?? -1;
    row[FibRule.SuppressGroup] = rule.suppressGroup ?? -1;
    const { action } = rule;
    row[FibRule.Action] = actions[action.type];
    row[FibRule.Target] = action.type === 'goto' ? (firstOf.get(action.priority) ?? -1) : -1;
    if (action.type !== 'lookup' && action.type !== 'nat') return;
    tables.add(action.table);
    row[FibRule.Table] = tableIndex(action.table);
    if (action.type === 'nat') row[FibRule.NatAddress] = action.address;
  });
  return {
    count: sorted.length,
    rows,
    ...ruleLists(rows, sorted.length),
    tables,
    localTable: tableIndex(TABLE_LOCAL),
    mainTable: tableIndex(TABLE_MAIN),
    used: sorted.reduce((bits, _, i) => bits | rows[i * FibRule.Words + FibRule.Selectors]!, 0),
    localFirst: isPlainLocal(sorted[0], rows),
  };
}

/** Rule 0 as it is from the start. */
function isPlainLocal(first: RuleConfig | undefined, rows: Int32Array): boolean {
  if (first === undefined || rows[FibRule.Selectors] !== 0 || rows[FibRule.Action] !== FibAction.Lookup) return false;
  const suppresses = first.suppressPrefixLength !== undefined || first.suppressGroup !== undefined;
  return first.action.type === 'lookup' && first.action.table === TABLE_LOCAL && !suppresses;
}

/** Writes what the rule compares, and returns bits of FibSelector. What matches everything is not compared. */
function writeSelectors(row: Int32Array, rule: RuleConfig, rifs: ReadonlyMap<string, number>): number {
  let selectors = rule.not ? FibSelector.Not : 0;
  if (rule.from !== undefined && rule.from.length > 0) {
    selectors |= FibSelector.From;
    row[FibRule.From] = rule.from.address & rule.from.mask;
    row[FibRule.FromMask] = rule.from.mask;
  }
  if (rule.to !== undefined && rule.to.length > 0) {
    selectors |= FibSelector.To;
    row[FibRule.To] = rule.to.address & rule.to.mask;
    row[FibRule.ToMask] = rule.to.mask;
  }
  if (rule.tos !== undefined && rule.tos !== 0) {
    selectors |= FibSelector.Tos;
    row[FibRule.Tos] = rule.tos;
  }
  if (rule.dscp !== undefined && rule.dscp.mask !== 0) {
    selectors |= FibSelector.Dscp;
    row[FibRule.Dscp] = rule.dscp.value;
    row[FibRule.DscpMask] = rule.dscp.mask;
  }
  selectors |= writeInterfaces(row, rule, rifs);
  if (rule.mark !== undefined && rule.mark.mask !== 0) {
    selectors |= FibSelector.Mark;
    row[FibRule.Mark] = rule.mark.value;
    row[FibRule.MarkMask] = rule.mark.mask;
  }
  if (rule.ipProtocol !== undefined && rule.ipProtocol !== 0) {
    selectors |= FibSelector.Protocol;
    row[FibRule.Protocol] = rule.ipProtocol;
  }
  if (rule.sport !== undefined) {
    selectors |= FibSelector.Sport;
    writePorts(row, FibRule.SportLow, rule.sport);
  }
  if (rule.dport !== undefined) {
    selectors |= FibSelector.Dport;
    writePorts(row, FibRule.DportLow, rule.dport);
  }
  if (rule.uids !== undefined) {
    selectors |= FibSelector.Uid;
    row[FibRule.UidLow] = rule.uids.low;
    row[FibRule.UidHigh] = rule.uids.high;
  }
  if (rule.tunnelId !== undefined && rule.tunnelId !== 0n) {
    selectors |= FibSelector.Tunnel;
    row[FibRule.TunnelLow] = Number(BigInt.asIntN(32, rule.tunnelId));
    row[FibRule.TunnelHigh] = Number(BigInt.asIntN(32, rule.tunnelId >> 32n));
  }
  return selectors;
}

function writeInterfaces(row: Int32Array, rule: RuleConfig, rifs: ReadonlyMap<string, number>): number {
  const number = (name: string): number => (name === 'lo' ? RIF_LO : (rifs.get(name) ?? RIF_UNKNOWN));
  if (rule.iif !== undefined) row[FibRule.Iif] = number(rule.iif);
  if (rule.oif !== undefined) row[FibRule.Oif] = number(rule.oif);
  return (rule.iif === undefined ? 0 : FibSelector.Iif) | (rule.oif === undefined ? 0 : FibSelector.Oif);
}

/** Words as FibRule.SportLow says. */
function writePorts(row: Int32Array, at: FibRule.SportLow | FibRule.DportLow, ports: PortMatch): void {
  row[at] = 'low' in ports ? ports.low : ports.value;
  row[at + 1] = 'low' in ports ? ports.high : -1 - ports.mask;
}
