import type { PipelineContext } from '../pipeline/context.js';
import { Network } from '../tables/networks.js';
import { Rif, RifFlag } from '../tables/rifs.js';

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
