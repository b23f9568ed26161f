import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { PipelineContext } from '../pipeline/context.js';
import { askNeighborsAgain, refreshNeighbors } from '../pipeline/neighborRefresh.js';
import { ControlWord } from '../shared/control.js';
import { Adjacency, NeighborState, neighborFind, neighborInsert, neighborWriteHeader } from '../tables/neighbors.js';
import { portsReserve } from '../tables/portBlocks.js';
import { Rif } from '../tables/rifs.js';
import { hasRouter, type Routers } from '../tables/routers.js';
import { PERMANENT_NOWHERE, type Snapshot } from '../tables/snapshot.js';
import type { Devices } from './devices.js';
import type { PurgeDone, WorkerMessage } from './protocol.js';
import type { Turn } from './turn.js';

/** What adoption needs beside the turn: the channel to main and the devices. */
export interface Adoption {
  readonly port: MessagePort;
  readonly devices: Devices;
}

/** Drains the channel and does what it says (K13). Returns the generation in use. Throws when a test asked for it. */
export function adoptMessages({ port, devices }: Adoption, turn: Turn): number {
  let generation = turn.generation;
  for (;;) {
    const received = receiveMessageOnPort(port) as { message: WorkerMessage } | undefined;
    if (received === undefined) break;
    const { message } = received;
    if (message.kind === 'fault') throw new Error('fault asked for by a test');
    if (message.kind === 'hang') for (;;);
    if (message.kind === 'seat') continue;
    if (message.kind === 'purge') {
      turn.purge(message.filter, (ended) => port.postMessage({ kind: 'purged', id: message.id, ended } satisfies PurgeDone));
      continue;
    }
    turn.ifaces = devices.use(message.ifaces);
    takeOver(turn, message.snapshot);
    for (const slot of devices.takeReturned()) askNeighborsAgain(turn.cx, slot);
    generation = message.snapshot.generation;
  }
  Atomics.store(turn.control, ControlWord.Acknowledged, generation);
  return generation;
}

/** Uses another snapshot from now on, and begins what follows from its differences. */
export function takeOver(turn: Turn, snapshot: Snapshot): void {
  const { cx } = turn;
  const retime = !same(cx.timeouts, snapshot.timeouts);
  const contradicts =
    staticsDiffer(cx.routers, snapshot.routers) ||
    !same(cx.reservedPorts, snapshot.reservedPorts) ||
    !same(cx.zones.offered, snapshot.zones.offered);
  useSnapshot(cx, snapshot);
  // One worker announces for all.
  if (cx.worker === 0) turn.tick.announce(snapshot.announce);
  if (retime) turn.retime();
  if (contradicts) turn.endContradicted();
}

/** True when a router has other static mappings than before, or is gone: then sessions end. */
function staticsDiffer(before: Routers, after: Routers): boolean {
  for (let router = 0; router < before.statics.length; router++) {
    if (!hasRouter(before, router)) continue;
    if (!hasRouter(after, router) || !same(before.statics[router]!.rows, after.statics[router]!.rows)) return true;
  }
  return false;
}

/** Swaps the tables; brings adjacencies in line with the new router interfaces. */
export function useSnapshot(cx: PipelineContext, snapshot: Snapshot): void {
  const before = cx.reservedPorts;
  cx.adopt(snapshot);
  // Those that stay reserved are so throughout: another worker may be taking a port at this moment.
  portsReserve(cx.ports64, cx.worker, cx.reservedPorts, true);
  portsReserve(cx.ports64, cx.worker, rowsWithout(before, cx.reservedPorts), false);
  // A port in use that is reserved no longer can be shared.
  cx.fullRemotes.clear();
  refreshNeighbors(cx);
  installPermanent(cx, snapshot.permanent);
}

/** Rows of three words that `others` has not. */
function rowsWithout(rows: Int32Array, others: Int32Array): Int32Array {
  const name = (t: Int32Array, i: number): string => t.subarray(i, i + 3).join();
  const known = new Set<string>();
  for (let i = 0; i < others.length; i += 3) known.add(name(others, i));
  const rest: number[] = [];
  for (let i = 0; i < rows.length; i += 3) if (!known.has(name(rows, i))) rest.push(...rows.subarray(i, i + 3));
  return Int32Array.from(rest);
}

function same(a: Int32Array | Uint8Array, b: Int32Array | Uint8Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** Writes the neighbours from the configuration (Snapshot.permanent). */
export function installPermanent(cx: PipelineContext, permanent: Int32Array): void {
  const mac = new Uint8Array(8);
  for (let i = 0; i < permanent.length; i += 4) {
    const rif = permanent[i]!;
    const address = permanent[i + 1]!;
    const found = neighborFind(cx.neighbors, rif, address);
    const row = found >= 0 ? found : neighborInsert(cx.neighbors, rif, address, cx.now);
    if (row < 0) return;
    for (let o = 0; o < 6; o++) mac[o] = o < 4 ? permanent[i + 2]! >>> (8 * o) : permanent[i + 3]! >>> (8 * (o - 4));
    neighborWriteHeader(cx.neighbors, row, mac, 0, cx.rifs.macs, rif * 8, cx.rifs.rows[rif * Rif.Words + Rif.Vlan]!);
    cx.neighbors.rows[row + Adjacency.Mtu] = cx.rifs.rows[rif * Rif.Words + Rif.Mtu]!;
    const nowhere = (permanent[i + 3]! & PERMANENT_NOWHERE) !== 0;
    cx.neighbors.rows[row + Adjacency.State] = nowhere ? NeighborState.Nowhere : NeighborState.Permanent;
    cx.pending.markReady(row);
  }
}
