import { readKey } from './readKey.js';
import type { KeyValue, Store } from './store.js';
import { recordIn } from './values.js';

/**
 * Which host has the SNAT service of a router (dvr.md 5.6): `snat/<router>/active`. It is put by the lease of that host's
 * gateway, so it is gone with it; or without one, by a host that no other one was to replace. Whoever takes a service puts the
 * key on condition that it is what was seen of it: of several one succeeds.
 */

export const SNAT_SERVICE = 'snat/';
const ACTIVE = '/active';

export interface SnatOwner {
  readonly router: string;
  readonly host: string;
  /** Of the gateway that put it: one that begins anew under the same name has to take its services over. */
  readonly bootId: string;
  /** It was put without a lease: only its host ends it. */
  readonly lasting: boolean;
  /** Revision of the record: the higher one is right. */
  readonly term: number;
}

export function keyOfSnat(router: string): string {
  return `${SNAT_SERVICE}${router}${ACTIVE}`;
}

/** Undefined: it is no such record. */
export function snatOwnerIn({ key, value, modRevision: term }: KeyValue): SnatOwner | undefined {
  if (!key.startsWith(SNAT_SERVICE) || !key.endsWith(ACTIVE)) return undefined;
  const { host, bootId, lasting } = recordIn(value);
  if (typeof host !== 'string' || typeof bootId !== 'string') return undefined;
  return { router: key.slice(SNAT_SERVICE.length, -ACTIVE.length), host, bootId, lasting: lasting === true, term };
}

/**
 * Puts a host's record in place of the one of term `over`; 0: where there is none, or none that anybody can read. Resolves to false when somebody
 * else was faster. A lasting one is put without the lease. Throws what the store throws; whether it was done is seen then by who reads again.
 */
export async function takeSnat(
  store: Store,
  { router, host, bootId, lasting }: Omit<SnatOwner, 'term'>,
  lease: string,
  over: number,
): Promise<boolean> {
  const key = keyOfSnat(router);
  const record = lasting ? { host, bootId, lasting } : { host, bootId };
  const puts = [{ key, value: JSON.stringify(record), lease: lasting ? undefined : lease }];
  const put = async (modRevision: number): Promise<boolean> =>
    (await store.transact({ compares: [{ key, modRevision }], puts })).done;
  if (await put(over)) return true;
  if (over !== 0) return false;
  const there = await readKey(store, key);
  return there !== undefined && snatOwnerIn(there) === undefined && put(there.modRevision);
}

/** Deletes a host's record of this term; another one stays. */
export async function releaseSnat(store: Store, { router, term }: Pick<SnatOwner, 'router' | 'term'>): Promise<void> {
  const key = keyOfSnat(router);
  await store.transact({ compares: [{ key, modRevision: term }], deletes: [key] });
}
