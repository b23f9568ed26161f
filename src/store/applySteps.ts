import { CHANGED } from './objectKeys.js';
import { asRead } from './readKey.js';
import type { KeyValue, Put, Transaction } from './store.js';
import { textIn } from './values.js';

/**
 * A change of objects that is larger than a store takes at once, in steps that may each be seen: first floating IPs that go, then ports that
 * do, then all that is neither or refers to something that changes, then ports that come, then floating IPs. Nothing ever refers to what is
 * not there, and no address is two ports'.
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
  const coming: Parts = { port: [], fip: [] };
  const going: Parts = { port: [], fip: [] };
  for (const [owner, keys] of keysByOwner(puts, deletes, there)) {
    const isOf = (keyed: ReadonlyMap<string, Put> | ReadonlySet<string>) =>
      KINDS.find((kind) => keyed.has(`${kind}/${owner}`) && keys.every((key) => keyed.has(key)));
    const [comes, goes] = [isOf(puts), isOf(deletes)];
    if (comes !== undefined && !keys.some((key) => there.has(key))) coming[comes].push(partOf(keys, puts));
    else if (goes !== undefined) going[goes].push(partOf(keys, puts));
  }
  const inOrder = [going.fip, going.port, coming.port, coming.fip];
  const split = new Set(inOrder.flat().flatMap((part) => part.keys));
  const rest = partOf(
    [...puts.keys(), ...deletes].filter((key) => key !== CHANGED && !split.has(key)),
    puts,
  );
  const mark = puts.get(CHANGED)!;
  const [first, second, third, last] = inOrder.map(packed) as [Part[], Part[], Part[], Part[]];
  return [...first, ...second, ...(rest.keys.length === 0 ? [] : [rest]), ...third, ...last].map(({ keys }) => ({
    compares: asRead([...keys, CHANGED], there),
    puts: [...keys.flatMap((key) => puts.get(key) ?? []), mark],
    deletes: keys.filter((key) => !puts.has(key)),
  }));
}

/** The same step after one that was made at `revision`. */
export function behind({ compares = [], ...step }: Transaction, revision: number): Transaction {
  return { ...step, compares: compares.map((one) => (one.key === CHANGED ? { key: CHANGED, modRevision: revision } : one)) };
}

/** What there may be too many of, by the folders of their records. */
const KINDS = ['port', 'fip'] as const;

type Parts = Readonly<Record<(typeof KINDS)[number], Part[]>>;

interface Part {
  readonly keys: readonly string[];
  readonly octets: number;
}

/** "<network>/<port>", "<network>/<address>" -> record of the port or floating IP, and the keys that lead to it, of those that change. */
function keysByOwner(
  puts: ReadonlyMap<string, Put>,
  deletes: ReadonlySet<string>,
  there: ReadonlyMap<string, KeyValue>,
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const add = (key: string, value: string): void => {
    const owner = ownerOf(key, value);
    if (owner === undefined) return;
    const keys = found.get(owner);
    if (keys === undefined) found.set(owner, [key]);
    else keys.push(key);
  };
  for (const { key, value } of puts.values()) add(key, value);
  for (const key of deletes) add(key, there.get(key)?.value ?? '');
  return found;
}

function ownerOf(key: string, value: string): string | undefined {
  const [folder, network, name] = key.split('/') as [string, string, string];
  switch (folder) {
    case 'port':
    case 'fip':
      return `${network}/${name}`;
    case 'hostport':
      return key.slice(key.indexOf('/', folder.length + 1) + 1);
    case 'ip':
    case 'mac':
    case 'fipfix':
      return `${network}/${textIn(value)}`;
    default:
      return undefined;
  }
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
