import { arrived } from '../objects/binding.js';
import type { LportObject } from '../objects/model.js';
import { lportOf, lportRecord } from '../objects/records.js';
import { CLAIM, claimsIn, keyOfClaim } from './claimStore.js';
import { changedPut, keyOfHostPort, keyOfPort } from './objectKeys.js';
import type { KeyValue, Store, Transaction } from './store.js';

/** Times that another change of the same port may be faster. */
const TRIES = 5;

/**
 * What became of a port that was to be bound where it is migrating to: it is now, it was already, it migrates nowhere (`host` undefined: it is
 * not bound), or it is not there.
 */
export type Activation =
  | { readonly outcome: 'activated'; readonly host: string; readonly from: string; readonly revision: number }
  | { readonly outcome: 'not-migrating'; readonly host: string | undefined }
  | { readonly outcome: 'unknown' };

/**
 * Binds a port to the host it is migrating to (dvr.md 2.16), with what it has claimed, in one transaction: all of it, or nothing when anybody
 * else was faster, upon which it is looked at anew. `only`: the host that asks; a port that migrates to another one does not migrate for it.
 */
export async function activatePort(
  store: Store,
  port: Pick<LportObject, 'network' | 'name'>,
  only?: string,
): Promise<Activation> {
  const key = keyOfPort(port);
  for (let tries = 0; ; tries++) {
    const item = (await store.range(key)).items.find((one) => one.key === key);
    if (item === undefined) return { outcome: 'unknown' };
    const before = lportOf(JSON.parse(item.value));
    const { host: from, migratingTo: host } = before;
    if (from === undefined || host === undefined || (only !== undefined && only !== host))
      return { outcome: 'not-migrating', host: from };
    const claims = (await store.range(`${CLAIM}${port.network}/`)).items;
    const { done, revision, ...rest } = await store.transact(bindingOf(before, item, claims));
    if (done) return { outcome: 'activated', host, from, revision };
    if (tries === TRIES) throw new Error(`others changed ${'failed' in rest ? rest.failed[0] : key} ${TRIES} times`);
  }
}

/** Keys of the record that are not known here stay. */
function bindingOf(before: LportObject, item: KeyValue, claims: readonly KeyValue[]): Transaction {
  const after = arrived(before);
  const host = after.host!;
  const record = { ...(JSON.parse(item.value) as object), ...lportRecord(after) };
  // The guest is the same one, and still has what it has claimed.
  const own = claimsIn(claims).filter((claim) => claim.port === before.name && claim.host === before.host);
  const moved = claims.filter(({ key }) => own.some((claim) => keyOfClaim(claim) === key));
  return {
    compares: [item, ...moved].map(({ key, modRevision }) => ({ key, modRevision })),
    puts: [
      { key: item.key, value: JSON.stringify(record) },
      { key: keyOfHostPort(host, before), value: JSON.stringify(before.name) },
      changedPut(),
      ...moved.map(({ key, value }) => ({ key, value: JSON.stringify({ ...(JSON.parse(value) as object), host }) })),
    ],
    deletes: [keyOfHostPort(before.host!, before)],
  };
}
