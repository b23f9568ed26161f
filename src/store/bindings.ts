import { WindroseError } from '../errors/catalog.js';
import { arrived } from '../objects/binding.js';
import type { LportObject } from '../objects/model.js';
import { readRecord } from '../objects/recordShapes.js';
import { lportRecord } from '../objects/records.js';
import { CLAIM, claimsIn, keyOfClaim } from './claimStore.js';
import { changedPut, keyOfHostPort, keyOfPort, SCHEMA } from './objectKeys.js';
import { readKey } from './readKey.js';
import { versionOf } from './schema.js';
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
 * Throws STORE_NEWER for a layout of a later version, STORE_CORRUPT for a record that is none, or what the store throws.
 */
export async function activatePort(
  store: Store,
  port: Pick<LportObject, 'network' | 'name'>,
  only?: string,
): Promise<Activation> {
  const key = keyOfPort(port);
  for (let tries = 0; ; tries++) {
    const [layout, item] = await Promise.all([readKey(store, SCHEMA), readKey(store, key)]);
    if (layout !== undefined) versionOf(layout.value);
    if (item === undefined) return { outcome: 'unknown' };
    const before = portIn(item);
    const { host: from, migratingTo: host } = before;
    if (from === undefined || host === undefined || (only !== undefined && only !== host))
      return { outcome: 'not-migrating', host: from };
    const claims = (await store.range(`${CLAIM}${port.network}/`)).items;
    const { done, revision, ...rest } = await store.transact(bindingOf(before, item, claims, layout));
    if (done) return { outcome: 'activated', host, from, revision };
    if (tries === TRIES) throw new Error(`others changed ${'failed' in rest ? rest.failed[0] : key} ${TRIES} times`);
  }
}

function portIn({ key, value }: KeyValue): LportObject {
  try {
    return readRecord.lport(JSON.parse(value));
  } catch (error) {
    throw new WindroseError('STORE_CORRUPT', key, (error as Error).message, error);
  }
}

/** Keys of the record that are not known here stay. `layout`: of the store, which nobody may have upgraded meanwhile. */
function bindingOf(before: LportObject, item: KeyValue, claims: readonly KeyValue[], layout: KeyValue | undefined): Transaction {
  const after = arrived(before);
  const host = after.host!;
  const record = { ...(JSON.parse(item.value) as object), ...lportRecord(after) };
  // The guest is the same one, and still has what it has claimed.
  const own = claimsIn(claims).filter((claim) => claim.port === before.name && claim.host === before.host);
  const moved = claims.filter(({ key }) => own.some((claim) => keyOfClaim(claim) === key));
  return {
    compares: [item, ...moved, ...(layout === undefined ? [] : [layout])].map(({ key, modRevision }) => ({ key, modRevision })),
    puts: [
      { key: item.key, value: JSON.stringify(record) },
      { key: keyOfHostPort(host, before), value: JSON.stringify(before.name) },
      changedPut(),
      ...moved.map(({ key, value }) => ({ key, value: JSON.stringify({ ...(JSON.parse(value) as object), host }) })),
    ],
    deletes: [keyOfHostPort(before.host!, before)],
  };
}
