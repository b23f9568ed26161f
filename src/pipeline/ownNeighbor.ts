import { Adjacency, NeighborState, neighborWriteHeader } from '../tables/neighbors.js';
import { Responder, ResponderFlag, responderFind } from '../tables/responder.js';
import { Rif, RifFlag } from '../tables/rifs.js';
import type { PipelineContext } from './context.js';
import { setNeighborState } from './neighborLearn.js';

/**
 * SNAT services and exits of this host have each other as neighbours on external networks (dvr.md 2.8): true when the one of `row` is an
 * interface of this host, which is written into the row. Nobody is asked then, so what one sends another stays here. Looked up when
 * it is needed: of a thousand services each would have a thousand neighbours otherwise.
 */
export function isOwnNeighbor(cx: PipelineContext, row: number): boolean {
  const r = cx.neighbors.rows;
  const at = r[row + Adjacency.Rif]! * Rif.Words;
  const { rows, macs } = cx.rifs;
  const network = rows[at + Rif.Network]!;
  if (network < 0 || (rows[at + Rif.Flags]! & RifFlag.Unique) === 0) return false;
  const { responder } = cx.switching;
  const found = responderFind(responder, network, r[row + Adjacency.Address]!);
  if (found < 0 || (responder.slots[found + Responder.Flags]! & ResponderFlag.Own) === 0) return false;
  const rif = responder.slots[found + Responder.MacA]!;
  if (rows[rif * Rif.Words + Rif.Router] === rows[at + Rif.Router]) return false;
  r[row + Adjacency.Mtu] = rows[at + Rif.Mtu]!;
  neighborWriteHeader(cx.neighbors, row, macs, rif * 8, macs, r[row + Adjacency.Rif]! * 8, rows[at + Rif.Vlan]!);
  setNeighborState(cx, row, NeighborState.Permanent);
  cx.pending.markReady(row);
  return true;
}
