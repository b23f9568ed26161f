import type { PipelineContext } from '../pipeline/context.js';
import { unlistAll } from '../pipeline/listed.js';
import { Outlet } from '../pipeline/outlet.js';
import { CounterRoom, IfaceCounter } from '../shared/counters.js';
import { GONE_IFACE } from '../tables/rifs.js';
import type { Iface } from './iface.js';

/**
 * A device that is not there: what is sent to it is counted in its place. The one in the last place takes frames whose router interface was
 * removed while they, or the sessions that sent them, were under way.
 */
export class GoneIface implements Iface {
  readonly name = 'gone';
  readonly outlet = new Outlet();
  readonly #cx: PipelineContext;

  constructor(
    cx: PipelineContext,
    readonly slot: number = GONE_IFACE,
  ) {
    this.#cx = cx;
  }

  receive(): number {
    return 0;
  }

  transmit(): void {
    const n = this.outlet.queued;
    if (n === 0) return;
    this.outlet.queued = 0;
    const at = (CounterRoom.FirstDevice + this.slot) * IfaceCounter.Count + IfaceCounter.TxDown;
    const { rifs } = this.#cx.counters;
    rifs[at] = rifs[at]! + n;
    unlistAll(this.#cx, this.slot);
  }

  close(): void {}
}
