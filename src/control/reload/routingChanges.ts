import type { Config } from '../../config/config.js';
import { routeText, ruleText } from '../../config/routingText.js';
import { type Change, inOrder, members } from './listChanges.js';

/** Differences of routes and rules. Both sides have the same names for tables, so that a name alone changes no route. */
export function routingChanges(before: Config, after: Config): Change[] {
  const names = namesOf(before, after);
  const routes = (config: Config): string[] => config.routes.map((route) => routeText(route, names));
  const rules = (config: Config): Map<string, number> =>
    new Map(config.rules.map((rule) => [ruleText(rule, names), rule.priority]));
  const was = rules(before);
  const is = rules(after);
  return [
    ...members('routes', routes(before), routes(after)),
    ...members('rules', [...was.keys()], [...is.keys()]),
    ...ruleOrder([...was.keys()], is),
  ];
}

/** Those of the new configuration, and the old ones that it gives to no other table. */
function namesOf(before: Config, after: Config): ReadonlyMap<number, string> {
  const taken = new Set(after.tableNames.values());
  return new Map([...[...before.tableNames].filter(([, name]) => !taken.has(name)), ...after.tableNames]);
}

/** The priorities say the order of rules; only among those of one priority the file does. */
function ruleOrder(before: readonly string[], after: ReadonlyMap<string, number>): Change[] {
  const expected = byPriority(inOrder(before, [...after.keys()]), after);
  return [...byPriority([...after.keys()], after)].flatMap(([priority, rules]): Change[] => {
    const same = expected.get(priority)!.every((rule, i) => rule === rules[i]);
    return same ? [] : [{ subject: 'rules', what: `order of priority ${priority} is now ${rules.join(', ')}` }];
  });
}

function byPriority(rules: readonly string[], priorities: ReadonlyMap<string, number>): Map<number, string[]> {
  const grouped = new Map<number, string[]>();
  for (const rule of rules) {
    const priority = priorities.get(rule)!;
    const group = grouped.get(priority);
    if (group === undefined) grouped.set(priority, [rule]);
    else group.push(rule);
  }
  return grouped;
}
