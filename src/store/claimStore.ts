import { z } from 'zod';
import type { Claim } from '../objects/claims.js';
import { formatIpv4, parseIpv4 } from '../types/ipv4.js';
import { formatMac, parseMac } from '../types/mac.js';
import type { KeyValue, Store } from './store.js';

/** Claims of virtual addresses in the store (dvr.md 5.6): `claim/<network>/<address>`, one for each address. */

export const CLAIM = 'claim/';
/** Times that another claim of the same address may be faster. */
const TRIES = 5;

const record = z.looseObject({ mac: z.string(), port: z.string(), host: z.string(), seq: z.number() });

/** The claims among these keys; one that cannot be read is none, for the next announcement makes it anew. */
export function claimsIn(items: readonly KeyValue[]): Claim[] {
  return items.flatMap(({ key, value, modRevision }) => {
    if (!key.startsWith(CLAIM)) return [];
    const slash = key.lastIndexOf('/');
    const address = parseIpv4(key.slice(slash + 1));
    const parsed = record.safeParse(jsonOf(value));
    const mac = parsed.success ? parseMac(parsed.data.mac) : undefined;
    if (!('value' in address) || !parsed.success || mac === undefined || !('value' in mac)) return [];
    const { port, host, seq } = parsed.data;
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
    const item = (await store.range(key)).items.find((one) => one.key === key);
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

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
