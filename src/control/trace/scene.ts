import type { Verdict } from '../../shared/verdict.js';
import { type AddressKind, AddressRow } from '../../tables/addresses.js';
import { Adjacency, NeighborState, neighborStateNames } from '../../tables/neighbors.js';
import { swapPort } from '../../tables/portBlocks.js';
import { trieLookup } from '../../tables/prefixTrie.js';
import { formatIpv4, type WireIpv4 } from '../../types/ipv4.js';
import type { Shown } from '../show/shown.js';
import { rifNames } from '../show/totals.js';
import type { WayIn } from './entry.js';
import type { LiveRow } from './liveRows.js';
import { physnetTrouble } from './physnetTrouble.js';
import type { Outcome, Rehearsal } from './rehearse.js';
import type { Packet } from './writePacket.js';

/** All that the steps of a trace are told from. */
export interface Scene {
  readonly shown: Shown;
  readonly packet: Packet;
  readonly entry: WayIn;
  /** What has the tables: "gateway", or "router". */
  readonly self: string;
  /** The session the packet found. */
  readonly found: LiveRow | undefined;
  readonly rehearsal: Rehearsal;
  /** What decides in the end: for a packet that waits, what becomes of it once its neighbour has answered. */
  readonly last: Outcome;
}

/** A step, and the verdicts that are given there. */
export interface Stage {
  readonly step: string;
  readonly found: string;
  readonly decides: readonly Verdict[];
}

export function text(address: number): string {
  return formatIpv4(address as WireIpv4);
}

/** "192.0.2.10:2003"; `port` as loaded. */
export function endpoint(address: number, port: number): string {
  return `${text(address)}:${swapPort(port)}`;
}

/** What an address is to the gateway (tables/routes.ts); undefined: nothing. */
export function kindOf({ shown: { built } }: Scene, address: number): AddressKind | undefined {
  const { addresses } = built.snapshot;
  const found = trieLookup(addresses.trie, address);
  return found < 0 ? undefined : (addresses.rows[found * AddressRow.Words + AddressRow.Kind]! as AddressKind);
}

/** "192.0.2.254 dev wan REACHABLE", as it was before the packet came, and what keeps it from answering. */
export function neighborText(scene: Scene, rif: number, address: number): string {
  return `${stateText(scene, rif, address)}${physnetTrouble(scene.shown, rif)}`;
}

function stateText({ shown, rehearsal, entry }: Scene, rif: number, address: number): string {
  const rows = rehearsal.neighbors;
  const name = `${text(address)} dev ${rifNames(shown.built).get(rif) ?? ''}`;
  for (let row = 0; row < rows.length; row += Adjacency.Words) {
    const state = rows[row + Adjacency.State]! as NeighborState;
    if (state === NeighborState.Free || rows[row + Adjacency.Rif] !== rif || rows[row + Adjacency.Address] !== address) continue;
    if (state === NeighborState.None) break;
    return `${name} ${neighborStateNames[state]}`;
  }
  return `${name} is not known yet${entry.rif === rif ? ' (the segment the packet came from)' : ''}: it is asked for by ARP`;
}
