import { Columns, columnOctets } from '../shared/columns.js';

/**
 * What ports said by ARP of virtual addresses (dvr.md 2.13): each worker writes notes into a ring of its
 * own, main reads them and decides which are claims (control/dvr/ports/claimReader.ts). One writer, one reader; a full ring loses the note and
 * counts it, for whoever claims an address repeats it. The ring outlives its worker.
 */
export const CLAIM_NOTES = 256;
export const CLAIM_MASK = CLAIM_NOTES - 1;

/** Each side writes to a cache line of its own. */
export const enum ClaimHead {
  /** Worker: notes written, notes lost because the ring was full; both count up and wrap. */
  Written = 0,
  Lost,
  /** Main: notes read. */
  Read = 16,
  Words = 32,
}

/** Words of a note. */
export const enum ClaimWord {
  Network = 0,
  /** -1: a port of another host. */
  Lport,
  /** As loaded. */
  Address,
  /** First two octets of the MAC (u16 as loaded), last four (as loaded). */
  MacA,
  MacB,
  /** Tunnel endpoint it came from, as loaded; 0: none. */
  Source,
  /** The worker's monotonic milliseconds, wrapping. */
  Ms,
  Words = 8,
}

export interface ClaimNotes {
  readonly head: Int32Array;
  readonly notes: Int32Array;
}

export function claimNotesOctets(): number {
  return columnOctets(ClaimHead.Words * 4, CLAIM_NOTES * ClaimWord.Words * 4);
}

export function claimNotesIn(buffer: SharedArrayBuffer): ClaimNotes {
  const columns = new Columns(buffer);
  return { head: columns.i32(ClaimHead.Words), notes: columns.i32(CLAIM_NOTES * ClaimWord.Words) };
}

/** The worker's side. The same as the last one, as long as nobody has read it, is not written again. */
export function claimNote(
  t: ClaimNotes,
  network: number,
  lport: number,
  address: number,
  macA: number,
  macB: number,
  source: number,
  nowMs: number,
): void {
  const { head, notes } = t;
  const written = head[ClaimHead.Written]!;
  const waiting = (written - Atomics.load(head, ClaimHead.Read)) | 0;
  if (waiting > 0 && isLast(notes, ((written - 1) & CLAIM_MASK) * ClaimWord.Words, network, lport, address, macA, macB, source))
    return;
  if (waiting >= CLAIM_NOTES) {
    head[ClaimHead.Lost] = (head[ClaimHead.Lost]! + 1) | 0;
    return;
  }
  const at = (written & CLAIM_MASK) * ClaimWord.Words;
  notes[at + ClaimWord.Network] = network;
  notes[at + ClaimWord.Lport] = lport;
  notes[at + ClaimWord.Address] = address;
  notes[at + ClaimWord.MacA] = macA;
  notes[at + ClaimWord.MacB] = macB;
  notes[at + ClaimWord.Source] = source;
  notes[at + ClaimWord.Ms] = nowMs;
  Atomics.store(head, ClaimHead.Written, (written + 1) | 0);
}

function isLast(
  notes: Int32Array,
  at: number,
  network: number,
  lport: number,
  address: number,
  macA: number,
  macB: number,
  source: number,
): boolean {
  return (
    notes[at + ClaimWord.Network] === network &&
    notes[at + ClaimWord.Source] === source &&
    notes[at + ClaimWord.Lport] === lport &&
    notes[at + ClaimWord.Address] === address &&
    notes[at + ClaimWord.MacA] === macA &&
    notes[at + ClaimWord.MacB] === macB
  );
}
