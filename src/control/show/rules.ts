import { ruleRow } from '../../config/routingRows.js';
import type { RuleRow } from '../../types/showRouting.js';
import type { RoutingOf } from './routerScope.js';

/** The rules in order of evaluation, the default ones too. */
export function showRules({ built }: { readonly built: RoutingOf }): RuleRow[] {
  const { rules, tableNames: names } = built.config;
  const devices = new Set(built.rifs.map(({ config }) => config.name));
  const priorities = new Set(rules.map(({ priority }) => priority));
  const inOrder = [...rules].sort((a, b) => a.priority - b.priority);
  return inOrder.map((rule) => ruleRow(rule, { names, devices, priorities }));
}
