import { CHANGED } from './objectKeys.js';
import { asRead } from './readKey.js';
import type { KeyValue, Put, Transaction } from './store.js';
import { textIn } from './values.js';

/**
 * A change of objects that is larger than a store takes at once, in steps that may each be seen: first ports that go, then all that is
 * no port or refers to something that changes, then ports that come. Nothing ever refers to what is not there, and no address is two ports'.
 */

/** Octets of a step, as they are counted below: etcd takes 1.5 MiB (--max-request-bytes), with what stands around each key. */
const STEP_OCTETS = 900_000;
/** Octets around each key of a request. */
const AROUND = 64;

/** `items`: what was there. One transaction where nothing can be split off. */
export function stepsOf(whole: Transaction, items: readonly KeyValue[]): Transaction[] {
  const there = new Map(items.map((item) => [item.key, item]));
  const puts = new Map((whole.puts ?? []).map((put) => [put.key, put]));
  const deletes = new Set(whole.deletes);
  const coming: Part[] = [];
  const going: Part[] = [];
  for (const [owner, keys] of keysByPort(puts, deletes, there)) {
    const record = `port/${owner}`;
    if (puts.has(record) && keys.every((key) => puts.has(key) && !there.has(key))) coming.push(partOf(keys, puts));
    else if (deletes.has(record) && keys.every((key) => deletes.has(key))) going.push(partOf(keys, puts));
  }
  const split = new Set([...coming, ...going].flatMap((part) => part.keys));
  const rest = partOf(
    [...puts.keys(), ...deletes].filter((key) => key !== CHANGED && !split.has(key)),
    puts,
  );
  const mark = puts.get(CHANGED)!;
  return [...packed(going), ...(rest.keys.length === 0 ? [] : [rest]), ...packed(coming)].map(({ keys }) => ({
    compares: asRead([...keys, CHANGED], there),
    puts: [...keys.flatMap((key) => puts.get(key) ?? []), mark],
    deletes: keys.filter((key) => !puts.has(key)),
  }));
}

/** The same step after one that was made at `revision`. */
export function behind({ compares = [], ...step }: Transaction, revision: number): Transaction {
  return { ...step, compares: compares.map((one) => (one.key === CHANGED ? { key: CHANGED, modRevision: revision } : one)) };
}

interface Part {
  readonly keys: readonly string[];
  readonly octets: number;
}

/** "<network>/<port>" -> its record and the keys that lead to it, of those that change. */
function keysByPort(
  puts: ReadonlyMap<string, Put>,
  deletes: ReadonlySet<string>,
  there: ReadonlyMap<string, KeyValue>,
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const add = (key: string, value: string): void => {
    const [folder, network, name] = key.split('/') as [string, string, string];
    const owner =
      folder === 'port'
        ? `${network}/${name}`
        : folder === 'hostport'
          ? key.slice(key.indexOf('/', folder.length + 1) + 1)
          : folder === 'ip' || folder === 'mac'
            ? `${network}/${textIn(value)}`
            : undefined;
    if (owner === undefined) return;
    const keys = found.get(owner);
    if (keys === undefined) found.set(owner, [key]);
    else keys.push(key);
  };
  for (const { key, value } of puts.values()) add(key, value);
  for (const key of deletes) add(key, there.get(key)?.value ?? '');
  return found;
}

function partOf(keys: readonly string[], puts: ReadonlyMap<string, Put>): Part {
  const octets = keys.reduce((sum, key) => sum + AROUND + key.length + (puts.get(key)?.value.length ?? 0), 0);
  return { keys, octets };
}

/** As few parts as there may be, each no larger than a step. */
function packed(parts: readonly Part[]): Part[] {
  const steps: { keys: string[]; octets: number }[] = [];
  for (const { keys, octets } of parts) {
    const last = steps.at(-1);
    if (last === undefined || last.octets + octets > STEP_OCTETS) steps.push({ keys: [...keys], octets });
    else {
      last.keys.push(...keys);
      last.octets += octets;
    }
  }
  return steps;
}
