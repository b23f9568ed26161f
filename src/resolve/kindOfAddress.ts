import type { PipelineContext } from '../pipeline/context.js';
import { AddressRow } from '../tables/addresses.js';
import { trieLookup } from '../tables/prefixTrie.js';

/** What an address is to the router that `cx` has entered (AddressKind); -1: nothing. */
export function kindOfAddress(cx: PipelineContext, address: number): number {
  const row = trieLookup(cx.addresses.trie, address);
  return row < 0 ? -1 : cx.addresses.rows[row * AddressRow.Words + AddressRow.Kind]!;
}
