import { FAR, indexSlotOf, isAtHome, slotAfter, slotDistance, slotPut, slotReplace, slotRow, slotWord } from './flowIndex.js';
import { flowHash } from './hash.js';
import { countOfRouter, Session, SessionFlag, type Sessions, SessionsHead, scopeOf, sessionFree } from './sessions.js';

/**
 * The four indices of the session table (flowIndex.ts). Every row is known by its tuples:
 *
 *   Outward  what a frame from inside carries
 *   Inward   what an answer carries
 *
 * and one session of each endpoint-independent mapping (mappings.ts):
 *
 *   Inside   by scope (protocol and router), inside address and port
 *   Peer     by scope, external address and port, and the remote address where the filtering is by address (adf)
 *
 * In this file `row` is the index of a row's first word.
 */
export const enum By {
  Outward = 0,
  Inward,
  Inside,
  Peer,
}

/** Words of Sessions.ending: hashes of a row that is about to be taken out, by By, where they were made ahead. */
export const enum Ending {
  /** The row, plus 1; 0 = none. Behind those of By. */
  Row = 4,
  Words,
}

function slotsBy(t: Sessions, by: By): Int32Array {
  if (by === By.Outward) return t.outward.slots;
  if (by === By.Inward) return t.inward.slots;
  return by === By.Inside ? t.insides : t.peers;
}

export function outwardHash(t: Sessions, row: number): number {
  const r = t.rows;
  const remote = r[row + Session.RemoteAddress]!;
  return flowHash(t.key, r[row + Session.InsideAddress]!, remote, r[row + Session.OutwardPorts]!, scopeOf(r, row));
}

export function inwardHash(t: Sessions, row: number): number {
  const r = t.rows;
  const external = r[row + Session.ExternalAddress]!;
  return flowHash(t.key, r[row + Session.RemoteAddress]!, external, r[row + Session.InwardPorts]!, scopeOf(r, row));
}

/** Hash of an inside endpoint; port as loaded. */
export function insideHash(t: Sessions, inside: number, port: number, scope: number): number {
  return flowHash(t.key, inside, port, 0, scope);
}

export function insideHashOf(t: Sessions, row: number): number {
  const r = t.rows;
  return insideHash(t, r[row + Session.InsideAddress]!, r[row + Session.OutwardPorts]! & 0xffff, scopeOf(r, row));
}

/** Hash of an external endpoint as `remote` may use it: 0 where anybody may. */
export function peerHash(t: Sessions, external: number, port: number, scope: number, remote: number): number {
  return flowHash(t.key, external, port, remote, scope);
}

export function peerHashOf(t: Sessions, row: number): number {
  const r = t.rows;
  const meta = r[row + Session.Meta]!;
  const remote = (meta & SessionFlag.Adf) !== 0 ? r[row + Session.RemoteAddress]! : 0;
  return peerHash(t, r[row + Session.ExternalAddress]!, r[row + Session.InwardPorts]! >>> 16, scopeOf(r, row), remote);
}

function hashBy(t: Sessions, by: By, row: number): number {
  if (by === By.Outward) return outwardHash(t, row);
  if (by === By.Inward) return inwardHash(t, row);
  return by === By.Inside ? insideHashOf(t, row) : peerHashOf(t, row);
}

/** First slot looked at: the low bits of the hash; in the tables of mappings, whose size is no power of two (D39), the hash scaled to it. */
export function homeBy(slots: Int32Array, by: By, hash: number): number {
  return by <= By.Inward ? hash & (slots.length - 1) : ((hash >>> 0) * (slots.length / 0x1_0000_0000)) | 0;
}

/** Loads the slot that a search for the hash begins at: keep the word, and the cache line comes while other things are done (D37). */
export function touchBy(t: Sessions, by: By, hash: number): number {
  const slots = slotsBy(t, by);
  return slots[homeBy(slots, by, hash)]!;
}

