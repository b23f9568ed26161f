import { Kind, type PipelineContext } from '../pipeline/context.js';
import { Network } from '../tables/networks.js';
import { Rif, RifFlag } from '../tables/rifs.js';
import { Ethernet } from '../wire/ethernet.js';

/** True for a router interface whose MAC is on this host alone (sg-, qg-, fg-). */
export function isUnique(cx: PipelineContext, rif: number): boolean {
  return (cx.rifs.rows[rif * Rif.Words + Rif.Flags]! & RifFlag.Unique) !== 0;
}

/** Router interface of the frame's network that has an address, or -1: any of them, whatever the subnet calls its gateway (pitfall 4). */
export function rifWith(cx: PipelineContext, address: number): number {
  const { rows, rifs } = cx.switching.networks;
  const first = rows[cx.network * Network.Words + Network.Rifs]!;
  const end = first + rows[cx.network * Network.Words + Network.RifCount]!;
  for (let i = first; i < end; i++) if (cx.rifs.rows[rifs[i]! * Rif.Words + Rif.Address] === address) return rifs[i]!;
  return -1;
}

/** True for an interface of a SNAT service that another host may have by now; main may be too busy to say so. */
export function isLeaseOver(cx: PipelineContext, rif: number): boolean {
  return cx.leaseOver && (cx.rifs.rows[rif * Rif.Words + Rif.Flags]! & RifFlag.Leased) !== 0;
}

/** Frame `f`, behind an untagged header, stands at this interface, as ARP until it is classified as something else; `cx` enters its router. */
export function standAt(cx: PipelineContext, f: number, rif: number): void {
  cx.rif[f] = rif;
  cx.kind[f] = Kind.Arp;
  cx.ip[f] = cx.offsets[f]! + Ethernet.Header;
  cx.end[f] = cx.offsets[f]! + cx.lengths[f]!;
  cx.enterRouter(cx.rifs.rows[rif * Rif.Words + Rif.Router]!);
}
