import type { KeyValue, Put, Store } from './store.js';
import { recordIn } from './values.js';

/**
 * Who is there (dvr.md 5.6). `alive/<host>` is put by a lease, watched by all, and changes when a gateway comes or goes. `applied/<host>`, under
 * the same lease, changes with the objects; nobody watches it, or each change of a cloud of a thousand hosts would be told a million times.
 * `seen/<host>` stays: who starts later learns from it that the host was there once.
 */

export const ALIVE = 'alive/';
export const APPLIED = 'applied/';
export const SEEN = 'seen/';

/** A gateway that runs, or ran. */
export interface Boot {
  /** Another one at each start. */
  readonly bootId: string;
  /** When it began; milliseconds since 1970. */
  readonly since: number;
  readonly version: string;
  /** Which process it is, for those that can look: "<boot of the kernel> <namespace of its number> <number> <when it started>". */
  readonly process: string;
  /** It is about to end, as it was told to. */
  readonly leaving: boolean;
  /** Its workers do not forward yet, so others leave nothing to it that is on one host at a time. Programs of earlier versions do not say so. */
  readonly starting?: boolean | undefined;
  /** Where its tunnels end, "192.0.2.1", or "" without any; undefined: it does not say. */
  readonly vtep?: string | undefined;
}

export interface Applied {
  /** Of the store, that the workers go by. */
  readonly revision: number;
  /** When they took it over; milliseconds since 1970. */
  readonly at: number;
}

/** What a host left behind. */
export interface Seen {
  readonly bootId: string;
  /** Last start. */
  readonly since: number;
  /** When it ended as it was told to; undefined: it runs, or went without a word. */
  readonly left: number | undefined;
}

export function alivePut(host: string, boot: Boot, lease: string): Put {
  return { key: `${ALIVE}${host}`, value: JSON.stringify(boot), lease };
}

export function appliedPut(host: string, applied: Applied, lease: string): Put {
  return { key: `${APPLIED}${host}`, value: JSON.stringify(applied), lease };
}

export function seenPut(host: string, { bootId, since, left }: Seen): Put {
  return { key: `${SEEN}${host}`, value: JSON.stringify({ bootId, since, left: left ?? null }) };
}

/** Host -> its gateway; what cannot be read is nobody. */
export async function readAlive(
  store: Pick<Store, 'range'>,
): Promise<{ readonly revision: number; readonly alive: ReadonlyMap<string, Boot> }> {
  const { revision, items } = await store.range(ALIVE);
  return { revision, alive: byHost(items, ALIVE, bootOf) };
}

/** Host -> the revision it goes by. */
export async function readApplied(store: Pick<Store, 'range'>): Promise<ReadonlyMap<string, Applied>> {
  return byHost((await store.range(APPLIED)).items, APPLIED, appliedOf);
}

/** Host -> when it was there. */
export async function readSeen(store: Pick<Store, 'range'>): Promise<ReadonlyMap<string, Seen>> {
  return byHost((await store.range(SEEN)).items, SEEN, seenOf);
}

export function bootOf(text: string): Boot | undefined {
  const { bootId, since, version, process, leaving, starting, vtep } = recordIn(text);
  if (typeof bootId !== 'string' || !isTime(since)) return undefined;
  const where = typeof vtep === 'string' ? { vtep } : {};
  const how = starting === true ? { starting } : {};
  const who = { bootId, since, version: String(version ?? ''), process: String(process ?? '') };
  return { ...who, leaving: leaving === true, ...how, ...where };
}

function appliedOf(text: string): Applied | undefined {
  const { revision, at } = recordIn(text);
  return typeof revision === 'number' && typeof at === 'number' ? { revision, at } : undefined;
}

function seenOf(text: string): Seen | undefined {
  const { bootId, since, left } = recordIn(text);
  if (typeof bootId !== 'string' || !isTime(since)) return undefined;
  return { bootId, since, left: isTime(left) ? left : undefined };
}

/** Milliseconds since 1970 that are a date. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && !Number.isNaN(new Date(value).getTime());
}

function byHost<T>(items: readonly KeyValue[], prefix: string, read: (text: string) => T | undefined): Map<string, T> {
  const found = new Map<string, T>();
  for (const { key, value } of items) {
    const one = read(value);
    if (one !== undefined) found.set(key.slice(prefix.length), one);
  }
  return found;
}
