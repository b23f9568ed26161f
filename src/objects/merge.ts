import { formatPath, type Path, type Report } from '../config/issues.js';
import { KIND_KEYS, type KindKey, singular } from './kindNames.js';
import type { Objects } from './model.js';
import { entriesOf, entryName, type ObjectEntry } from './objectEntries.js';

/** A file's tree behind the objects that are there and that it does not name: what conflicts with one of those is found at the new one. */
export interface MergedTree {
  readonly tree: unknown;
  /** Reports faults of the file where they stand there, and names other objects. */
  readonly report: (inner: Report) => Report;
}

/** Objects of the file are added, or replace those of their names; all others stay as they are. */
export function mergedTree(tree: unknown, before: Objects): MergedTree {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) return { tree, report: (inner) => inner };
  const file = tree as Readonly<Record<string, unknown>>;
  const { underlayMtu, ...there } = entriesOf(before);
  const merged: Record<string, unknown> = { ...(underlayMtu === undefined ? {} : { underlayMtu }), ...file };
  const stored = new Map<KindKey, readonly ObjectEntry[]>();
  for (const kind of KIND_KEYS) {
    const own = file[kind] ?? [];
    if (!Array.isArray(own)) continue;
    const named = new Set(own.map((entry) => entryName(kind, (entry ?? {}) as ObjectEntry)));
    const staying = there[kind].filter((entry) => !named.has(entryName(kind, entry)));
    stored.set(kind, staying);
    merged[kind] = [...staying, ...own];
  }
  return { tree: merged, report: (inner) => translated(inner, stored) };
}

/** Paths of the merged tree become those of the file, or names. */
function translated(inner: Report, stored: ReadonlyMap<KindKey, readonly ObjectEntry[]>): Report {
  /** Undefined: it is of no file. */
  const inFile = (path: Path): Path | undefined => {
    const [kind, index, ...rest] = path as [KindKey, number];
    const first = stored.get(kind)?.length ?? 0;
    if (typeof index !== 'number' || first === 0) return path;
    return index < first ? undefined : [kind, index - first, ...rest];
  };
  const nameOf = ([key, index]: Path): string => {
    const kind = key as KindKey;
    return `${singular(kind)} ${entryName(kind, stored.get(kind)![index as number]!)}, which is there`;
  };
  return (severity, path, message, remedy, other) => {
    const own = inFile(path);
    const ofOther = other === undefined ? undefined : inFile(other);
    const naming = (text: string): string => (other === undefined ? message : message.replace(formatPath(other), () => text));
    const named = (at: Path): string => naming(`${OWNING[keyOf(at)] ?? ''}${nameOf(at)},`).replace(/,$/, '');
    if (own !== undefined) {
      if (other === undefined) inner(severity, own, message, remedy);
      else if (ofOther === undefined) inner(severity, own, named(other), remedy);
      else inner(severity, own, naming(formatPath(ofOther)), remedy, ofOther);
    } else if (ofOther !== undefined) inner(severity, ofOther, named(path), remedy);
    // What others were warned of when they were applied concerns nobody now.
    else if (severity === 'error') {
      const key = path.slice(2).filter((step) => typeof step === 'string');
      const said = other === undefined ? message : named(other);
      inner(severity, [], `${nameOf(path)}: ${[...key, said].join(' ')}`, remedy);
    }
  };
}

/** What is said of values that two have. */
const OWNING: Readonly<Record<string, string>> = {
  addresses: 'an address of ',
  address: 'an address of ',
  mac: 'the MAC of ',
  snat: 'the SNAT address of ',
  snatMac: 'the SNAT MAC of ',
  localAddresses: 'a local address of ',
};

/** "addresses" of lports[0].addresses[1]. */
function keyOf(path: Path): string {
  return String(path.findLast((step) => typeof step === 'string'));
}
