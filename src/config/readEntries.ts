import type { Report } from './issues.js';
import { readMapping } from './readMapping.js';
import { type Entries, listItems, rootShape } from './schema.js';
import { soundTimers } from './soundTimers.js';

/** The entries as far as they could be read (readMapping.ts). */
export type PartialEntries = PartialOf<Entries, keyof typeof listItems>;

/** A faulty item of a list is undefined and keeps its index; a faulty key is undefined. */
export type PartialOf<E, Lists extends PropertyKey> = {
  [K in keyof E]: (K extends Lists ? (E[K] extends (infer I)[] ? (I | undefined)[] : never) : E[K]) | undefined;
};

const gatewayFile = { keys: rootShape, items: listItems, start: 'Start with "ifaces:"; see docs/configuration.md.' };

/** Reads what can be read, reports the rest. `reportKey` places a fault at the key itself. */
export function readEntries(tree: unknown, report: Report, reportKey: Report): PartialEntries | undefined {
  const entries = readMapping(tree, gatewayFile, report, reportKey);
  if (entries === undefined) return undefined;
  entries.timers ??= soundTimers((tree as Record<string, unknown>).timers);
  return entries as PartialEntries;
}
