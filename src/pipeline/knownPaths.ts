import { Adjacency } from '../tables/neighbors.js';
import { ipv4Destination, ipv4Source } from '../wire/ipv4.js';
import type { PipelineContext } from './context.js';

/** Rows of 4 int32: who has a MAC in a network, by what was asked for lately (switching/whoHas.ts). */
export const enum KnownMac {
  /** Network + 1; 0: the row is empty. */
  Network = 0,
  /** Words as loaded. */
  MacA,
  MacB,
  /** What l2Find answered. */
  Found,
  Words = 4,
  /** 512 rows: what is left of 32 bits of a hash. */
  Shift = 23,
}

/** Rows of 16 int32: an Ethernet header of a device, or behind a tunnel header, whose frames enter a router interface (switching/knownFrames.ts). */
export const enum KnownEntry {
  /** Slot of the device + 1; 0: the row is empty. */
  Iface = 0,
  /** As the device gives it. */
  Tag,
  /** Of a tunnel, else 0: the other end as loaded, VNI or key. */
  Source,
  Segment,
  /** The header as loaded: first two octets in the upper half of a word, the other twelve with the type. */
  Head,
  Head1,
  Head2,
  Head3,
  /** Router interface it enters, and its router. */
  Rif,
  Router,
  /** See EntryKind. */
  Kind,
  /** No other header that the row had has this number. */
  Serial,
  /** What is known of its frames (Burst): network, port, whether a peer's replica sent them. */
  Network,
  Lport,
  ByPeer,
  Words = 16,
  /** 256 rows. */
  Shift = 24,
}

export const enum EntryKind {
  /** An SNAT service, from the fabric; whether its interface is inside. */
  ServiceOutward = 1,
  ServiceInward,
  /** A replica, from a port, or an exit, from the external network. */
  Stateless,
}

/** Rows of 16 int32: what becomes of packets between two addresses that enter a replica or an exit by a header that is known. */
export const enum KnownFlow {
  /** KnownEntry.Serial of the header; 0: the row is empty. */
  Entry = 0,
  /** As they came, as loaded. */
  Source,
  Destination,
  /** Row of the neighbour it goes to, and who that was. */
  Adjacency,
  OutRif,
  Hop,
  Mtu,
  /** Ipv4.Source or Ipv4.Destination: which becomes Address, and what that makes of a checksum. 0: neither. */
  At,
  Address,
  Delta,
  /** What it is counted as. */
  Verdict,
  Words = 16,
  /** 4096 rows. */
  Shift = 20,
}

/**
 * What a worker has found out about frames on networks, good until it adopts other tables. Nothing here has a key: who makes two
 * meet in a row sends both the long way.
 */
export class KnownPaths {
  readonly macs = new Int32Array((1 << (32 - KnownMac.Shift)) * KnownMac.Words);
  readonly entries = new Int32Array((1 << (32 - KnownEntry.Shift)) * KnownEntry.Words);
  readonly flows = new Int32Array((1 << (32 - KnownFlow.Shift)) * KnownFlow.Words);
  /** Given to an entry last. */
  #serial = 0;
  /** Row in `entries` of the frame in hand, whose flow is to be kept once it is known; -1: it is not. */
  entry = -1;
  /** Between whom that frame is, as loaded: nothing else was let in by its header, as what a router answers in its place. */
  source = 0;
  destination = 0;
  /** Where the frame in hand was received: one that has moved since had its VLAN tag taken off, and its header tells less than it did. */
  frame = 0;

  /** A number for an entry, which no flow has. */
  nextSerial(): number {
    if (this.#serial === 0x3fff_ffff) {
      this.forget();
      this.#serial = 0;
    }
    return ++this.#serial;
  }

  /** Other tables are in use from now on. */
  forget(): void {
    this.macs.fill(0);
    this.entries.fill(0);
    this.flows.fill(0);
    this.entry = -1;
  }
}

/** Row for packets between two addresses by the entry with this serial. */
export function knownFlowRow(serial: number, source: number, destination: number): number {
  return (
    (Math.imul(Math.imul(source, 0x85eb_ca6b) ^ destination ^ (serial << 6), 0x9e37_79b1) >>> KnownFlow.Shift) * KnownFlow.Words
  );
}

/**
 * Keeps what was decided about frame `f`, which stands as it came and is about to leave as `verdict`: the same becomes of every
 * whole TCP and UDP packet and ICMP echo between its addresses. `at`: which of them becomes `address`; 0: none.
 */
export function keepFlow(
  cx: PipelineContext,
  f: number,
  adjacency: number,
  mtu: number,
  at: number,
  address: number,
  delta: number,
  verdict: number,
): void {
  const { flows, entries, entry } = cx.known;
  if (entry < 0) return;
  cx.known.entry = -1;
  const n = cx.neighbors.rows;
  const source = ipv4Source(cx.memory, cx.ip[f]!);
  const destination = ipv4Destination(cx.memory, cx.ip[f]!);
  if (source !== cx.known.source || destination !== cx.known.destination) return;
  const serial = entries[entry + KnownEntry.Serial]!;
  const row = knownFlowRow(serial, source, destination);
  flows[row + KnownFlow.Entry] = serial;
  flows[row + KnownFlow.Source] = source;
  flows[row + KnownFlow.Destination] = destination;
  flows[row + KnownFlow.Adjacency] = adjacency;
  flows[row + KnownFlow.OutRif] = n[adjacency + Adjacency.Rif]!;
  flows[row + KnownFlow.Hop] = n[adjacency + Adjacency.Address]!;
  flows[row + KnownFlow.Mtu] = mtu;
  flows[row + KnownFlow.At] = at;
  flows[row + KnownFlow.Address] = address;
  flows[row + KnownFlow.Delta] = delta;
  flows[row + KnownFlow.Verdict] = verdict;
}
