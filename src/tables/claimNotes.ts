import { Columns, columnOctets } from '../shared/columns.js';

/**
 * What ports of this host said of themselves by ARP that the tables do not know (dvr.md 2.13): each worker writes notes into a ring of its
 * own, main reads them and decides which are claims (control/dvr/claimFollower.ts). One writer, one reader; a full ring loses the note and
 * counts it, for whoever claims an address repeats it. The ring outlives its worker.
 */
export const CLAIM_NOTES = 256;
const MASK = CLAIM_NOTES - 1;

/** Each side writes to a cache line of its own. */
const enum Head {
  /** Worker: notes written, notes lost because the ring was full; both count up and wrap. */
  Written = 0,
  Lost,
  /** Main: notes read. */
  Read = 16,
  Words = 32,
}

/** Words of a note. */
const enum Note {
  Network = 0,
  Lport,
  /** As loaded. */
  Address,
  /** First two octets of the MAC (u16 as loaded), last four (as loaded). */
  MacA,
  MacB,
  Words = 8,
}

export interface ClaimNotes {
  readonly head: Int32Array;
  readonly notes: Int32Array;
}

/** What a port said. Network and lport are numbers, the address and the words of the MAC as loaded. */
export interface ClaimNote {
  readonly network: number;
  readonly lport: number;
  readonly address: number;
  readonly macA: number;
  readonly macB: number;
}

export function claimNotesOctets(): number {
  return columnOctets(Head.Words * 4, CLAIM_NOTES * Note.Words * 4);
}

export function claimNotesIn(buffer: SharedArrayBuffer): ClaimNotes {
  const columns = new Columns(buffer);
  return { head: columns.i32(Head.Words), notes: columns.i32(CLAIM_NOTES * Note.Words) };
}

/** The worker's side. The same as the last one, as long as nobody has read it, is not written again. */
export function claimNote(t: ClaimNotes, network: number, lport: number, address: number, macA: number, macB: number): void {
  const { head, notes } = t;
  const written = head[Head.Written]!;
  const waiting = (written - Atomics.load(head, Head.Read)) | 0;
  if (waiting > 0 && isLast(notes, ((written - 1) & MASK) * Note.Words, lport, address, macA, macB)) return;
  if (waiting >= CLAIM_NOTES) {
    head[Head.Lost] = (head[Head.Lost]! + 1) | 0;
    return;
  }
  const at = (written & MASK) * Note.Words;
  notes[at + Note.Network] = network;
  notes[at + Note.Lport] = lport;
  notes[at + Note.Address] = address;
  notes[at + Note.MacA] = macA;
  notes[at + Note.MacB] = macB;
  Atomics.store(head, Head.Written, (written + 1) | 0);
}

function isLast(notes: Int32Array, at: number, lport: number, address: number, macA: number, macB: number): boolean {
  return (
    notes[at + Note.Lport] === lport &&
    notes[at + Note.Address] === address &&
    notes[at + Note.MacA] === macA &&
    notes[at + Note.MacB] === macB
  );
}

/** Main's side: all notes that are there, oldest first. */
export function readClaimNotes({ head, notes }: ClaimNotes): ClaimNote[] {
  const read = head[Head.Read]!;
  const written = Atomics.load(head, Head.Written);
  const all: ClaimNote[] = [];
  for (let n = read; n !== written; n = (n + 1) | 0) {
    const at = (n & MASK) * Note.Words;
    all.push({
      network: notes[at + Note.Network]!,
      lport: notes[at + Note.Lport]!,
      address: notes[at + Note.Address]!,
      macA: notes[at + Note.MacA]!,
      macB: notes[at + Note.MacB]!,
    });
  }
  Atomics.store(head, Head.Read, written);
  return all;
}

/** Notes lost since the ring was made; wraps. */
export function claimNotesLost({ head }: ClaimNotes): number {
  return Atomics.load(head, Head.Lost);
}
