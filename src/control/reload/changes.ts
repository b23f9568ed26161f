import type { Config } from '../../config/config.js';
import { routeText, ruleText } from '../../config/routingText.js';
import { probeText, staticText } from '../../config/words.js';
import { type Fields, settingFields, zoneFields } from './changeFields.js';
import { ifaceFields, neighborText } from './ifaceFields.js';

/** One difference between two configurations, as an operator reads it: "zone tenants localAddresses: + 1.2.100.5". */
export interface Change {
  /** What it is about: "zone tenants", "iface lan addresses", "routes", "timers". */
  readonly subject: string;
  /** "+ 1.2.100.5", "- 1.2.100.1", "mtu 1500 -> 9000", "added (...)", "removed", "order is now a, b". */
  readonly what: string;
}

/**
 * All differences, in the order of the file's sections. Empty: the configurations mean the same. Complete: the lines, applied
 * to `before` one by one, give `after`; what is added comes last in its list unless a line says the order.
 */
export function changesBetween(before: Config, after: Config): Change[] {
  return [
    ...named('iface', ifaceFields(before), ifaceFields(after)),
    ...listed('routes', before.routes.map(routeText), after.routes.map(routeText)),
    ...listed('rules', before.rules.map(ruleText), after.rules.map(ruleText)),
    ...listed('nexthopProbes', before.nexthopProbes.map(probeText), after.nexthopProbes.map(probeText)),
    ...listed('neighbors', before.neighbors.map(neighborText), after.neighbors.map(neighborText)),
    ...named('zone', zoneFields(before), zoneFields(after)),
    ...listed('staticMappings', before.staticMappings.map(staticText), after.staticMappings.map(staticText)),
    ...settingFields(after).flatMap(([subject, now]) => {
      const was = settingFields(before).find(([name]) => name === subject)![1];
      return fieldChanges(subject, was, now);
    }),
  ];
}

export function changeText(change: Change): string {
  return `${change.subject}: ${change.what}`;
}

/** Items that have a name and an order. */
function named(kind: string, before: ReadonlyMap<string, Fields>, after: ReadonlyMap<string, Fields>): Change[] {
  const gone = [...before.keys()].filter((name) => !after.has(name));
  const changes = gone.map((name): Change => ({ subject: `${kind} ${name}`, what: 'removed' }));
  for (const [name, fields] of after) {
    const known = before.get(name);
    if (known === undefined) changes.push({ subject: `${kind} ${name}`, what: `added (${fieldsText(fields)})` });
    else changes.push(...fieldChanges(`${kind} ${name}`, known, fields));
  }
  return [...changes, ...orderChange(`${kind}s`, [...before.keys()], [...after.keys()])];
}

function fieldChanges(subject: string, before: Fields, after: Fields): Change[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) => {
    const was = before[key] ?? 'unset';
    const is = after[key] ?? 'unset';
    if (typeof was !== 'string' && typeof is !== 'string') return listed(`${subject} ${key}`, was, is);
    return was === is ? [] : [{ subject, what: `${key} ${was} -> ${is}` }];
  });
}

function listed(subject: string, before: readonly string[], after: readonly string[]): Change[] {
  const gone = before.filter((item) => !after.includes(item)).map((item) => ({ subject, what: `- ${item}` }));
  const come = after.filter((item) => !before.includes(item)).map((item) => ({ subject, what: `+ ${item}` }));
  return [...gone, ...come, ...orderChange(subject, before, after)];
}

/** A line when the order is not the one of before with what was added at the end. */
function orderChange(subject: string, before: readonly string[], after: readonly string[]): Change[] {
  const kept = before.filter((item) => after.includes(item));
  const expected = [...kept, ...after.filter((item) => !before.includes(item))];
  const same = expected.length === after.length && expected.every((item, i) => item === after[i]);
  return same ? [] : [{ subject, what: `order is now ${after.join(', ')}` }];
}

function fieldsText(fields: Fields): string {
  return Object.entries(fields)
    .map(([key, value]) => `${key} ${typeof value === 'string' ? value : value.length === 0 ? 'none' : value.join(', ')}`)
    .join('; ');
}
