import { findInward, findOutward } from '../tables/sessionLookup.js';
import { Session } from '../tables/sessions.js';
import { Ipv4 } from '../wire/ipv4.js';
import type { PipelineContext } from './context.js';
import { Plain, plainRows, TOUCHED } from './plainRows.js';

const plain = plainRows;

/**
 * Finds the sessions of a burst's plain frames, in loops over all of them, so that cache misses of different frames overlap (D37):
 *
 *   1  load each frame's first slot of the index
 *   2  go on to the first slot that may be its (tag and distance agree): the row in there nearly always is
 *   3  load a word of that row
 *   4  compare the tuple; load the neighbour's state
 *
 * A loop that goes to the next frame before the miss of the last one is over must be short: the processor looks ahead no more than
 * some hundred instructions. And it must not branch on what was missed: a branch taken the wrong way ends the looking ahead, which
 * is why the first slot is loaded in a loop of its own, before the search that may go on behind it. Touching the row of the first slot
 * instead of the one that fits (a quarter are not) cost 25 ns a frame with 64 k sessions, and the neighbours another 7.
 */
export function findPlain(cx: PipelineContext, count: number): void {
  const end = count * Plain.Words;
  touchSlots(cx, end);
  followSlots(cx, end);
  touchRows(cx, end);
  compareRows(cx, end);
}

function touchSlots(cx: PipelineContext, end: number): void {
  const slots = cx.sessions.flows;
  const mask = cx.sessions.outward.mask;
  let touched = 0;
  for (let p = 0; p < end; p += 4 * Plain.Words) {
    touched ^= slots[(plain[p | Plain.Hash]! & mask) | plain[p | Plain.Half]!]!;
    touched ^= slots[(plain[p | (8 + Plain.Hash)]! & mask) | plain[p | (8 + Plain.Half)]!]!;
    touched ^= slots[(plain[p | (16 + Plain.Hash)]! & mask) | plain[p | (16 + Plain.Half)]!]!;
    touched ^= slots[(plain[p | (24 + Plain.Hash)]! & mask) | plain[p | (24 + Plain.Half)]!]!;
  }
  plain[TOUCHED] = touched;
}

/** As in tables/flowIndex.ts, the search written out. */
function followSlots(cx: PipelineContext, end: number): void {
  const slots = cx.sessions.flows;
  const mask = cx.sessions.outward.mask;
  for (let p = 0; p < end; p += Plain.Words) {
    if (plain[p] === 0) continue;
    const hash = plain[p | Plain.Hash]!;
    const half = plain[p | Plain.Half]!;
    let s = hash & mask;
    let want = hash & 0xf000_0000;
    let word = slots[s | half]!;
    while (word !== 0 && ((word ^ want) & 0xff00_0000) !== 0) {
      s = (s + 1) & mask;
      if ((want & 0x0f00_0000) !== 0x0f00_0000) want = (want + 0x0100_0000) | 0;
      word = slots[s | half]!;
    }
    plain[p | Plain.Row] = word === 0 ? -1 : ((word & 0x00ff_ffff) - 1) << 4;
  }
}

function touchRows(cx: PipelineContext, end: number): void {
  const r = cx.sessions.rows;
  let touched = 0;
  for (let p = 0; p < end; p += 4 * Plain.Words) {
    const a = plain[p | Plain.Row]!;
    const b = plain[p | (8 + Plain.Row)]!;
    const c = plain[p | (16 + Plain.Row)]!;
    const d = plain[p | (24 + Plain.Row)]!;
    touched ^= r[a & ~(a >> 31)]! ^ r[b & ~(b >> 31)]! ^ r[c & ~(c >> 31)]! ^ r[d & ~(d >> 31)]!;
  }
  plain[TOUCHED] = touched;
}

function compareRows(cx: PipelineContext, end: number): void {
  const r = cx.sessions.rows;
  const n = cx.neighbors.rows;
  const i32 = cx.memory.i32;
  let touched = 0;
  for (let p = 0; p < end; p += Plain.Words) {
    const row = plain[p | Plain.Row]!;
    if (row < 0) continue;
    const w = (plain[p]! + 14 + Ipv4.Source) >> 2;
    const ports = plain[p | Plain.Ports]!;
    const outward = plain[p | Plain.Half] === 0;
    const differs = outward
      ? (r[row | Session.InsideAddress]! ^ i32[w]!) |
        (r[row | Session.RemoteAddress]! ^ i32[w + 1]!) |
        (r[row | Session.OutwardPorts]! ^ ports)
      : (r[row | Session.RemoteAddress]! ^ i32[w]!) |
        (r[row | Session.ExternalAddress]! ^ i32[w + 1]!) |
        (r[row | Session.InwardPorts]! ^ ports);
    // The gateway's own rows: frames of other routers are never plain.
    const router = r[row | Session.Generation]! >>> 16;
    if ((differs | router | ((r[row | Session.Meta]! & 0xff) ^ plain[p | Plain.Protocol]!)) !== 0) {
      plain[p | Plain.Row] = search(cx, p, w);
      continue;
    }
    const adjacency = outward ? r[row | Session.OutwardAdjacency]! : r[row | Session.InwardAdjacency]!;
    touched ^= n[adjacency & ~(adjacency >> 31)]!;
  }
  plain[TOUCHED] = touched;
}

/** One in sixty rows, in a full table, is of another flow with the same home and tag. */
function search(cx: PipelineContext, p: number, w: number): number {
  const { sessions } = cx;
  const source = cx.memory.i32[w]!;
  const destination = cx.memory.i32[w + 1]!;
  const hash = plain[p | Plain.Hash]!;
  const ports = plain[p | Plain.Ports]!;
  const protocol = plain[p | Plain.Protocol]!;
  return plain[p | Plain.Half] === 0
    ? findOutward(sessions, hash, source, destination, ports, protocol)
    : findInward(sessions, hash, source, destination, ports, protocol);
}
