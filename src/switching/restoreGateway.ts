import type { PipelineContext } from '../pipeline/context.js';
import { AddressKind, AddressRow } from '../tables/addresses.js';
import { Network } from '../tables/networks.js';
import { trieLookup } from '../tables/prefixTrie.js';
import { Rif } from '../tables/rifs.js';
import { Ethernet, EtherType, etherTypeAt } from '../wire/ethernet.js';
import { Ipv4, ipv4Destination, ipv4Source } from '../wire/ipv4.js';

/**
 * Which of several router interfaces on a network a peer's replica sent by (dvr.md 1.2, I7'); -1: there is none. It is one of the
 * destination's subnet whose router also has an interface in the subnet of the packet's source; else one of the destination's
 * subnet; else any. Of several the first, which main has put there: the one with the subnet's gateway address.
 */
export function restoreGateway(cx: PipelineContext, f: number): number {
  const { rows, rifs } = cx.switching.networks;
  const first = rows[cx.network * Network.Words + Network.Rifs]!;
  const count = rows[cx.network * Network.Words + Network.RifCount]!;
  if (count === 0) return -1;
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  const ip = frame + Ethernet.Header;
  if (etherTypeAt(m, frame + Ethernet.Type) !== EtherType.Ipv4 || cx.lengths[f]! < Ethernet.Header + Ipv4.MinHeader)
    return rifs[first]!;
  const source = ipv4Source(m, ip);
  const destination = ipv4Destination(m, ip);
  let best = rifs[first]!;
  let likely = -1;
  for (let i = first; i < first + count; i++) {
    const rif = rifs[i]!;
    const row = rif * Rif.Words;
    const leadsThere = ((destination ^ cx.rifs.rows[row + Rif.Address]!) & cx.rifs.rows[row + Rif.Mask]!) === 0;
    const how = (leadsThere ? 2 : 0) + (hasOtherTowards(cx, rif, source) ? 1 : 0);
    if (how <= likely) continue;
    likely = how;
    best = rif;
  }
  return best;
}

/** Whether the router of an interface has another one in the subnet of an address. */
function hasOtherTowards(cx: PipelineContext, rif: number, address: number): boolean {
  const addresses = cx.routers.addresses[cx.rifs.rows[rif * Rif.Words + Rif.Router]!]!;
  const found = trieLookup(addresses.trie, address);
  if (found < 0) return false;
  const at = found * AddressRow.Words;
  const kind = addresses.rows[at + AddressRow.Kind];
  return (kind === AddressKind.Connected || kind === AddressKind.Local) && addresses.rows[at + AddressRow.Rif] !== rif;
}
