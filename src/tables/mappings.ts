import { slotRow, slotWord } from './flowIndex.js';
import { flowHash } from './hash.js';
import { Session, SessionFlag, type Sessions } from './sessions.js';

/**
 * Endpoint-independent mappings (MAP-1): sessions of one protocol, inside address and inside port have one external address and
 * port. There are no rows for mappings: their sessions form a ring (Session.SiblingNext), and two indices know one session of
 * each.
 *
 *   insides  by protocol, inside address and port: the mapping that the next session from inside joins
 *   peers    by protocol, external address and port, and the remote address where the filtering is by address (adf):
 *            the mapping that a frame from outside may open a session of (FIL-1)
 *
 * In a ring, sessions with one remote address stand together, and an index knows the first of them. So its successor is the next
 * in the ring, and everything here takes constant time, however many remotes a host talks to. Open addressing, linear probing,
 * words as in flowIndex.ts. One writer: the owning worker. Ports as loaded.
 */

/** A session of the mapping, or -1. */
export function mappingOf(t: Sessions, inside: number, port: number, protocol: number): number {
  const { insides, rows } = t;
  const hash = insideHash(t, inside, port, protocol);
  let s = slotOf(insides, hash);
  for (;;) {
    const w = insides[s]!;
    if (w === 0) return -1;
    if (((w ^ hash) & 0xff00_0000) === 0) {
      const row = slotRow(w) << 4;
      if (
        rows[row + Session.InsideAddress] === inside &&
        (rows[row + Session.OutwardPorts]! & 0xffff) === port &&
        (rows[row + Session.Meta]! & 0xff) === protocol
      )
        return row;
    }
    s = next(insides, s);
  }
}

/** A session of the mapping that lets `remote` in, or -1. */
export function mappingFor(t: Sessions, external: number, port: number, protocol: number, remote: number): number {
  const own = findPeer(t, external, port, protocol, SessionFlag.Adf, remote);
  return own >= 0 ? own : findPeer(t, external, port, protocol, SessionFlag.Eif, 0);
}

/** Makes a filled row one of its mapping. Its filtering flags must be those of the mapping's other sessions. */
export function mappingJoin(t: Sessions, row: number): void {
  const r = t.rows;
  const meta = r[row + Session.Meta]!;
  const inside = r[row + Session.InsideAddress]!;
  const first = mappingOf(t, inside, r[row + Session.OutwardPorts]! & 0xffff, meta & 0xff);
  r[row + Session.Meta] = meta | SessionFlag.Mapped;
  if (first < 0) {
    r[row + Session.SiblingNext] = row;
    r[row + Session.SiblingPrevious] = row;
    insert(t.insides, insideHashOf(t, row), row);
    if ((meta & (SessionFlag.Adf | SessionFlag.Eif)) !== 0) insert(t.peers, peerHashOf(t, row), row);
    return;
  }
  const adf = (meta & SessionFlag.Adf) !== 0;
  const same = adf
    ? findPeer(
        t,
        r[row + Session.ExternalAddress]!,
        r[row + Session.InwardPorts]! >>> 16,
        meta & 0xff,
        SessionFlag.Adf,
        r[row + Session.RemoteAddress]!,
      )
    : -1;
  if (same >= 0) linkBefore(r, row, r[same + Session.SiblingNext]!);
  else {
    linkBefore(r, row, first);
    if (adf) insert(t.peers, peerHashOf(t, row), row);
  }
}

/** Takes a session out of its mapping. True when it was the last one. */
export function mappingLeave(t: Sessions, row: number): boolean {
  const r = t.rows;
  const after = r[row + Session.SiblingNext]!;
  const alone = after === row;
  const sameRemote = !alone && r[after + Session.RemoteAddress] === r[row + Session.RemoteAddress];
  replace(t, t.insides, true, insideHashOf(t, row), row, alone ? -1 : after);
  const flags = r[row + Session.Meta]!;
  if ((flags & SessionFlag.Eif) !== 0) replace(t, t.peers, false, peerHashOf(t, row), row, alone ? -1 : after);
  else if ((flags & SessionFlag.Adf) !== 0) replace(t, t.peers, false, peerHashOf(t, row), row, sameRemote ? after : -1);
  r[row + Session.Meta] = flags & ~SessionFlag.Mapped;
  if (alone) return true;
  const before = r[row + Session.SiblingPrevious]!;
  r[before + Session.SiblingNext] = after;
  r[after + Session.SiblingPrevious] = before;
  return false;
}