/** Bits that say nothing about the home, in the upper four. */
export function tagBy(by: By, hash: number): number {
  return by <= By.Inward ? hash : hash << 28;
}

export function insertBy(t: Sessions, by: By, row: number): void {
  insertHashed(t, by, hashBy(t, by, row), row);
}

/** The same for a row whose hash is known. There must be an empty slot. */
export function insertHashed(t: Sessions, by: By, hash: number, row: number): void {
  const slots = slotsBy(t, by);
  let s = homeBy(slots, by, hash);
  let word = slotWord(tagBy(by, hash), row >> 4);
  let distance = 0;
  for (;;) {
    const there = slots[s]!;
    if (there === 0) break;
    let other = slotDistance(there);
    // Of two that are far from home the words do not say which is farther.
    if (other < 0) other = distance < FAR ? FAR : farFromHome(t, by, slots, s, slotRow(there) << 4);
    if (other < distance) {
      slotPut(slots, s, word, distance);
      word = there;
      distance = other;
    }
    s = slotAfter(slots, s);
    distance++;
  }
  slotPut(slots, s, word, distance);
}

function slotBy(t: Sessions, by: By, row: number): number {
  const slots = slotsBy(t, by);
  const isKnown = t.ending[Ending.Row] === row + 1;
  return indexSlotOf(slots, homeBy(slots, by, isKnown ? t.ending[by]! : hashBy(t, by, row)), row >> 4);
}

/** Puts row `next` where `row` stands; -1: takes `row` out. Nothing happens when the table does not know `row`. */
export function replaceBy(t: Sessions, by: By, row: number, next: number): void {
  if (next < 0) {
    removeBy(t, by, row);
    return;
  }
  const s = slotBy(t, by, row);
  if (s >= 0) slotReplace(slotsBy(t, by), s, next >> 4);
}

/** Takes a row out and moves up what stands behind it, so that no search ends too early. */
export function removeBy(t: Sessions, by: By, row: number): void {
  const slots = slotsBy(t, by);
  let hole = slotBy(t, by, row);
  if (hole < 0) return;
  t.head[SessionsHead.Removals] = (t.head[SessionsHead.Removals]! + 1) | 0;
  for (;;) {
    const s = slotAfter(slots, hole);
    const w = slots[s]!;
    if (isAtHome(w)) break;
    let distance = slotDistance(w);
    if (distance < 0) distance = farFromHome(t, by, slots, s, slotRow(w) << 4);
    slotPut(slots, hole, w, distance - 1);
    hole = s;
  }
  slots[hole] = 0;
}

/** Slots between the home of `row` and slot `s`, where it stands. */
function farFromHome(t: Sessions, by: By, slots: Int32Array, s: number, row: number): number {
  const distance = s - homeBy(slots, by, hashBy(t, by, row));
  return distance < 0 ? distance + slots.length : distance;
}

/** Makes a filled row findable in both directions, both or neither. */
export function sessionPublish(t: Sessions, row: number): void {
  publishHashed(t, row, outwardHash(t, row), inwardHash(t, row));
}

/** The same for one whose hashes are known. */
export function publishHashed(t: Sessions, row: number, outward: number, inward: number): void {
  insertHashed(t, By.Outward, outward, row);
  insertHashed(t, By.Inward, inward, row);
  t.rows[row + Session.Generation] = t.rows[row + Session.Generation]! + 1;
}

/** Takes the row out of both indices and gives it back. It must be off the wheel already. */
export function sessionRemove(t: Sessions, row: number): void {
  const rows = t.rows;
  rows[row + Session.Generation] = rows[row + Session.Generation]! | 1;
  removeBy(t, By.Outward, row);
  removeBy(t, By.Inward, row);
  // The row may be another flow's next.
  t.ending[Ending.Row] = 0;
  countOfRouter(t, row, -1);
  sessionFree(t, row);
  t.head[SessionsHead.Count] = t.head[SessionsHead.Count]! - 1;
}
