import { MAX_IFACES } from '../tables/rifs.js';

/** 100 announcements a second on each physical network (dvr.md 5.4). */
const PER_TICK = 10;

/** How much may still be announced within this tick. */
export class WireBudget {
  /** [slot of a physical network's device] */
  readonly #sent = new Uint8Array(MAX_IFACES);

  /** Once a tick. */
  renew(): void {
    this.#sent.fill(0);
  }

  /** False when a physical network has had its share; -1: what is in tunnels has no limit. */
  has(slot: number): boolean {
    return slot < 0 || this.#sent[slot]! < PER_TICK;
  }

  take(slot: number): void {
    if (slot >= 0) this.#sent[slot] = this.#sent[slot]! + 1;
  }
}
