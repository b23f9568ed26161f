import { flowHash, type HashKey } from './hash.js';
import { linearSlots } from './linearSlots.js';

/**
 * Who has a MAC in a network: exactly one answer on a host (dvr.md 1.2, I1). Open addressing by network and MAC, at most half full.
 * Snapshot, built by main; where somebody is can be changed in place, by one store (D3).
 */

/** What a MAC is. */
export const enum L2Kind {
  None = 0,
  /** An lport of this host: its number. */
  Port,
  /** At another host: number of its VTEP. */
  Remote,
  /** Beyond the physical network's device. */
  Wire,
  /** A router interface, replicated here: its number. */
  Rif,
}

/** Rows of 8 int32. */
export const enum L2 {
  /** Network + 1; 0: the slot is free. */
  Network = 0,
  /** First two octets of the MAC (u16 as loaded), last four (as loaded). */
  MacA,
  MacB,
  /** L2Kind << 24 | number: one word, so that a move is one Atomics.store. */
  Where,
  /**
   * Router interface whose MAC takes the place of a peer's host MAC as source (dvr.md 1.2, I7'): -1 none, BY_SOURCE one of several, which the
   * packet's source address decides.
   */
  Gateway,
  /** Of a port that has left this host (dvr.md 2.16): milliseconds until which late frames are passed on, wrapping; 0: they are not. */
  RelayUntil,
  /** Of a service that another host has: 1 + the interface that its router's replica has on the network; 0: there is none here. */
  Replica,
  Words = 8,
}

export const BY_SOURCE = -2;

/** In place of a gateway: the MAC is of a router's SNAT service, which another host has (dvr.md 5.5). */
export const SERVICE_ELSEWHERE = -3;

/** Stands for all networks: under it the interface of every distributed router is found, whatever network it is on; its number is not told. */
export const ANY_NETWORK = 0x7fff_fff0;

/** The network that host MACs are on: they lead to the tunnel endpoint of their host. */
export const HOST_MACS = 0x7fff_fff1;

export interface L2Table {
  readonly slots: Int32Array;
  readonly key: HashKey;
}

/** Offset of the row of a MAC in `slots`, or -1. MAC words as loaded. */
export function l2Find(t: L2Table, network: number, macA: number, macB: number): number {
  const mask = t.slots.length / L2.Words - 1;
  for (let s = l2Hash(t.key, network, macA, macB) & mask; ; s = (s + 1) & mask) {
    const at = s * L2.Words;
    const of = t.slots[at + L2.Network]!;
    if (of === 0) return -1;
    if (of === network + 1 && t.slots[at + L2.MacB] === macB && t.slots[at + L2.MacA] === macA) return at;
  }
}

/** Puts an entry into `slots`, which main builds; one that is there is overwritten. */
export function l2Put(t: L2Table, network: number, macA: number, macB: number, where: number, gateway: number): void {
  const mask = t.slots.length / L2.Words - 1;
  const known = l2Find(t, network, macA, macB);
  let at = known;
  if (known < 0) {
    let s = l2Hash(t.key, network, macA, macB) & mask;
    while (t.slots[s * L2.Words + L2.Network] !== 0) s = (s + 1) & mask;
    at = s * L2.Words;
  }
  t.slots[at + L2.Network] = network + 1;
  t.slots[at + L2.MacA] = macA;
  t.slots[at + L2.MacB] = macB;
  t.slots[at + L2.Where] = where;
  t.slots[at + L2.Gateway] = gateway;
}

/** Words of `slots` for so many entries. */
export function l2Words(entries: number): number {
  return linearSlots(entries) * L2.Words;
}

function l2Hash(key: HashKey, network: number, macA: number, macB: number): number {
  return flowHash(key, macB, macA, network, 0);
}
