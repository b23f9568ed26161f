import { Adjacency, NeighborState } from '../tables/neighbors.js';
import { Rif } from '../tables/rifs.js';
import { Session } from '../tables/sessions.js';
import { Limit } from '../tables/snapshot.js';
import { Protocol } from '../wire/ipv4.js';
import { TcpFlag } from '../wire/tcp.js';
import { VirtioFlag } from '../wire/virtioNet.js';
import type { PipelineContext } from './context.js';
import { Listed } from './listed.js';
import { MAX_SENDS } from './outlet.js';
import { Plain, plainRows } from './plainRows.js';
import { SessionState } from './tcpState.js';

const plain = plainRows;

/**
 * Translates plain frames (plainRows.ts) of sessions that are ready to use, from frame `from` on, as applySession() and emit()
 * would. Stops at the first frame that needs decide(), with nothing written, and returns its number, or `count`. The rows that
 * findPlain found must still be those of the frames' flows.
 *
 * Checksums move by difference as in wire/checksum.ts, written out here because a call would cost more than the work. Frames
 * that leave by one router interface in a row are counted together.
 */
export function translatePlain(cx: PipelineContext, from: number, count: number): number {
  const { outlets, now, epoch } = cx;
  const i32 = cx.memory.i32;
  const r = cx.sessions.rows;
  const n = cx.neighbors.rows;
  const { listed } = cx;
  const { acks } = cx;
  const keepsAcks = cx.limits[Limit.ResetOnExpiry] !== 0;
  // The pair that fills the list is left to emit(), which flushes then.
  const mostPairs = MAX_SENDS - 1;
  let rif = -1;
  let outlet = outlets[0]!;
  let queued = outlet.queued;
  let sends = outlet.sends;
  let slot = 0;
  let frames = 0;
  let sent = 0;
  let f = from;
  for (; f < count; f++) {
    const p = f << 3;
    const frame = plain[p]!;
    const row = plain[p | Plain.Row]!;
    if (frame === 0 || row < 0) break;
    const outward = plain[p | Plain.Half] === 0;
    const adjacency = outward ? r[row | Session.OutwardAdjacency]! : r[row | Session.InwardAdjacency]!;
    if (
      adjacency < 0 ||
      (r[row | Session.EpochPool]! & 0xffff) !== epoch ||
      n[adjacency | Adjacency.State]! < NeighborState.Stale
    )
      break;
    const h = (frame - 10) >> 2;
    const octets = plain[p | Plain.Octets]!;
    const ttlWord = i32[h + 8]!;
    if ((ttlWord & 0xff) <= 1 || octets > n[adjacency | Adjacency.Mtu]! || n[adjacency | Adjacency.HeaderOctets] !== 14) break;
    if (n[adjacency | Adjacency.Rif] !== rif) {
      outlet.queued = queued;
      listed[slot] = listed[slot]! + frames;
      listed[slot + Listed.Octets] = listed[slot + Listed.Octets]! + sent;
      listed[slot + Listed.Packets] = listed[slot + Listed.Packets]! + frames;
      rif = n[adjacency | Adjacency.Rif]!;
      slot = rif * Listed.Words;
      outlet = outlets[cx.rifs.rows[rif * Rif.Words + Rif.Iface]!]!;
      queued = outlet.queued;
      sends = outlet.sends;
      frames = 0;
      sent = 0;
    }
    if (queued === mostPairs) break;
    const flagsAndGso = i32[h]!;
    const partial = (flagsAndGso & VirtioFlag.NeedsChecksum) !== 0;
    // A device that completes no checksums: emit() does it.
    if (partial && outlet.lacks !== 0) break;
    const protocol = plain[p | Plain.Protocol]!;
    const meta = r[row | Session.Meta]!;
    const state = (meta >>> 8) & 0xff;
    if (protocol === Protocol.Tcp) {
      const flags = (i32[h + 14]! >>> 8) & (TcpFlag.Fin | TcpFlag.Syn | TcpFlag.Rst | TcpFlag.Ack);
      if (flags !== TcpFlag.Ack || state === SessionState.Reset) break;
      if (keepsAcks) acks[outward ? (row >> 3) | 1 : row >> 3] = i32[h + 13]!;
    } else if (state !== SessionState.Open) {
      if (state === SessionState.Inbound) break;
      if (!outward) r[row | Session.Meta] = meta & ~0xff00;
    }

    const deltas = outward ? r[row | Session.Deltas]! : ~r[row | Session.Deltas]!;
    const addressDelta = deltas & 0xffff;
    if (outward) {
      const inwardPorts = r[row | Session.InwardPorts]!;
      i32[h + 9] = r[row | Session.ExternalAddress]!;
      i32[h + 11] = (inwardPorts >>> 16) | (inwardPorts << 16);
    } else {
      const outwardPorts = r[row | Session.OutwardPorts]!;
      i32[h + 10] = r[row | Session.InsideAddress]!;
      i32[h + 11] = (outwardPorts >>> 16) | (outwardPorts << 16);
    }
    // TTL, protocol and header checksum are one word; the TTL's difference is TTL_DELTA.
    let sum = (~ttlWord >>> 16) + addressDelta + 0xfffe;
    sum = (sum & 0xffff) + (sum >>> 16);
    sum = (sum & 0xffff) + (sum >>> 16);
    i32[h + 8] = ((ttlWord & 0xffff) - 1) | (~sum << 16);
    r[row | Session.LastSeen] = now;

    const at = protocol === Protocol.Tcp ? h + 15 : h + 12;
    const word = i32[at]!;
    const shift = protocol === Protocol.Tcp ? 0 : 16;
    const check = (word >>> shift) & 0xffff;
    sum = partial ? check + addressDelta : (~check & 0xffff) + (deltas >>> 16);
    sum = (sum & 0xffff) + (sum >>> 16);
    let moved = (sum & 0xffff) + (sum >>> 16);
    if (!partial) {
      moved = ~moved & 0xffff;
      if (protocol === Protocol.Udp) moved = check === 0 ? 0 : moved === 0 ? 0xffff : moved;
    }
    i32[at] = (word & ~(0xffff << shift)) | (moved << shift);

    i32[h + 2] = (i32[h + 2]! & 0xffff) | (n[adjacency | Adjacency.Header0]! << 16);
    i32[h + 3] = n[adjacency | Adjacency.Header1]!;
    i32[h + 4] = n[adjacency | Adjacency.Header2]!;
    i32[h + 5] = n[adjacency | Adjacency.Header3]!;
    i32[h] = flagsAndGso & ~VirtioFlag.DataValid;
    n[adjacency | Adjacency.Used] = now;
    const length = octets + 14;
    sends[queued << 1] = frame;
    sends[(queued << 1) | 1] = length;
    queued++;
    frames++;
    sent += length;
  }
  outlet.queued = queued;
  listed[slot] = listed[slot]! + frames;
  listed[slot + Listed.Octets] = listed[slot + Listed.Octets]! + sent;
  listed[slot + Listed.Packets] = listed[slot + Listed.Packets]! + frames;
  return f;
}
