import type { ICompare, IRequestOp, ITxnRequest } from 'etcd3';
import type { Transaction } from './store.js';

/**
 * Transactions as etcd takes them. A request has at most 128 comparisons and as many operations (--max-txn-ops), which nested requests lessen
 * by what stands above them; an apply of some ports has more keys than that. It is nested then, and held together by few comparisons: nothing
 * in the folders it touches is newer than the revision by which the store itself has compared. Those do not see what was deleted, so
 * whoever deletes puts a key of its own, the mark, which is compared as well. Other folders may change meanwhile: a thousand hosts that say that
 * they live must not hold up a large apply.
 */

/** Comparisons, and operations, of a request without a nested one. */
export const MOST_FLAT = 100;
/** Operations of each nested request: three such levels and their leaves are 32^4 keys within 128. */
const NESTED = 32;

export interface Keys {
  /** The key as etcd has it. */
  of(key: string): Buffer;
  /** First and end of the keys that begin with this. */
  range(prefix: string): { readonly key: Buffer; readonly range_end: Buffer };
}

/** Keys below a prefix that ends with a slash: its end is the prefix with the last octet one higher, as UTF-8 has no 0xff. */
export function keysBelow(root: string): Keys {
  const of = (key: string): Buffer => Buffer.from(`${root}${key}`);
  return {
    of,
    range: (prefix) => {
      const key = of(prefix);
      const end = Buffer.from(key);
      end[end.length - 1]!++;
      return { key, range_end: end };
    },
  };
}

/** Puts, then deletes, then the mark where it is certain that something is deleted: a transaction that changes nothing is no revision. */
export function operationsOf({ compares = [], puts = [], deletes = [] }: Transaction, keys: Keys): IRequestOp[] {
  const there = new Set(compares.filter(({ modRevision }) => modRevision > 0).map(({ key }) => key));
  return [
    ...puts.map(
      ({ key, value, lease }): IRequestOp => ({
        request_put: { key: keys.of(key), value: Buffer.from(value), ...(lease === undefined ? {} : { lease }) },
      }),
    ),
    ...deletes.map((key): IRequestOp => ({ request_delete_range: { key: keys.of(key) } })),
    ...(deletes.some((key) => there.has(key)) ? [{ request_put: { key: keys.of(''), value: Buffer.from('mark') } }] : []),
  ];
}

/** Each key compared; if one does not hold, the answer has all of them as they are. */
export function flatRequest({ compares = [] }: Transaction, operations: IRequestOp[], keys: Keys): ITxnRequest {
  return {
    compare: compares.map(
      ({ key, modRevision }): ICompare => ({ target: 'Mod', result: 'Equal', key: keys.of(key), mod_revision: modRevision }),
    ),
    success: operations,
    failure: compares.map(({ key }) => ({ request_range: { key: keys.of(key), keys_only: true } })),
  };
}

/** All in the folders that the transaction touches is as it was at `revision`. */
export function nestedRequest(revision: number, transaction: Transaction, operations: IRequestOp[], keys: Keys): ITxnRequest {
  const older = (where: Pick<ICompare, 'key' | 'range_end'>): ICompare => ({
    ...{ target: 'Mod', result: 'Less', mod_revision: revision + 1 },
    ...where,
  });
  const compare = [older({ key: keys.of('') }), ...foldersOf(transaction).map((folder) => older(keys.range(folder)))];
  return { compare, success: nested(operations), failure: [] };
}

/** "port/", "ip/": what its keys begin with. Keys are of few folders. */
function foldersOf({ compares = [], puts = [], deletes = [] }: Transaction): string[] {
  const keys = [...compares.map(({ key }) => key), ...puts.map(({ key }) => key), ...deletes];
  return [...new Set(keys.map((key) => key.slice(0, key.indexOf('/') + 1)))];
}

function nested(operations: IRequestOp[]): IRequestOp[] {
  if (operations.length <= NESTED) return operations;
  const groups: IRequestOp[] = [];
  for (let i = 0; i < operations.length; i += NESTED)
    groups.push({ request_txn: { compare: [], success: operations.slice(i, i + NESTED), failure: [] } });
  return nested(groups);
}
