import { endsSearch, farther, mayBe, slotAfter, slotRow, wanted } from './flowIndex.js';
import { By, homeBy, insertHashed, insideHash, insideHashOf, peerHash, peerHashOf, replaceBy, tagBy } from './sessionIndices.js';
import { Session, SessionFlag, type Sessions, scopeOf } from './sessions.js';

/**
 * Endpoint-independent mappings (MAP-1): sessions of one scope (protocol and router), inside address and inside port have one external address and
 * port. There are no rows for mappings: their sessions form a ring (Session.SiblingNext), and two indices know one session of
 * each.
 *
 *   insides  by scope, inside address and port: the mapping that the next session from inside joins
 *   peers    by scope, external address and port, and the remote address where the filtering is by address (adf):
 *            the mapping that a frame from outside may open a session of (FIL-1)
 *
 * In a ring, sessions with one remote address stand together, and an index knows the first of them. So its successor is the next
 * in the ring, and everything here takes constant time, however many remotes a host talks to. One writer: the owning worker.
 * Ports as loaded.
 */

/** A session of the mapping, or -1. */
export function mappingOf(t: Sessions, inside: number, port: number, scope: number): number {
  return mappingAt(t, insideHash(t, inside, port, scope), inside, port, scope);
}

/** The same by the endpoint's hash. */
export function mappingAt(t: Sessions, hash: number, inside: number, port: number, scope: number): number {
  const { insides, rows } = t;
  let s = homeBy(insides, By.Inside, hash);
  let want = wanted(tagBy(By.Inside, hash));
  for (;;) {
    const w = insides[s]!;
    if (endsSearch(w, want)) return -1;
    if (mayBe(w, want)) {
      const row = slotRow(w) << 4;
      if (
        rows[row + Session.InsideAddress] === inside &&
        (rows[row + Session.OutwardPorts]! & 0xffff) === port &&
        scopeOf(rows, row) === scope
      )
        return row;
    }
    s = slotAfter(insides, s);
    want = farther(want);
  }
}

/** A session of the mapping that the inside endpoint of a row has, or -1. */
export function mappingOfRow(t: Sessions, row: number): number {
  const r = t.rows;
  return mappingOf(t, r[row + Session.InsideAddress]!, r[row + Session.OutwardPorts]! & 0xffff, scopeOf(r, row));
}

/** A session of the mapping that lets `remote` in, or -1. */
export function mappingFor(t: Sessions, external: number, port: number, scope: number, remote: number): number {
  const hash = peerHash(t, external, port, scope, remote);
  const own = findPeer(t, hash, external, port, scope, SessionFlag.Adf, remote);
  if (own >= 0) return own;
  return findPeer(t, peerHash(t, external, port, scope, 0), external, port, scope, SessionFlag.Eif, 0);
}

/**
 * Makes a filled row one of its mapping, `first` being a session of it or -1 for a new mapping. Its filtering flags must be those of
 * the others. `hash`: of the inside endpoint; `peer`: of the external one (peerHashOf), of no account without such a flag.
 */
export function mappingJoin(t: Sessions, row: number, first: number, hash: number, peer: number): void {
  const r = t.rows;
  const meta = r[row + Session.Meta]!;
  r[row + Session.Meta] = meta | SessionFlag.Mapped;
  if (first < 0) {
    r[row + Session.SiblingNext] = row;
    r[row + Session.SiblingPrevious] = row;
    insertHashed(t, By.Inside, hash, row);
    if ((meta & (SessionFlag.Adf | SessionFlag.Eif)) !== 0) insertHashed(t, By.Peer, peer, row);
    return;
  }
  const adf = (meta & SessionFlag.Adf) !== 0;
  const same = adf ? groupOf(t, row, peer) : -1;
  if (same < 0 && adf) insertHashed(t, By.Peer, peer, row);
  linkBefore(r, row, same >= 0 ? r[same + Session.SiblingNext]! : first);
}

/** Makes a filled row one of the mapping that its inside endpoint has by now, or the first of one. */
export function mappingJoinAgain(t: Sessions, row: number): void {
  mappingJoin(t, row, mappingOfRow(t, row), insideHashOf(t, row), peerHashOf(t, row));
}

/** First session of the row's mapping with the row's remote address, or -1. */
function groupOf(t: Sessions, row: number, peer: number): number {
  const r = t.rows;
  const port = r[row + Session.InwardPorts]! >>> 16;
  const external = r[row + Session.ExternalAddress]!;
  return findPeer(t, peer, external, port, scopeOf(r, row), SessionFlag.Adf, r[row + Session.RemoteAddress]!);
}

/** Takes a session out of its mapping. True when it was the last one. */
export function mappingLeave(t: Sessions, row: number): boolean {
  const r = t.rows;
  const after = r[row + Session.SiblingNext]!;
  const alone = after === row;
  const sameRemote = !alone && r[after + Session.RemoteAddress] === r[row + Session.RemoteAddress];
  replaceBy(t, By.Inside, row, alone ? -1 : after);
  const flags = r[row + Session.Meta]!;
  if ((flags & SessionFlag.Eif) !== 0) replaceBy(t, By.Peer, row, alone ? -1 : after);
  else if ((flags & SessionFlag.Adf) !== 0) replaceBy(t, By.Peer, row, sameRemote ? after : -1);
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

function findPeer(
  t: Sessions,
  hash: number,
  external: number,
  port: number,
  scope: number,
  flag: number,
  remote: number,
): number {
  const { peers, rows } = t;
  let s = homeBy(peers, By.Peer, hash);
  let want = wanted(tagBy(By.Peer, hash));
  for (;;) {
    const w = peers[s]!;
    if (endsSearch(w, want)) return -1;
    if (mayBe(w, want)) {
      const row = slotRow(w) << 4;
      const meta = rows[row + Session.Meta]!;
      if (
        rows[row + Session.ExternalAddress] === external &&
        rows[row + Session.InwardPorts]! >>> 16 === port &&
        scopeOf(rows, row) === scope &&
        (meta & flag) !== 0 &&
        (flag === SessionFlag.Eif || rows[row + Session.RemoteAddress] === remote)
      )
        return row;
    }
    s = slotAfter(peers, s);
    want = farther(want);
  }
}
