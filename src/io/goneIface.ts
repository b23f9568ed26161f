import type { PipelineContext } from '../pipeline/context.js';
import { unlistAll } from '../pipeline/listed.js';
import { Outlet } from '../pipeline/outlet.js';
import { CounterRoom, IfaceCounter } from '../shared/counters.js';
import { GONE_IFACE } from '../tables/rifs.js';
import type { Iface } from './iface.js';

/**
 * A device that is not there: what is sent to it is counted in its place. The one in the last place takes frames whose router interface was
 * removed while they, or the sessions that sent them, were under way, and what is for a tunnel that is not open or a physical network that the
 * configuration lacks. Its counters are in no device's line: `show drops` and metrics/frames.ts add them.
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
    if (this.slot === GONE_IFACE) this.#dropTunnels();
    const n = this.outlet.queued;
    if (n === 0) return;
    this.outlet.queued = 0;
    const at = (CounterRoom.FirstDevice + this.slot) * IfaceCounter.Count + IfaceCounter.TxDown;
    const { rifs } = this.#cx.counters;
    rifs[at] = rifs[at]! + n;
    unlistAll(this.#cx, this.slot);
  }

  /** It is the last to transmit: what is on a list of tunnels now has none. */
  #dropTunnels(): void {
    const { tunnels, counters } = this.#cx;
    for (let i = 0; i < tunnels.length; i++) {
      const tunnel = tunnels[i]!;
      if (tunnel.queued === 0) continue;
      const at = (CounterRoom.FirstDevice + tunnel.slot) * IfaceCounter.Count + IfaceCounter.TxDown;
      counters.rifs[at] = counters.rifs[at]! + tunnel.queued;
      tunnel.queued = 0;
    }
  }

  close(): void {}
}
