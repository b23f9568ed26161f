import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { WindroseError } from '../errors/catalog.js';
import { type Claim, standingClaims } from '../objects/claims.js';
import { HOST_MAC_BASE } from '../objects/hostMacs.js';
import type { Objects } from '../objects/model.js';
import { formatMac, type Mac, parseMac } from '../types/mac.js';
import { behind, stepsOf } from './applySteps.js';
import { CLAIM, claimsIn, keyOfClaim } from './claimStore.js';
import { NUMBERS } from './numberStore.js';
import { CHANGED, changedPut, HOST_MAC, isObjectKey, keysOf, MAC_HOST, objectsIn } from './objectKeys.js';
import { SEEN } from './presence.js';
import { asRead, readKey } from './readKey.js';
import type { KeyValue, Outcome, Store, Transaction } from './store.js';
import { textIn } from './values.js';

/** Draws before a host is given up, as the reference does (dvr.md 1.1). */
const HOST_MAC_TRIES = 20;
/** Times that somebody else may be faster. */
const TRIES = 10;
/** Before it is tried again: the more often, the longer. */
const BACK_OFF_MS = 20;

export interface ObjectsAt {
  readonly objects: Objects;
  /** Addresses that ports claimed, standing or not. */
  readonly claims: readonly Claim[];
  readonly revision: number;
}

/** All objects of a store. */
export async function readStore(store: Store): Promise<ObjectsAt> {
  const { items, revision } = await store.range('');
  return { objects: objectsIn(items), claims: claimsIn(items), revision };
}

export interface Applied {
  readonly before: Objects;
  readonly after: Objects | undefined;
  readonly revision: number;
  /** Transactions that it took: one, unless it was larger than the store takes at once. */
  readonly steps: number;
}

/**
 * Makes the objects what `desire` gives for those that are there, in one transaction: all of it or nothing. `desire` is asked again
 * when somebody else was faster; undefined: nothing is changed. What is too large for one is made in several (applySteps.ts); when one of
 * those fails the ones before it stay made (STORE_HALFWAY), and doing it again goes on behind them.
 */
export async function applyObjects(store: Store, desire: (before: Objects) => Objects | undefined): Promise<Applied> {
  for (let tries = 0; ; tries++) {
    const { items, revision } = await store.range('');
    const before = objectsIn(items);
    const after = desire(before);
    if (after === undefined) return { before, after, revision, steps: 0 };
    const outcome = await transactAll(store, transactionTo(items, after), items);
    if (outcome.done) return { before, after, revision: outcome.revision, steps: outcome.steps };
    if (tries === TRIES) throw new Error(`others changed ${outcome.failed[0]} ${TRIES} times`);
    await pause(Math.random() * BACK_OFF_MS * (tries + 1));
  }
}

async function transactAll(
  store: Store,
  whole: Transaction,
  items: readonly KeyValue[],
): Promise<Outcome & { readonly steps: number }> {
  try {
    return { ...(await store.transact(whole)), steps: 1 };
  } catch (error) {
    if ((error as Partial<WindroseError>).code !== 'STORE_TOO_LARGE') throw error;
  }
  const steps = stepsOf(whole, items);
  let outcome: Outcome | undefined;
  for (const [made, step] of steps.entries()) {
    try {
      outcome = await store.transact(outcome === undefined ? step : behind(step, outcome.revision));
    } catch (error) {
      if (made === 0) throw error;
      const { message } = error as Error;
      throw new WindroseError('STORE_HALFWAY', `${made} of ${steps.length} steps`, message.replace(/\.$/, ''), error);
    }
    if (!outcome.done) break;
  }
  return { ...outcome!, steps: steps.length };
}

