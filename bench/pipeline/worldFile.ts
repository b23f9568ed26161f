/** Writes a world for bench/ref/pipeline.c, whose head describes the layout; sections are padded to 64 octets. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { MAX_BURST } from '../../src/pipeline/burst.js';
import { Adjacency, NeighborsHead } from '../../src/tables/neighbors.js';
import { Session, SessionsHead } from '../../src/tables/sessions.js';
import type { FrameRing } from './frames.js';
import type { World } from './world.js';

const MAGIC = 0x57524e44;

export function writeWorld(path: string, { cx }: World, ring: FrameRing): void {
  const { sessions, neighbors, rifs } = cx;
  const rows = sessions.head[SessionsHead.HighWater]!;
  const adjacencies = neighbors.head[NeighborsHead.HighWater]!;
  const header = new Int32Array(16);
  header.set([
    MAGIC,
    rifs.count,
    rifs.byVlan.length >> 12,
    rows,
    sessions.outward.slots.length,
    adjacencies,
    ring.bursts * MAX_BURST,
    cx.epoch,
    cx.now,
    sessions.key.k0,
    sessions.key.k1,
  ]);
  const file = openSync(path, 'w');
  writeSync(file, header);
  writeSection(file, rifs.byVlan);
  writeSection(file, rifs.macWords);
  writeSection(file, rifs.rows);
  writeSection(file, sessions.rows.subarray(0, rows * Session.Words));
  writeSection(file, sessions.outward.slots);
  writeSection(file, sessions.inward.slots);
  writeSection(file, neighbors.rows.subarray(0, adjacencies * Adjacency.Words));
  writeSection(file, ring.words);
  writeSection(file, ring.burstIface);
  closeSync(file);
}

function writeSection(file: number, view: Int32Array | Uint16Array | Uint8Array): void {
  const octets = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  for (let at = 0; at < octets.length; ) at += writeSync(file, octets, at);
  writeSync(file, new Uint8Array(-octets.length & 63));
}
