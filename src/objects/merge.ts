import type { Report } from '../config/issues.js';
import { KIND_KEYS, type KindKey, singular } from './kindNames.js';
import type { Objects } from './model.js';
import { entriesOf, type ObjectEntry } from './objectEntries.js';

/** A file's tree with the objects that are there and that it does not name behind its own, so that places of the file stay right. */
export interface MergedTree {
  readonly tree: unknown;
  /** Reports faults of the file where they stand, and those of other objects by their names. */
  readonly report: (inner: Report) => Report;
}

/** Objects of the file are added, or replace those of their names; all others stay as they are. */
export function mergedTree(tree: unknown, before: Objects): MergedTree {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) return { tree, report: (inner) => inner };
  const file = tree as Readonly<Record<string, unknown>>;
  const { underlayMtu, ...there } = entriesOf(before);
  const merged: Record<string, unknown> = { ...(underlayMtu === undefined ? {} : { underlayMtu }), ...file };
  const written = new Map<KindKey, number>();
  for (const kind of KIND_KEYS) {
    const own = file[kind] ?? [];
    if (!Array.isArray(own)) continue;
    const named = new Set(own.map((entry) => (entry as Partial<ObjectEntry> | null)?.name));
    written.set(kind, own.length);
    merged[kind] = [...own, ...there[kind].filter(({ name }) => !named.has(name))];
  }
  const report =
    (inner: Report): Report =>
    (severity, path, message, remedy) => {
      const [kind, index] = path as [KindKey, number];
      if (typeof index !== 'number' || index < (written.get(kind) ?? 0)) inner(severity, path, message, remedy);
      // What others were warned of when they were applied concerns nobody now.
      else if (severity === 'error') {
        const { name } = (merged[kind] as readonly ObjectEntry[])[index]!;
        const key = path.slice(2).filter((step) => typeof step === 'string');
        inner(severity, [], `${singular(kind)} ${name}, which is there: ${[...key, message].join(' ')}`, remedy);
      }
    };
  return { tree: merged, report };
}
