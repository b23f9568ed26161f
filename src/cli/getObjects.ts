import { listYaml } from '../config/listYaml.js';
import { WindroseError } from '../errors/catalog.js';
import { KIND_KEYS, type KindKey, kindOf } from '../objects/kindNames.js';
import { type EntriesByKind, selectEntries } from '../objects/objectEntries.js';
import { printJson, tellChanges, tellOutcome, tellRefusal } from './apply.js';
import { Exit } from './fail.js';
import { type ObjectsChoice, objectTools } from './objectTools.js';
import { print } from './print.js';
import { unlessInterrupted } from './unlessInterrupted.js';

export interface GetOptions extends ObjectsChoice {
  readonly output: 'yaml' | 'json';
}

/** Prints objects as `apply` takes them: all, those of a kind, or those of some names. */
export async function getObjects(word: string | undefined, names: readonly string[], options: GetOptions): Promise<Exit> {
  const kind = word === undefined ? undefined : knownKind(word);
  const { revision, objects } = await (await objectTools(options)).entries();
  const { entries, missing } = selectEntries(withAllKinds(objects), kind, names);
  if (missing.length > 0) throw new WindroseError('OBJECTS_MISSING', kind!, missing.join(', '));
  if (options.output === 'json') print(`${JSON.stringify({ revision, ...entries }, null, 2)}\n`);
  else print(listYaml(entries, heading(revision, kind)));
  return Exit.Done;
}

/** What whoever finds the file later has to know. */
function heading(revision: number, kind: KindKey | undefined): string {
  if (kind !== undefined) return `Of the ${kind} at revision ${revision}: apply it with --merge, or all other objects go.`;
  return `Objects at revision ${revision}. Claims of shared addresses are no part of them: who has one announces it.`;
}

export interface DeleteOptions extends ObjectsChoice {
  readonly dryRun?: true | undefined;
  readonly cascade?: true | undefined;
  readonly force?: true | undefined;
  readonly output: 'text' | 'json';
}

/** Removes objects of a kind and prints what that changed, or why it changed nothing. */
export async function deleteObjects(word: string, names: readonly string[], options: DeleteOptions): Promise<Exit> {
  const kind = knownKind(word);
  const tools = await objectTools(options);
  const { cascade, force } = options;
  const remove = (dryRun: boolean) => tools.remove(kind, names, { dryRun, cascade, force });
  const report = options.dryRun ? await remove(true) : await unlessInterrupted(() => remove(false), `windrose get ${kind}`);
  if (options.output === 'json') return printJson(report);
  tellRefusal(report);
  if (!report.ok) throw new WindroseError('DELETE_REFUSED', kind, `${report.refused.length} refused`);
  tellChanges(report);
  tellOutcome(report);
  return Exit.Done;
}

function knownKind(word: string): KindKey {
  const kind = kindOf(word);
  if (kind === undefined) throw new WindroseError('KIND_UNKNOWN', word);
  return kind;
}

/** A gateway that is no host has none. */
function withAllKinds(objects: Readonly<Record<string, unknown>>): EntriesByKind {
  return { ...Object.fromEntries(KIND_KEYS.map((kind) => [kind, []])), ...objects } as unknown as EntriesByKind;
}
