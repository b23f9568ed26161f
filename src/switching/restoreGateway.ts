import type { PipelineContext } from '../pipeline/context.js';
import { AddressKind, AddressRow } from '../tables/addresses.js';
import { Network } from '../tables/networks.js';
import { trieLookup } from '../tables/prefixTrie.js';
import { Rif } from '../tables/rifs.js';
import { Ethernet, EtherType, etherTypeAt } from '../wire/ethernet.js';
import { Ipv4, ipv4Source } from '../wire/ipv4.js';

/**
 * Which of several routers on a network a peer's replica was of (dvr.md 1.2, I7'): the one that also has an interface in the subnet of the
 * packet's source, else the first, which main has put there: the one with the subnet's gateway address. -1: there is none.
 */
export function restoreGateway(cx: PipelineContext, f: number): number {
  const { rows, rifs } = cx.switching.networks;
  const first = rows[cx.network * Network.Words + Network.Rifs]!;
  const count = rows[cx.network * Network.Words + Network.RifCount]!;
  if (count === 0) return -1;
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  const ip = frame + Ethernet.Header;
  if (etherTypeAt(m, frame + Ethernet.Type) === EtherType.Ipv4 && cx.lengths[f]! >= Ethernet.Header + Ipv4.MinHeader) {
    const source = ipv4Source(m, ip);
    for (let i = first; i < first + count; i++) {
      const addresses = cx.routers.addresses[cx.rifs.rows[rifs[i]! * Rif.Words + Rif.Router]!]!;
      const row = trieLookup(addresses.trie, source);
      if (row < 0) continue;
      const at = row * AddressRow.Words;
      const kind = addresses.rows[at + AddressRow.Kind];
      if ((kind === AddressKind.Connected || kind === AddressKind.Local) && addresses.rows[at + AddressRow.Rif] !== rifs[i])
        return rifs[i]!;
    }
  }
  return rifs[first]!;
}
