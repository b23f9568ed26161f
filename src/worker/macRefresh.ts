import type { PipelineContext } from '../pipeline/context.js';
import { announceMac } from '../switching/announceMac.js';
import { HostMac } from '../tables/hostMacs.js';
import { Lport, LportFlag } from '../tables/lports.js';
import { Network } from '../tables/networks.js';
import { MAX_LPORTS } from '../tables/rifs.js';
import type { WireBudget } from './wireBudget.js';

/** Announcements of a port that is new here, the pauses between them doubling from a second on (dvr.md 5.4). */
const AT_FIRST = 4;
const FIRST_TICKS = 10;

/**
 * When the MACs of this host's ports are announced on their physical networks (dvr.md 5.4): some times after they came here, then as often as
 * the configuration says, give or take a quarter. That only where a router has an interface: elsewhere guests are seen by their own MACs.
 */
export class MacRefresh {
  /** [lport]: tick of its next announcement, how many of the first ones are left, and whose they are: the words of its MAC. */
  readonly #due = new Int32Array(MAX_LPORTS);
  readonly #left = new Uint8Array(MAX_LPORTS);
  readonly #macs = new Int32Array(MAX_LPORTS * 2);
  /** Rows of the tables at the last run. */
  #count = 0;

  constructor(
    private readonly cx: PipelineContext,
    private readonly budget: WireBudget,
  ) {}

  /** Once a tick. */
  run(): void {
    const { cx } = this;
    const every = cx.switching.hostMacs[HostMac.RefreshTicks]!;
    if (every === 0) return;
    const { count, rows } = cx.switching.lports;
    const known = this.#count;
    this.#count = count;
    // Also those whose numbers are gone from the tables: who comes back is new.
    for (let port = 0; port < count || port < known; port++) {
      const slot = port < count ? physnetOf(cx, port) : -1;
      if (slot < 0) {
        this.#macs[port * 2] = 0;
        this.#macs[port * 2 + 1] = 0;
        continue;
      }
      this.#meet(port, rows[port * Lport.Words + Lport.MacA]!, rows[port * Lport.Words + Lport.MacB]!);
      if (((cx.now - this.#due[port]!) | 0) < 0 || !this.budget.has(slot)) continue;
      if (this.#left[port] === 0 && !isRouted(cx, port)) continue;
      if (!announceMac(cx, port)) return;
      this.budget.take(slot);
      this.#due[port] = (cx.now + this.#pause(port, every)) | 0;
    }
  }

  /** A port that was not here before, or has another MAC, begins anew. */
  #meet(port: number, macA: number, macB: number): void {
    if (this.#macs[port * 2] === macA && this.#macs[port * 2 + 1] === macB) return;
    this.#macs[port * 2] = macA;
    this.#macs[port * 2 + 1] = macB;
    this.#left[port] = AT_FIRST;
    this.#due[port] = this.cx.now;
  }

  /** Ticks until the next one. */
  #pause(port: number, every: number): number {
    const left = this.#left[port]!;
    if (left > 0) this.#left[port] = left - 1;
    if (left > 1) return Math.min(every, FIRST_TICKS << (AT_FIRST - left));
    const quarter = every >> 2;
    return every - quarter + (((this.cx.random.next() >>> 0) % (2 * quarter + 1)) | 0);
  }
}

/** Slot of the physical network that a port's MAC is to be known on; -1: none, or the port is elsewhere still (dvr.md 2.16). */
function physnetOf(cx: PipelineContext, port: number): number {
  const { networks, lports } = cx.switching;
  const row = port * Lport.Words;
  if ((lports.rows[row + Lport.Flags]! & (LportFlag.AdminUp | LportFlag.Migrating)) !== LportFlag.AdminUp) return -1;
  const network = lports.rows[row + Lport.Network]! * Network.Words;
  return networks.rows[network + Network.Physnet]!;
}

function isRouted(cx: PipelineContext, port: number): boolean {
  const { networks, lports } = cx.switching;
  return networks.rows[lports.rows[port * Lport.Words + Lport.Network]! * Network.Words + Network.RifCount] !== 0;
}
