import { IfaceCounter } from '../shared/counters.js';
import { flowHash } from '../tables/hash.js';
import { Rif, RifRole } from '../tables/rifs.js';
import { Ethernet, EtherType, TagColumn } from '../wire/ethernet.js';
import { FragmentBits, Ipv4, Protocol } from '../wire/ipv4.js';
import { Tcp } from '../wire/tcp.js';
import { Udp } from '../wire/udp.js';
import { VirtioFlag } from '../wire/virtioNet.js';
import type { PipelineContext } from './context.js';
import { Plain, plainRows } from './plainRows.js';

const plain = plainRows;

/**
 * Classifies plain frames (plainRows.ts) from frame `from` on, as far as they have the tag of the first, so that its router interface
 * is looked up once and counted for once. Stops at the first other frame, before anything is counted of it, and returns its number,
 * or `count`.
 */
export function classifyPlain(cx: PipelineContext, from: number, count: number): number {
  const { offsets, lengths, tags } = cx;
  const i32 = cx.memory.i32;
  const tag = tags[from]!;
  const rif = cx.rifs.byVlan[(cx.iface << 12) | (tag & 0xfff)]! - 1;
  if (rif < 0 || tag >= TagColumn.Service) return from;
  const macStart = cx.rifs.macWords[rif << 1]!;
  const macEnd = cx.rifs.macWords[(rif << 1) | 1]! | 0;
  const half = cx.rifs.rows[rif * Rif.Words + Rif.Role] === RifRole.Inside ? 0 : cx.sessions.outward.mask + 1;
  const { key } = cx.sessions;
  let received = 0;
  let f = from;
  for (; f < count; f++) {
    const frame = offsets[f]!;
    const length = lengths[f]!;
    if (tags[f] !== tag || length < Ethernet.Header + Ipv4.MinHeader + Udp.Header) break;
    // Words from the virtio-net header on: flags | GSO type | header length, GSO size | start, offset | MAC, MAC, ...
    const h = (frame - 10) >> 2;
    const mac = i32[h + 2]!;
    if (mac >>> 16 !== macStart || i32[h + 3] !== macEnd) break;
    if (i32[h + 5]! >>> 16 !== EtherType.Ipv4) break;

    const a = i32[h + 6]!;
    const b = i32[h + 7]!;
    const c = i32[h + 8]!;
    const d = i32[h + 9]!;
    const e = i32[h + 10]!;
    const total = ((a >>> 8) & 0xff00) | (a >>> 24);
    if ((a & 0xff) !== 0x45 || total > length - Ethernet.Header || ((b >>> 16) & FragmentBits.NotWhole) !== 0) break;
    let sum = (a & 0xffff) + (a >>> 16) + (b & 0xffff) + (b >>> 16) + (c & 0xffff) + (c >>> 16);
    sum += (d & 0xffff) + (d >>> 16) + (e & 0xffff) + (e >>> 16);
    if ((sum & 0xffff) + (sum >>> 16) !== 0xffff) break;

    const protocol = (c >>> 8) & 0xff;
    const octets = total - Ipv4.MinHeader;
    let checksumAt: number;
    if (protocol === Protocol.Udp && octets >= Udp.Header) {
      const word = i32[h + 12]!;
      const udpOctets = ((word & 0xff) << 8) | ((word >>> 8) & 0xff);
      if (udpOctets < Udp.Header || udpOctets > octets) break;
      checksumAt = Udp.Checksum;
    } else if (protocol === Protocol.Tcp && octets >= Tcp.MinHeader) {
      const header = (i32[h + 14]! & 0xf0) >> 2;
      if (header < Tcp.MinHeader || header > octets) break;
      checksumAt = Tcp.Checksum;
    } else break;

    const flagsAndGso = i32[h]! & 0xffff & ~VirtioFlag.DataValid;
    if (flagsAndGso !== 0) {
      const start = Ethernet.Header + Ipv4.MinHeader;
      if (flagsAndGso !== VirtioFlag.NeedsChecksum || i32[h + 1]! >>> 16 !== start || (mac & 0xffff) !== checksumAt) break;
    }
    received += length;
    const p = f << 3;
    const ports = i32[h + 11]!;
    plain[p] = frame;
    plain[p | Plain.Rif] = rif;
    plain[p | Plain.Octets] = total;
    plain[p | Plain.Protocol] = protocol;
    plain[p | Plain.Ports] = ports;
    plain[p | Plain.Hash] = flowHash(key, d, e, ports, protocol);
    plain[p | Plain.Half] = half;
  }
  const counters = cx.counters.rifs;
  const slot = rif * IfaceCounter.Count;
  counters[slot + IfaceCounter.RxFrames] = counters[slot + IfaceCounter.RxFrames]! + f - from;
  counters[slot + IfaceCounter.RxOctets] = counters[slot + IfaceCounter.RxOctets]! + received;
  counters[slot + IfaceCounter.RxPackets] = counters[slot + IfaceCounter.RxPackets]! + f - from;
  return f;
}
