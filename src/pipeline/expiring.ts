import { By, Ending, homeBy, insideHashOf, inwardHash, outwardHash, peerHashOf } from '../tables/sessionIndices.js';
import { HELD, Session, SessionFlag } from '../tables/sessions.js';
import type { PipelineContext } from './context.js';
import { sessionTimeout } from './tcpState.js';

/**
 * Looking ahead on the wheel. To take a session out touches its row and up to four index slots, each a cache miss, one after the other.
 * So the rows behind the one at work are looked at some at a time: their hashes are made, and then the slots are loaded, so that
 * the misses overlap, as those of a burst do (plainFind.ts; D37).
 */
const AHEAD = 16;

/** What is known of rows whose time is over, in the order the wheel gives them out: Ending words each. */
export class Expiring {
  readonly words = new Int32Array(AHEAD * Ending.Words);
  count = 0;
  at = 0;
  /** Keeps the loads from being dropped. */
  touched = 0;
}

/** Ticks a row still has, 0 or less when its time is over. */
export function ticksLeft(cx: PipelineContext, row: number, meta: number): number {
  // The tick of its last frame may have been nearly over: one more, so that no session ends before its timer (TIM-4).
  return sessionTimeout(cx.timeouts, meta) + 1 - ((cx.now - cx.sessions.rows[row + Session.LastSeen]!) | 0);
}

/**
 * Nothing is known of any row. Before each round: between two of them a row that was looked at may be given away, and be another
 * flow's when its time is over. Within one, none is taken.
 */
export function forgetExpiring(cx: PipelineContext): void {
  cx.expiring.at = 0;
  cx.expiring.count = 0;
}

/** Makes the hashes of `row`, which the wheel gave out and whose time is over, those that taking it out will use. */
export function expiringRow(cx: PipelineContext, row: number): void {
  const e = cx.expiring;
  if (e.at === e.count || e.words[e.at * Ending.Words + Ending.Row] !== row + 1) lookAhead(cx, row);
  const from = e.at * Ending.Words;
  for (let w = 0; w < Ending.Words; w++) cx.sessions.ending[w] = e.words[from + w]!;
  e.at++;
}

/** The wheel's links of a row that it gave out still lead on. */
function lookAhead(cx: PipelineContext, first: number): void {
  const t = cx.sessions;
  const r = t.rows;
  const e = cx.expiring;
  let link = first + 1;
  let n = 0;
  for (let i = 0; i < AHEAD && link !== 0; i++) {
    const row = link - 1;
    const meta = r[row + Session.Meta]!;
    link = r[row + Session.WheelNext]!;
    if (ticksLeft(cx, row, meta) > 0) continue;
    const at = n++ * Ending.Words;
    e.words[at + Ending.Row] = row + 1;
    e.words[at + By.Inward] = inwardHash(t, row);
    if (((meta >>> 8) & 0xff) === HELD) continue;
    e.words[at + By.Outward] = outwardHash(t, row);
    if ((meta & SessionFlag.Mapped) === 0) continue;
    e.words[at + By.Inside] = insideHashOf(t, row);
    if ((meta & (SessionFlag.Adf | SessionFlag.Eif)) !== 0) e.words[at + By.Peer] = peerHashOf(t, row);
  }
  e.count = n;
  e.at = 0;
  const outward = t.outward.slots;
  const inward = t.inward.slots;
  let touched = 0;
  for (let at = 0; at < n * Ending.Words; at += Ending.Words) {
    touched ^= outward[homeBy(outward, By.Outward, e.words[at + By.Outward]!)]!;
    touched ^= inward[homeBy(inward, By.Inward, e.words[at + By.Inward]!)]!;
    touched ^= t.insides[homeBy(t.insides, By.Inside, e.words[at + By.Inside]!)]!;
    touched ^= t.peers[homeBy(t.peers, By.Peer, e.words[at + By.Peer]!)]!;
  }
  e.touched = touched;
}
