import { CounterEvent } from '../shared/counters.js';
import { Verdict } from '../shared/verdict.js';
import { Datagram, DatagramList, datagramList, datagramMayWait, datagramMove, datagramTake } from '../tables/datagrams.js';
import { Host, hostFind, shareOf } from '../tables/fragmentHosts.js';
import { heldChunks, heldFollow, heldFollowing, heldFree, heldPut, heldUsed } from '../tables/heldFrames.js';
import { Arena } from '../wire/memory.js';
import type { PipelineContext } from './context.js';
import { mostChunks, mostDatagrams, mostHeld } from './fragmentStore.js';

/**
 * Keeps a copy of fragment `f` until the first one of its datagram comes (FRG-3). `row` is its datagram, or -1: then it is the
 * first of it that came. When there is no room the newcomer is what is dropped (FRG-5).
 */
export function holdFragment(
  cx: PipelineContext,
  f: number,
  row: number,
  source: number,
  destination: number,
  key: number,
): Verdict {
  const { datagrams: d, frames: h } = cx.fragments;
  const words = frameWords(cx.lengths[f]!);
  if (!hasRoom(cx, row, source, heldChunks(words))) return Verdict.DropFragmentsFull;
  const at = row >= 0 ? row : datagramTake(d, cx.sessions.key, cx.router, source, destination, key, mostDatagrams(cx), cx.now);
  if (at < 0) return Verdict.DropFragmentsFull;
  const from = (cx.offsets[f]! - Arena.VirtioHeader) >> 2;
  const frame = heldPut(h, cx.memory.i32, from, words, cx.lengths[f]!, cx.iface, cx.tags[f]!);
  if (frame < 0) return Verdict.DropFragmentsFull;
  const r = d.rows;
  const host = r[at + Datagram.Host]! + Host.Chunks;
  d.hosts.rows[host] = d.hosts.rows[host]! + heldChunks(words);
  if (r[at + Datagram.Held] === 0) {
    r[at + Datagram.FirstHeld] = frame + 1;
    datagramMove(d, at, DatagramList.Waiting, cx.now);
  } else heldFollow(h, r[at + Datagram.LastHeld]! - 1, frame);
  r[at + Datagram.LastHeld] = frame + 1;
  r[at + Datagram.Held] = r[at + Datagram.Held]! + 1;
  return Verdict.FragmentHeld;
}

/** Room for a frame of `chunks`, in all and of one source, and for a datagram more if it is not one that waits already. */
function hasRoom(cx: PipelineContext, row: number, source: number, chunks: number): boolean {
  const { datagrams: d, frames: h } = cx.fragments;
  const most = mostChunks(cx);
  if (heldUsed(h) + chunks > most) return false;
  const host = row >= 0 ? d.rows[row + Datagram.Host]! : hostFind(d.hosts, cx.sessions.key, source, cx.router);
  if (host >= 0 && d.hosts.rows[host + Host.Chunks]! + chunks > shareOf(most)) return false;
  const waits = row >= 0 && datagramList(d, row) === DatagramList.Waiting;
  return waits
    ? d.rows[row + Datagram.Held]! < mostHeld(cx)
    : datagramMayWait(d, cx.sessions.key, cx.router, source, mostDatagrams(cx));
}

/** The datagram's fate is known: what it holds goes on, or away, after the burst. */
export function settleDatagram(cx: PipelineContext, row: number): void {
  const d = cx.fragments.datagrams;
  const list = d.rows[row + Datagram.Held] === 0 ? DatagramList.Done : DatagramList.Ready;
  datagramMove(d, row, list, cx.now);
}

/** Drops the first held frame of a datagram. */
export function dropHeld(cx: PipelineContext, row: number, frame: number, v: Verdict): void {
  takeOut(cx, row, frame);
  cx.counters.verdicts[v] = cx.counters.verdicts[v]! + 1;
}

/** Takes the first held frame of a datagram out of the store; it has counted as FragmentHeld and gets another verdict now. */
export function takeOut(cx: PipelineContext, row: number, frame: number): void {
  const { datagrams: d, frames: h } = cx.fragments;
  const r = d.rows;
  r[row + Datagram.FirstHeld] = heldFollowing(h, frame) + 1;
  r[row + Datagram.Held] = r[row + Datagram.Held]! - 1;
  const host = r[row + Datagram.Host]! + Host.Chunks;
  d.hosts.rows[host] = d.hosts.rows[host]! - heldFree(h, frame);
  const events = cx.counters.events;
  events[CounterEvent.Requeued] = events[CounterEvent.Requeued]! + 1;
  events[CounterEvent.FragmentsReleased] = events[CounterEvent.FragmentsReleased]! + 1;
}

/** Words of a frame and its virtio-net header. */
export function frameWords(length: number): number {
  return (Arena.VirtioHeader + length + 3) >> 2;
}
