import type { Claim } from '../objects/claims.js';
import { formatIpv4, parseIpv4 } from '../types/ipv4.js';
import { formatMac, parseMac } from '../types/mac.js';
import { readKey } from './readKey.js';
import type { KeyValue, Store } from './store.js';
import { recordIn } from './values.js';

/** Claims of virtual addresses in the store (dvr.md 5.6): `claim/<network>/<address>`, one for each address. */

export const CLAIM = 'claim/';
/** Times that another claim of the same address may be faster. */
const TRIES = 5;

/** The claims among these keys; one that cannot be read is none, for the next announcement makes it anew. */
export function claimsIn(items: readonly KeyValue[]): Claim[] {
  return items.flatMap(({ key, value, modRevision }) => {
    if (!key.startsWith(CLAIM)) return [];
    const slash = key.lastIndexOf('/');
    const address = parseIpv4(key.slice(slash + 1));
    const { mac: text, port, host, seq } = recordIn(value);
    const mac = parseMac(String(text));
    if (!('value' in address) || !('value' in mac)) return [];
    if (typeof port !== 'string' || typeof host !== 'string' || typeof seq !== 'number') return [];
    const network = key.slice(CLAIM.length, slash);
    return [{ network, address: address.value, mac: mac.value, port, host, seq, revision: modRevision }];
  });
}

/** Whoever claims last has the address. Resolves to whether the store has changed. */
export async function putClaim(store: Store, claim: Omit<Claim, 'seq' | 'revision'>): Promise<boolean> {
  const key = keyOfClaim(claim);
  const { port, host } = claim;
  const mac = formatMac(claim.mac);
  for (let tries = 0; tries < TRIES; tries++) {
    const item = await readKey(store, key);
    const [before] = item === undefined ? [] : claimsIn([item]);
    if (before !== undefined && before.port === port && before.host === host && formatMac(before.mac) === mac) return false;
    const value = JSON.stringify({ mac, port, host, seq: (before?.seq ?? 0) + 1 });
    const compares = [{ key, modRevision: item?.modRevision ?? 0 }];
    if ((await store.transact({ compares, puts: [{ key, value }] })).done) return true;
  }
  return false;
}

export function keyOfClaim({ network, address }: Pick<Claim, 'network' | 'address'>): string {
  return `${CLAIM}${network}/${formatIpv4(address)}`;
}
