import { Outlet } from '../pipeline/context.js';
import { CounterRoom, type Counters, IfaceCounter } from '../shared/counters.js';
import { GONE_IFACE } from '../tables/rifs.js';
import type { Iface } from './iface.js';

/** Where frames end whose router interface was removed while they, or the sessions that sent them, were under way. Counted. */
export class GoneIface implements Iface {
  readonly name = 'gone';
  readonly slot = GONE_IFACE;
  readonly outlet = new Outlet();
  readonly #counters: Counters;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  receive(): number {
    return 0;
  }

  transmit(): void {
    const n = this.outlet.queued;
    if (n === 0) return;
    this.outlet.queued = 0;
    const at = (CounterRoom.FirstDevice + GONE_IFACE) * IfaceCounter.Count + IfaceCounter.TxDown;
    this.#counters.rifs[at] = this.#counters.rifs[at]! + n;
  }

  close(): void {}
}
