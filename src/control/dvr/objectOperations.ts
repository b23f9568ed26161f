import { objectChanges } from '../../objects/difference.js';
import type { KindKey } from '../../objects/kindNames.js';
import type { LoadedObjects, Standing } from '../../objects/load.js';
import type { Objects } from '../../objects/model.js';
import { entriesOf } from '../../objects/objectEntries.js';
import { withoutObjects } from '../../objects/remove.js';
import { applyObjects, readStore } from '../../store/objectStore.js';
import type { Store } from '../../store/store.js';
import type { ApplyReport, ObjectsAnswer } from '../../types/apply.js';

/** What is done to the objects of a store, by a gateway or by an operator's tool without one. All throw what the store throws. */

export interface How {
  /** What the file is called; of a deletion the kind. */
  readonly file: string;
  readonly dryRun: boolean;
  /** Objects that the file does not name stay. */
  readonly merge?: boolean;
  /** Host that must be there afterwards: the one that is asked. */
  readonly host?: string;
}

/** Makes the objects what `read` gives. */
export async function applyTo(store: Store, how: How, read: (standing: Standing) => LoadedObjects): Promise<ApplyReport> {
  let loaded: LoadedObjects = { issues: [] };
  const report = await change(store, how, (before) => {
    loaded = read({ before, merge: how.merge ?? false });
    return { after: loaded.objects, refused: [] };
  });
  return { ...report, issues: loaded.issues };
}

/** Removes objects of a kind by their names. */
export function removeFrom(store: Store, how: How, kind: KindKey, names: readonly string[]): Promise<ApplyReport> {
  return change(store, how, (before) => withoutObjects(before, kind, names));
}

/** All objects, as a file of objects has them. */
export async function objectsOf(store: Store): Promise<ObjectsAnswer> {
  const { objects, revision } = await readStore(store);
  return { revision, objects: entriesOf(objects) };
}

interface Wish {
  /** Undefined: there are none, which is said elsewhere. */
  readonly after: Objects | undefined;
  readonly refused: readonly string[];
}

async function change(store: Store, { file, dryRun, host }: How, wish: (before: Objects) => Wish): Promise<ApplyReport> {
  let changes: readonly string[] = [];
  let refused: readonly string[] = [];
  let ok = false;
  const { revision, steps } = await applyObjects(store, (before) => {
    const { after, refused: said } = wish(before);
    refused = after === undefined || host === undefined ? said : [...said, ...without(host, after)];
    ok = after !== undefined && refused.length === 0;
    changes = ok ? objectChanges(before, after!) : [];
    return dryRun || !ok ? undefined : after;
  });
  return { ok, dryRun, file, issues: [], changes, refused, revision, steps };
}

/** A file without this host is that of another cloud. */
function without(host: string, { hosts }: Objects): string[] {
  if (hosts.some(({ name }) => name === host)) return [];
  const there = hosts.map(({ name }) => name).join(', ') || 'none';
  return [
    `this host, ${host}, is not among the hosts (${there}); keep it under hosts, or stop this gateway if the host is to go`,
  ];
}
