import { flowHash, type HashKey } from '../tables/hash.js';
import type { WireIpv4 } from '../types/ipv4.js';

/** A host and how many were counted for it. */
export interface HostCount {
  readonly host: WireIpv4;
  /** Number of the router it is behind, as sessions have it: equal addresses of two tenants are two hosts. */
  readonly router: number;
  readonly count: number;
}

/** Power of two; at most three quarters are used. */
const SLOTS = 65_536;
const MOST_HOSTS = (SLOTS / 4) * 3;
/** Counts are told apart up to here when hosts are struck off; half of 49,152 hosts never have as many each. */
const BINS = 1024;

/**
 * Counts by host in fixed memory (MET-2). Exact up to 49,152 hosts; beyond that the smallest are struck off by lowering every
 * count alike (J. Misra, D. Gries, Finding repeated elements, 1982), so that whoever has many is never lost: a count is then
 * too low by `missedAtMost`, which is at most the sum of all counts / 24,576.
 */
export class HostTally {
  #hosts = new Int32Array(SLOTS);
  #routers = new Uint16Array(SLOTS);
  /** 0 = the slot is free. */
  #counts = new Int32Array(SLOTS);
  #spareHosts = new Int32Array(SLOTS);
  #spareRouters = new Uint16Array(SLOTS);
  #spareCounts = new Int32Array(SLOTS);
  readonly #bins = new Int32Array(BINS);
  #used = 0;
  #missed = 0;

  /** The key of the tables: who does not know it cannot choose hosts that collide. */
  constructor(readonly key: HashKey) {}

  get missedAtMost(): number {
    return this.#missed;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#used = 0;
    this.#missed = 0;
  }

  /** Counts one for `host`, as loaded, behind a router. */
  add(host: number, router: number): void {
    const slot = this.#slotOf(host, router);
    if (this.#counts[slot] === 0) {
      this.#hosts[slot] = host;
      this.#routers[slot] = router;
      this.#used++;
    }
    this.#counts[slot]!++;
    if (this.#used > MOST_HOSTS) this.#strikeOff();
  }

  countOf(host: number, router: number): number {
    return this.#counts[this.#slotOf(host, router)]!;
  }

  /** The `most` hosts with the highest counts, highest first. */
  top(most: number): HostCount[] {
    const best: { host: WireIpv4; router: number; count: number }[] = [];
    for (let slot = 0; slot < SLOTS; slot++) {
      const count = this.#counts[slot]!;
      if (count === 0 || (best.length === most && count <= best[most - 1]!.count)) continue;
      const after = best.findIndex((one) => one.count < count);
      best.splice(after < 0 ? best.length : after, 0, {
        host: this.#hosts[slot]! as WireIpv4,
        router: this.#routers[slot]!,
        count,
      });
      if (best.length > most) best.pop();
    }
    return best;
  }

  #slotOf(host: number, router: number): number {
    let slot = flowHash(this.key, host, router, 0, 0) & (SLOTS - 1);
    while (this.#counts[slot] !== 0 && (this.#hosts[slot] !== host || this.#routers[slot] !== router))
      slot = (slot + 1) & (SLOTS - 1);
    return slot;
  }

  /** Lowers every count by the median, which frees at least half of the slots. Takes about a millisecond. */
  #strikeOff(): void {
    const by = this.#median();
    const [hosts, routers, counts] = [this.#hosts, this.#routers, this.#counts];
    [this.#hosts, this.#routers, this.#counts] = [this.#spareHosts, this.#spareRouters, this.#spareCounts];
    [this.#spareHosts, this.#spareRouters, this.#spareCounts] = [hosts, routers, counts];
    this.#counts.fill(0);
    this.#used = 0;
    this.#missed += by;
    for (let old = 0; old < SLOTS; old++) {
      const left = counts[old]! - by;
      if (left <= 0) continue;
      const slot = this.#slotOf(hosts[old]!, routers[old]!);
      this.#hosts[slot] = hosts[old]!;
      this.#routers[slot] = routers[old]!;
      this.#counts[slot] = left;
      this.#used++;
    }
  }

  #median(): number {
    this.#bins.fill(0);
    for (let slot = 0; slot < SLOTS; slot++) {
      const count = this.#counts[slot]!;
      if (count > 0) this.#bins[Math.min(count, BINS - 1)]!++;
    }
    let below = 0;
    for (let count = 1; count < BINS; count++) {
      below += this.#bins[count]!;
      if (below * 2 >= this.#used) return count;
    }
    return BINS - 1;
  }
}
