import type { Config } from '../../config/config.js';
import { probeText, staticText } from '../../config/words.js';
import { type Fields, settingFields, zoneFields } from './changeFields.js';
import { ifaceFields, neighborText } from './ifaceFields.js';
import { type Change, inOrder, members } from './listChanges.js';
import { routingChanges } from './routingChanges.js';

export type { Change } from './listChanges.js';

/**
 * All differences, in the order of the file's sections. Empty: the configurations mean the same. Complete: the lines, applied
 * to `before` one by one, give `after`; what is added comes last in its list unless a line says the order. That of routes means
 * nothing, and that of rules is in their priorities.
 */
export function changesBetween(before: Config, after: Config): Change[] {
  const settings = new Map(settingFields(before));
  return [
    ...named('iface', ifaceFields(before), ifaceFields(after)),
    ...routingChanges(before, after),
    ...listed('nexthopProbes', before.nexthopProbes.map(probeText), after.nexthopProbes.map(probeText)),
    ...listed('neighbors', before.neighbors.map(neighborText), after.neighbors.map(neighborText)),
    ...named('zone', zoneFields(before), zoneFields(after)),
    ...listed('staticMappings', before.staticMappings.map(staticText), after.staticMappings.map(staticText)),
    ...settingFields(after).flatMap(([subject, now]) => {
      const was = settings.get(subject)!;
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
  return [...members(subject, before, after), ...orderChange(subject, before, after)];
}

/** A line when the order is not the one of before with what was added at the end. */
function orderChange(subject: string, before: readonly string[], after: readonly string[]): Change[] {
  const expected = inOrder(before, after);
  const same = expected.length === after.length && expected.every((item, i) => item === after[i]);
  return same ? [] : [{ subject, what: `order is now ${after.join(', ')}` }];
}

function fieldsText(fields: Fields): string {
  return Object.entries(fields)
    .map(([key, value]) => `${key} ${typeof value === 'string' ? value : value.length === 0 ? 'none' : value.join(', ')}`)
    .join('; ');
}
