import type { OpenedIface } from '../../io/addon.js';
import { IfaceCounter } from '../../shared/counters.js';
import { NETWORK_IFACE } from '../../tables/rifs.js';
import type { Gateway } from '../gateway.js';
import { isFailure, isForbidden } from '../linkLooks.js';
import type { HeldDevice } from '../openIfaces.js';
import type { LinkState } from '../routing/nexthopRuns.js';
import { ifaceTotal } from '../show/totals.js';
import { lateWorkers } from './draining.js';
import { republish } from './reload.js';

const UP: LinkState = { dead: false, linkdown: false };
const GONE: LinkState = { dead: true, linkdown: true };

/**
 * Configured routes by a device that is gone or down, or has no carrier, are passed over (dvr.md 4.2). A device counts as up until it
 * has been up once, as was seen or as a frame from it proves: a TAP that the gateway makes is down until its peer takes it, and nobody
 * wants the first packets refused.
 */
export class LinkFollower {
  /** Devices that have been seen up, with what the routes go by. */
  readonly #known = new WeakMap<OpenedIface, LinkState>();

  constructor(private readonly gateway: Gateway) {}

  /** Looks at every device; where something has changed, all workers ask anew for every way. Resolves to how many devices that were. */
  async look(): Promise<number> {
    const { gateway } = this;
    if (lateWorkers(gateway).length > 0) return 0;
    let changed = 0;
    gateway.held.forEach((held, i) => {
      const now = this.#stateOf(held);
      const before = this.#known.get(held.opened);
      const neverUp = before === undefined && held.opened.fds.length > 0 && !this.#hasReceived(i);
      if (now === undefined || (neverUp && (now.dead || now.linkdown))) return;
      this.#known.set(held.opened, now);
      // Told each time: a router interface may be new on a device that is down, or have the number of one that was.
      if (this.#tell(i, now)) changed++;
    });
    if (changed > 0) await republish(gateway);
    return changed;
  }

  /** `i`: place of the device in the configuration. True when routes by it are to be asked for anew. */
  #tell(i: number, state: LinkState): boolean {
    const { fibStore } = this.gateway.built;
    return this.#rifsOf(i).filter((rif) => fibStore.setLink(rif, state)).length > 0;
  }

  #hasReceived(i: number): boolean {
    return this.#rifsOf(i).some((rif) => ifaceTotal(this.gateway.states, rif, IfaceCounter.RxFrames) > 0);
  }

  #rifsOf(i: number): number[] {
    const { config, rifs } = this.gateway.built;
    const device = config.ifaces[i]!;
    const names = new Set([device, ...device.vlans].map(({ name }) => name));
    return rifs.filter(({ iface, config: { name } }) => iface !== NETWORK_IFACE && names.has(name)).map(({ index }) => index);
  }

  /** Undefined: it may not be looked at (capabilities were given up); what was known stands. */
  #stateOf({ config, opened }: HeldDevice): LinkState | undefined {
    if (opened.fds.length === 0) return GONE;
    const answer = this.gateway.links.of(config);
    if (isForbidden(answer)) return undefined;
    if (isFailure(answer)) return GONE;
    const { up, running } = answer;
    return up && running ? UP : { dead: !up, linkdown: !running };
  }
}