/** From the keys that are there to these objects; it fails when an object or one of those it touches has changed meanwhile. */
function transactionTo(items: readonly KeyValue[], objects: Objects): Transaction {
  const desired = keysOf(objects);
  const there = new Map(items.map((item) => [item.key, item]));
  const hosts = new Set(objects.hosts.map(({ name }) => name));
  const claims = new Set(standingClaims(claimsIn(items), objects.lports).map(keyOfClaim));
  const puts = [...desired].flatMap(([key, value]) => {
    const old = there.get(key)?.value;
    const text = JSON.stringify(withUnknown(value, old));
    return text === old ? [] : [{ key, value: text }];
  });
  const deletes = items
    .filter(({ key, value }) => !desired.has(key) && isGone(key, value, hosts, claims, desired))
    .map(({ key }) => key);
  const touched = [...puts.map(({ key }) => key), ...deletes];
  if (touched.length === 0) return { puts, deletes };
  // Who changes objects at the same time may have made something refer to what goes here: one of the two looks again.
  const compares = asRead([...touched, CHANGED], there);
  return { compares, puts: [...puts, changedPut()], deletes };
}

/**
 * Objects that are no longer declared; what was kept of a host goes with it, its MAC when it has another one as well; claims when they stand no
 * more.
 */
function isGone(
  key: string,
  value: string,
  hosts: ReadonlySet<string>,
  claims: ReadonlySet<string>,
  desired: ReadonlyMap<string, unknown>,
): boolean {
  if (key.startsWith(CLAIM)) return !claims.has(key);
  if (key.startsWith(HOST_MAC)) return !hosts.has(key.slice(HOST_MAC.length));
  if (key.startsWith(SEEN)) return !hosts.has(key.slice(SEEN.length));
  if (key.startsWith(NUMBERS)) return !hosts.has(key.slice(NUMBERS.length));
  if (!key.startsWith(MAC_HOST)) return isObjectKey(key);
  const host = textIn(value);
  return !hosts.has(host) || desired.has(`${HOST_MAC}${host}`);
}

/** Fields of a record that a later version has put there stay. */
function withUnknown(value: unknown, old: string | undefined): unknown {
  if (old === undefined || typeof value !== 'object') return value;
  const before: unknown = JSON.parse(old);
  return typeof before === 'object' ? { ...before, ...value } : value;
}

/** Three random octets behind the base. */
function drawHostMac(): Mac {
  return Uint8Array.of(...HOST_MAC_BASE, ...randomBytes(3));
}

/**
 * The host's MAC: the one it has, or a new one that nobody has, also in place of one that cannot be read. Throws HOST_MAC_EXHAUSTED after 20
 * draws that others had or whose answer was lost.
 */
export async function hostMacOf(store: Store, host: string, draw: () => Mac = drawHostMac): Promise<Mac> {
  for (let tries = 0; tries < HOST_MAC_TRIES; tries++) {
    const stored = await readKey(store, `${HOST_MAC}${host}`);
    const parsed = stored === undefined ? undefined : parseMac(textIn(stored.value));
    if (parsed !== undefined && 'value' in parsed) return parsed.value;
    const mac = draw();
    const puts = [
      { key: `${HOST_MAC}${host}`, value: JSON.stringify(formatMac(mac)) },
      { key: `${MAC_HOST}${formatMac(mac)}`, value: JSON.stringify(host) },
    ];
    // A host that keeps its MAC has it already.
    const holder = await readKey(store, puts[1]!.key);
    if (holder !== undefined && textIn(holder.value) !== host) continue;
    const compares = [stored, holder].map((one, i) => ({ key: puts[i]!.key, modRevision: one?.modRevision ?? 0 }));
    if (await isDone(store, { compares, puts })) return mac;
  }
  throw new WindroseError('HOST_MAC_EXHAUSTED', host, `${HOST_MAC_TRIES} draws`);
}

/** False as well when the store's answer was lost (its leader died, say): whether it was done is seen by who reads again. */
async function isDone(store: Store, transaction: Transaction): Promise<boolean> {
  try {
    return (await store.transact(transaction)).done;
  } catch (error) {
    if ((error as Partial<WindroseError>).code !== 'STORE_UNANSWERED') throw error;
    return false;
  }
}
