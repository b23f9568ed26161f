import { CLAIM_MASK, ClaimHead, type ClaimNotes, ClaimWord } from '../../../tables/claimNotes.js';

/** Main's side of the ring of what ports said of themselves (tables/claimNotes.ts). */

/** What a port said. Network and lport are numbers (lport -1: one of another host), the address and the words of the MAC as loaded. */
export interface ClaimNote {
  readonly network: number;
  readonly lport: number;
  readonly address: number;
  readonly macA: number;
  readonly macB: number;
  /** Tunnel endpoint it came from; 0: none. */
  readonly source: number;
  /** When, by the workers' clock. */
  readonly ms: number;
}

/** All notes that are there, oldest first; their room is free again. */
export function readClaimNotes({ head, notes }: ClaimNotes): ClaimNote[] {
  const read = head[ClaimHead.Read]!;
  const written = Atomics.load(head, ClaimHead.Written);
  const all: ClaimNote[] = [];
  for (let n = read; n !== written; n = (n + 1) | 0) {
    const at = (n & CLAIM_MASK) * ClaimWord.Words;
    all.push({
      network: notes[at + ClaimWord.Network]!,
      lport: notes[at + ClaimWord.Lport]!,
      address: notes[at + ClaimWord.Address]!,
      macA: notes[at + ClaimWord.MacA]!,
      macB: notes[at + ClaimWord.MacB]!,
      source: notes[at + ClaimWord.Source]!,
      ms: notes[at + ClaimWord.Ms]!,
    });
  }
  Atomics.store(head, ClaimHead.Read, written);
  return all;
}

/** Notes lost since the ring was made; wraps. */
export function claimNotesLost({ head }: ClaimNotes): number {
  return Atomics.load(head, ClaimHead.Lost);
}
