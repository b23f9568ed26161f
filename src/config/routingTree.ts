import { DEFAULT_RULES, type RuleConfig } from './routingConfig.js';
import { ruleText } from './routingText.js';
import { SYSTEM_TABLES } from './tableNames.js';

/** Which rules a file has to write, and which it has as the default ones. */

/** The rules among them that are default ones: those that come first of their priority, as the default ones do. */
function defaultsIn(rules: readonly RuleConfig[]): (RuleConfig | undefined)[] {
  const { names } = SYSTEM_TABLES;
  return DEFAULT_RULES.map((one) => {
    const first = rules.find(({ priority }) => priority === one.priority);
    return first !== undefined && ruleText(first, names) === ruleText(one, names) ? first : undefined;
  });
}

export function listedRules(rules: readonly RuleConfig[]): RuleConfig[] {
  const defaults = new Set(defaultsIn(rules));
  return rules.filter((rule) => !defaults.has(rule));
}

export function defaultRulesTree(rules: readonly RuleConfig[]): Record<string, boolean> {
  const [local, main, rest] = defaultsIn(rules).map((rule) => rule !== undefined);
  return { local: local!, main: main!, default: rest!, force: !local };
}
