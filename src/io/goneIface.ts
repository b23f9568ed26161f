import { Outlet } from '../pipeline/outlet.js';
import { CounterRoom, type Counters, IfaceCounter } from '../shared/counters.js';
import { GONE_IFACE } from '../tables/rifs.js';
import type { Iface } from './iface.js';

/**
 * A device that is not there: what is sent to it is counted in its place. The one in the last place takes frames whose router interface was
 * removed while they, or the sessions that sent them, were under way.
 */
export class GoneIface implements Iface {
  readonly name = 'gone';
  readonly outlet = new Outlet();
  readonly #counters: Counters;

  constructor(
    counters: Counters,
    readonly slot: number = GONE_IFACE,
  ) {
    this.#counters = counters;
  }

  receive(): number {
    return 0;
  }

  transmit(): void {
    const n = this.outlet.queued;
    if (n === 0) return;
    this.outlet.queued = 0;
    const at = (CounterRoom.FirstDevice + this.slot) * IfaceCounter.Count + IfaceCounter.TxDown;
    this.#counters.rifs[at] = this.#counters.rifs[at]! + n;
  }

  close(): void {}
}
