import { flowHash, type HashKey } from './hash.js';
import { linearSlots } from './linearSlots.js';

/**
 * Which MAC an address of a network has, so that ARP is answered where it is asked (dvr.md 2.11): fixed addresses of bound ports, here and
 * on other hosts. Neither virtual addresses nor those of ports that are not bound. Open addressing, at most half full. Snapshot, built by main.
 */
export const enum Responder {
  /** Network + 1; 0: the slot is free. */
  Network = 0,
  /** As loaded. */
  Address,
  /** First two octets of the MAC (u16 as loaded), last four (as loaded). */
  MacA,
  MacB,
  /** See ResponderFlag. */
  Flags,
  Words = 8,
}

export const enum ResponderFlag {
  /** Several ports may have the address: who announces it has it. */
  Virtual = 1,
  /** Nobody has announced it: there is no MAC. */
  Unclaimed = 2,
  /** Of a router interface that is on this host alone: its number stands in place of the MAC. */
  Own = 4,
  /** A router's that is on one host, here or elsewhere: no port may say that it has it. */
  Reserved = 8,
}

export interface ResponderTable {
  readonly slots: Int32Array;
  readonly key: HashKey;
}

/** Offset of the row of an address in `slots`, or -1. */
export function responderFind(t: ResponderTable, network: number, address: number): number {
  const mask = t.slots.length / Responder.Words - 1;
  for (let s = flowHash(t.key, address, network, 0, 0) & mask; ; s = (s + 1) & mask) {
    const at = s * Responder.Words;
    const of = t.slots[at + Responder.Network]!;
    if (of === 0) return -1;
    if (of === network + 1 && t.slots[at + Responder.Address] === address) return at;
  }
}

/** Puts an address into `slots`, which main builds; one that is there gets the new MAC. */
export function responderPut(
  t: ResponderTable,
  network: number,
  address: number,
  macA: number,
  macB: number,
  flags: number,
): void {
  const mask = t.slots.length / Responder.Words - 1;
  let at = responderFind(t, network, address);
  if (at < 0) {
    let s = flowHash(t.key, address, network, 0, 0) & mask;
    while (t.slots[s * Responder.Words + Responder.Network] !== 0) s = (s + 1) & mask;
    at = s * Responder.Words;
  }
  t.slots[at + Responder.Network] = network + 1;
  t.slots[at + Responder.Address] = address;
  t.slots[at + Responder.MacA] = macA;
  t.slots[at + Responder.MacB] = macB;
  t.slots[at + Responder.Flags] = flags;
}

/** Marks an address as one that no port may say it has; one that is not there is not answered for. */
export function responderReserve(t: ResponderTable, network: number, address: number): void {
  if (responderFind(t, network, address) < 0) responderPut(t, network, address, 0, 0, ResponderFlag.Unclaimed);
  const at = responderFind(t, network, address) + Responder.Flags;
  t.slots[at] = t.slots[at]! | ResponderFlag.Reserved;
}

/** Words of `slots` for so many addresses. */
export function responderWords(addresses: number): number {
  return linearSlots(addresses) * Responder.Words;
}
