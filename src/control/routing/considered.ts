import { fibTableLookup } from '../../routing/fibLookup.js';
import { CANDIDATE_WORDS, trieCandidates } from '../../routing/routeTrie.js';
import { ruleMatches } from '../../routing/rulesMatch.js';
import { FibAction, FibError, FibKey, FibResult, FibRoute, FibRule, FibType } from '../../tables/fib.js';
import { fibRouteText, type RouteGetSource } from './fibText.js';
import { ruleLines } from './ruleLine.js';

/** Rules whose selectors do not match are only counted: there may be thousands. */
const MOST_STEPS = 64;

export interface Considered {
  readonly rule: string;
  readonly found: string;
}

/**
 * The way of a question through the rules: each rule that matches and what came of it, in the order of evaluation. `found` and `result`
 * are the engine's answer to `key`, with which the last step agrees.
 */
export function considered(built: RouteGetSource, key: Int32Array, found: number, result: Int32Array): Considered[] {
  const { fib } = built.snapshot;
  const steps: Considered[] = [];
  const scratch = new Int32Array(FibResult.Words);
  const decided = result[FibResult.Rule]!;
  const lineOf = ruleLines(built.config, built.rifs);
  let passed = 0;
  for (let i = 0; i < fib.ruleCount && steps.length < MOST_STEPS; ) {
    const at = i * FibRule.Words;
    if (!ruleMatches(fib.rules, at, key)) {
      passed++;
      i++;
      continue;
    }
    const rule = lineOf(i);
    const action = fib.rules[at + FibRule.Action]!;
    if (i === decided) {
      const looks = action === FibAction.Lookup || action === FibAction.Nat;
      const over = looks ? passedOver(built, fib.rules[at + FibRule.Table]!, key, found) : '';
      const what = found < 0 ? 'decides' : `decides: ${fibRouteText(built, found)}`;
      steps.push({ rule, found: over === '' ? what : `${what}; ${over}` });
      break;
    }
    if (action === FibAction.Goto) {
      const target = fib.rules[at + FibRule.Target]!;
      steps.push({ rule, found: target < 0 ? 'no rule has that priority: the next one' : 'goes on there' });
      i = target < 0 ? i + 1 : target;
      continue;
    }
    steps.push({ rule, found: action === FibAction.Nop ? 'nothing to do' : missed(built, at, key, scratch) });
    i++;
  }
  if (found === FibError.None) steps.push({ rule: '', found: 'no rule is left: network unreachable' });
  if (passed > 0) steps.unshift({ rule: `${passed} of ${fib.ruleCount} rules`, found: 'do not match' });
  return steps;
}

/** Why a look-up that matched did not decide. */
function missed(built: RouteGetSource, rule: number, key: Int32Array, scratch: Int32Array): string {
  const { fib } = built.snapshot;
  const table = fib.rules[rule + FibRule.Table]!;
  const route = fibTableLookup(fib, table, key, scratch);
  if (route >= 0) return `suppressed: ${fibRouteText(built, route)} (/${fib.routes[route * FibRoute.Words + FibRoute.Length]})`;
  const over = passedOver(built, table, key, -1);
  return over === '' ? 'no route' : over;
}

/**
 * Routes of the table that cover the destination and come before the one in row `until` (-1 = none): a throw, and those whose ways are
 * all down. Empty: there is none.
 */
function passedOver(built: RouteGetSource, table: number, key: Int32Array, until: number): string {
  const { fib } = built.snapshot;
  const found = new Int32Array(CANDIDATE_WORDS);
  const down: string[] = [];
  for (let i = trieCandidates(fib.nodes, fib.roots[table]!, key[FibKey.Destination]!, found) - 1; i >= 0; i--) {
    for (let row = found[i]!; row >= 0; row = fib.routes[row * FibRoute.Words + FibRoute.Next]! - 1) {
      if (row === until) return down.length === 0 ? '' : `passed over: ${down.join(', ')}`;
      if (fib.routes[row * FibRoute.Words + FibRoute.Type] === FibType.Throw) return `throw: ${fibRouteText(built, row)}`;
      const text = fibRouteText(built, row);
      if (/ (dead|linkdown)\b/.test(text)) down.push(text);
    }
  }
  return down.length === 0 ? '' : `passed over: ${down.join(', ')}`;
}