function linkBefore(r: Int32Array, row: number, at: number): void {
  const before = r[at + Session.SiblingPrevious]!;
  r[row + Session.SiblingNext] = at;
  r[row + Session.SiblingPrevious] = before;
  r[before + Session.SiblingNext] = row;
  r[at + Session.SiblingPrevious] = row;
}

function findPeer(t: Sessions, external: number, port: number, protocol: number, flag: number, remote: number): number {
  const { peers, rows } = t;
  const hash = peerHash(t, external, port, protocol, remote);
  let s = slotOf(peers, hash);
  for (;;) {
    const w = peers[s]!;
    if (w === 0) return -1;
    if (((w ^ hash) & 0xff00_0000) === 0) {
      const row = slotRow(w) << 4;
      const meta = rows[row + Session.Meta]!;
      if (
        rows[row + Session.ExternalAddress] === external &&
        rows[row + Session.InwardPorts]! >>> 16 === port &&
        (meta & 0xff) === protocol &&
        (meta & flag) !== 0 &&
        (flag === SessionFlag.Eif || rows[row + Session.RemoteAddress] === remote)
      )
        return row;
    }
    s = next(peers, s);
  }
}

function insideHash(t: Sessions, inside: number, port: number, protocol: number): number {
  return flowHash(t.key, inside, port, 0, protocol);
}

function peerHash(t: Sessions, external: number, port: number, protocol: number, remote: number): number {
  return flowHash(t.key, external, port, remote, protocol);
}

function insideHashOf(t: Sessions, row: number): number {
  const r = t.rows;
  return insideHash(t, r[row + Session.InsideAddress]!, r[row + Session.OutwardPorts]! & 0xffff, r[row + Session.Meta]! & 0xff);
}

function peerHashOf(t: Sessions, row: number): number {
  const r = t.rows;
  const meta = r[row + Session.Meta]!;
  const remote = (meta & SessionFlag.Adf) !== 0 ? r[row + Session.RemoteAddress]! : 0;
  return peerHash(t, r[row + Session.ExternalAddress]!, r[row + Session.InwardPorts]! >>> 16, meta & 0xff, remote);
}

/** First slot to look into. Not a power of two: the high bits of the hash, scaled. */
function slotOf(slots: Int32Array, hash: number): number {
  return ((hash >>> 0) * (slots.length / 0x1_0000_0000)) | 0;
}

function next(slots: Int32Array, s: number): number {
  return s + 1 === slots.length ? 0 : s + 1;
}

function insert(slots: Int32Array, hash: number, row: number): void {
  let s = slotOf(slots, hash);
  while (slots[s] !== 0) s = next(slots, s);
  slots[s] = slotWord(hash, row >> 4);
}

/** Puts `by` where `row` stands, or with -1 takes it out. Nothing when the index does not know this row. */
function replace(t: Sessions, slots: Int32Array, inside: boolean, hash: number, row: number, by: number): void {
  const word = slotWord(hash, row >> 4);
  let s = slotOf(slots, hash);
  while (slots[s] !== word) {
    if (slots[s] === 0) return;
    s = next(slots, s);
  }
  if (by >= 0) slots[s] = slotWord(hash, by >> 4);
  else closeGap(t, slots, inside, s);
}

/** Empties a slot and moves up what probed past it. */
function closeGap(t: Sessions, slots: Int32Array, inside: boolean, from: number): void {
  const size = slots.length;
  let hole = from;
  let s = next(slots, hole);
  for (;;) {
    const w = slots[s]!;
    if (w === 0) break;
    const row = slotRow(w) << 4;
    const home = slotOf(slots, inside ? insideHashOf(t, row) : peerHashOf(t, row));
    if ((s - home + size) % size >= (s - hole + size) % size) {
      slots[hole] = w;
      hole = s;
    }
    s = next(slots, s);
  }
  slots[hole] = 0;
}
