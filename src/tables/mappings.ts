import { BUCKET, bucketInsert, bucketMatches, bucketReplace, bucketRow, firstBucket, secondBucket } from './bucketIndex.js';
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
 * in the ring, and everything here takes constant time, however many remotes a host talks to. One writer: the owning worker.
 * Ports as loaded.
 */

/** A session of the mapping, or -1. */
export function mappingOf(t: Sessions, inside: number, port: number, protocol: number): number {
  const hash = insideHash(t, inside, port, protocol);
  const row = insideIn(t, firstBucket(t.insides, hash), hash, inside, port, protocol);
  return row >= 0 ? row : insideIn(t, secondBucket(t.insides, hash), hash, inside, port, protocol);
}

function insideIn(t: Sessions, bucket: number, hash: number, inside: number, port: number, protocol: number): number {
  const { insides, rows } = t;
  for (let s = bucket; s < bucket + BUCKET; s++) {
    if (!bucketMatches(insides, s, hash)) continue;
    const row = bucketRow(insides, s);
    if (
      rows[row + Session.InsideAddress] === inside &&
      (rows[row + Session.OutwardPorts]! & 0xffff) === port &&
      (rows[row + Session.Meta]! & 0xff) === protocol
    )
      return row;
  }
  return -1;
}

/** A session of the mapping that lets `remote` in, or -1. */
export function mappingFor(t: Sessions, external: number, port: number, protocol: number, remote: number): number {
  const own = findPeer(t, external, port, protocol, SessionFlag.Adf, remote);
  return own >= 0 ? own : findPeer(t, external, port, protocol, SessionFlag.Eif, 0);
}

/**
 * Makes a filled row one of its mapping, `first` being a session of it or -1 for a new mapping. Its filtering flags must be those
 * of the others. False, and the row is one without a mapping, when an index has no room for a new one where it would have to be.
 */
export function mappingJoin(t: Sessions, row: number, first: number): boolean {
  const r = t.rows;
  const meta = r[row + Session.Meta]!;
  if (first < 0) {
    r[row + Session.SiblingNext] = row;
    r[row + Session.SiblingPrevious] = row;
    const hash = insideHashOf(t, row);
    if (!bucketInsert(t.insides, hash, row)) return false;
    if ((meta & (SessionFlag.Adf | SessionFlag.Eif)) !== 0 && !bucketInsert(t.peers, peerHashOf(t, row), row)) {
      bucketReplace(t.insides, hash, row, -1);
      return false;
    }
    r[row + Session.Meta] = meta | SessionFlag.Mapped;
    return true;
  }
  const adf = (meta & SessionFlag.Adf) !== 0;
  const same = adf ? groupOf(t, row, meta) : -1;
  // Without room in the index this remote address is not let in by another port: stricter than asked for, never laxer.
  if (same < 0 && adf) bucketInsert(t.peers, peerHashOf(t, row), row);
  linkBefore(r, row, same >= 0 ? r[same + Session.SiblingNext]! : first);
  r[row + Session.Meta] = meta | SessionFlag.Mapped;
  return true;
}

/** First session of the row's mapping with the row's remote address, or -1. */
function groupOf(t: Sessions, row: number, meta: number): number {
  const r = t.rows;
  const port = r[row + Session.InwardPorts]! >>> 16;
  return findPeer(t, r[row + Session.ExternalAddress]!, port, meta & 0xff, SessionFlag.Adf, r[row + Session.RemoteAddress]!);
}

/** Takes a session out of its mapping. True when it was the last one. */
export function mappingLeave(t: Sessions, row: number): boolean {
  const r = t.rows;
  const after = r[row + Session.SiblingNext]!;
  const alone = after === row;
  const sameRemote = !alone && r[after + Session.RemoteAddress] === r[row + Session.RemoteAddress];
  bucketReplace(t.insides, insideHashOf(t, row), row, alone ? -1 : after);
  const flags = r[row + Session.Meta]!;
  if ((flags & SessionFlag.Eif) !== 0) bucketReplace(t.peers, peerHashOf(t, row), row, alone ? -1 : after);
  else if ((flags & SessionFlag.Adf) !== 0) bucketReplace(t.peers, peerHashOf(t, row), row, sameRemote ? after : -1);
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
  const hash = peerHash(t, external, port, protocol, remote);
  const row = peerIn(t, firstBucket(t.peers, hash), hash, external, port, protocol, flag, remote);
  return row >= 0 ? row : peerIn(t, secondBucket(t.peers, hash), hash, external, port, protocol, flag, remote);
}

function peerIn(
  t: Sessions,
  bucket: number,
  hash: number,
  external: number,
  port: number,
  protocol: number,
  flag: number,
  remote: number,
): number {
  const { peers, rows } = t;
  for (let s = bucket; s < bucket + BUCKET; s++) {
    if (!bucketMatches(peers, s, hash)) continue;
    const row = bucketRow(peers, s);
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
  return -1;
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
