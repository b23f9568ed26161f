import { answersFor } from '../pipeline/arpInput.js';
import { sendArpAnnouncement } from '../pipeline/arpSend.js';
import type { PipelineContext } from '../pipeline/context.js';
import { announceRif } from '../switching/announceMac.js';
import { isLeaseOver } from '../switching/networkRifs.js';
import { Network } from '../tables/networks.js';
import { GATEWAY_ROUTER, NETWORK_IFACE, Rif } from '../tables/rifs.js';
import type { WireBudget } from './wireBudget.js';

/** Addresses announced per tick at most, so that a large pool does not flood the segment. */
const PER_TICK = 64;
/** On a device each address is announced twice, this many ticks apart (RFC 5227 ANNOUNCE_NUM, ANNOUNCE_INTERVAL). */
const ON_DEVICE = 2;
const INTERVAL = 20;
/** On a network, where another host may have had it, three times, and once more when those who missed them ask again (dvr.md 5.4). */
const ON_NETWORK = 4;
const ROUND = 11;
const LATER = 600;
/** Between two answers to somebody who says that an address of this host's is his. */
const DEFEND = 10;

/** What is still to be announced: rows of Due.Words. */
const enum Due {
  Rif = 0,
  /** 0: its MAC. */
  Address,
  /** Tick of the next time. */
  At,
  /** How many times are left; 0: it is through. */
  Left,
  /** 1 when it was announced once. */
  Told,
  Words,
}

/**
 * Tells segments which addresses are here (ZON-8), and which MACs, as snapshots ask for it. What an earlier one asked for and is not through
 * goes on: a reload right after another must not silence the addresses of the first.
 */
export class Announcer {
  readonly #cx: PipelineContext;
  readonly #budget: WireBudget;
  #rows = new Int32Array(0);
  #count = 0;
  #defended = 0;

  constructor(cx: PipelineContext, budget: WireBudget) {
    this.#cx = cx;
    this.#budget = budget;
  }

  /** `pairs`: Snapshot.announce, from the next tick on. */
  add(pairs: Int32Array): void {
    if (pairs.length === 0) return;
    const again = new Set<string>();
    for (let i = 0; i < pairs.length; i += 2) again.add(`${pairs[i]} ${pairs[i + 1]}`);
    const rows = new Int32Array((this.#count + again.size) * Due.Words);
    let count = 0;
    for (let row = 0; row < this.#count * Due.Words; row += Due.Words) {
      if (again.has(`${this.#rows[row + Due.Rif]} ${this.#rows[row + Due.Address]}`)) continue;
      rows.set(this.#rows.subarray(row, row + Due.Words), count++ * Due.Words);
    }
    for (const text of again) {
      const [rif, address] = text.split(' ').map(Number) as [number, number];
      rows.set([rif, address, this.#cx.now, timesOn(this.#cx, rif), 0], count++ * Due.Words);
    }
    this.#rows = rows;
    this.#count = count;
  }

  /** Once a tick. Those that nobody has heard of go before those that are only repeated. */
  run(): void {
    if (this.#cx.contestedRif >= 0) this.#defend();
    if (this.#count === 0) return;
    const sent = this.#pass(0, 0);
    if (sent >= 0) this.#pass(1, sent);
    this.#dropDone();
  }

  /** Of those that were `told` or not; how many were sent in this tick, -1: there is no room for more. */
  #pass(told: number, before: number): number {
    const rows = this.#rows;
    const cx = this.#cx;
    let sent = before;
    for (let row = 0; row < this.#count * Due.Words; row += Due.Words) {
      if (rows[row + Due.Told] !== told || rows[row + Due.Left] === 0 || ((cx.now - rows[row + Due.At]!) | 0) < 0) continue;
      const rif = rows[row + Due.Rif]!;
      if (!isHere(cx, rif, rows[row + Due.Address]!)) {
        rows[row + Due.Left] = 0;
        continue;
      }
      // Another host may have it by now: when the lease is renewed it is said then.
      if (isLeaseOver(cx, rif)) continue;
      const slot = physnetOf(cx, rif);
      if (!this.#budget.has(slot)) continue;
      if (sent === PER_TICK || !tell(cx, rif, rows[row + Due.Address]!)) return -1;
      this.#budget.take(slot);
      sent++;
      const left = rows[row + Due.Left]! - 1;
      rows[row + Due.Left] = left;
      rows[row + Due.At] = (cx.now + pauseBefore(cx, rif, left)) | 0;
      // Not in this tick's second pass: its time is later.
      rows[row + Due.Told] = 1;
    }
    return sent;
  }

  /** A host that had stood still may have told switches and neighbours that it has what is here. */
  #defend(): void {
    const cx = this.#cx;
    const rif = cx.contestedRif;
    if (((cx.now - this.#defended) | 0) < DEFEND && this.#defended !== 0) return;
    cx.contestedRif = -1;
    const slot = isHere(cx, rif, cx.contestedAddress) && !isLeaseOver(cx, rif) ? physnetOf(cx, rif) : -1;
    if (slot < 0 || !this.#budget.has(slot) || !tell(cx, rif, cx.contestedAddress)) return;
    this.#budget.take(slot);
    this.#defended = cx.now || 1;
  }

  #dropDone(): void {
    let kept = 0;
    for (let row = 0; row < this.#count * Due.Words; row += Due.Words) {
      if (this.#rows[row + Due.Left] === 0) continue;
      if (row !== kept) this.#rows.copyWithin(kept, row, row + Due.Words);
      kept += Due.Words;
    }
    this.#count = kept / Due.Words;
  }
}

function isOnNetwork(cx: PipelineContext, rif: number): boolean {
  return cx.rifs.rows[rif * Rif.Words + Rif.Iface] === NETWORK_IFACE;
}

function timesOn(cx: PipelineContext, rif: number): number {
  return isOnNetwork(cx, rif) ? ON_NETWORK : ON_DEVICE;
}

/** Ticks until the next time, of which `left` are left. */
function pauseBefore(cx: PipelineContext, rif: number, left: number): number {
  if (!isOnNetwork(cx, rif)) return INTERVAL;
  return left === 1 ? LATER : ROUND;
}

/** Slot of the physical network it is said on, whose pace is limited; -1: of a device, or in tunnels. */
function physnetOf(cx: PipelineContext, rif: number): number {
  const network = cx.rifs.rows[rif * Rif.Words + Rif.Network]!;
  return network < 0 ? -1 : cx.switching.networks.rows[network * Network.Words + Network.Physnet]!;
}

/** False when a later configuration has taken it away or moved it: somebody else may have it by now. */
function isHere(cx: PipelineContext, rif: number, address: number): boolean {
  const { rows, count } = cx.rifs;
  if (rif >= count) return false;
  if (address === 0) return isOnNetwork(cx, rif);
  // Addresses of a router of networks are that router's.
  cx.enterRouter(rows[rif * Rif.Words + Rif.Router]!);
  const here = answersFor(cx, rif, address);
  cx.enterRouter(GATEWAY_ROUTER);
  return here;
}

/** False when there is no room for another frame in this turn. */
function tell(cx: PipelineContext, rif: number, address: number): boolean {
  if (address === 0) return announceRif(cx, rif);
  return sendArpAnnouncement(cx, rif, address, isOnNetwork(cx, rif));
}
