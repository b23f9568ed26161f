import type { ProbeConfig } from '../../config/config.js';
import { formatIpv4 } from '../../types/ipv4.js';
import type { Gateway } from '../gateway.js';
import { isDead, judge } from '../probeState.js';
import { lateWorkers } from './draining.js';

interface Hop {
  readonly rif: number;
  readonly gateway: number;
}

/**
 * Routes by a next hop that does not answer its probes are passed over, until it answers again. What is dead stays so through a
 * reload that goes on probing it; one that is probed no more counts as alive.
 */
export class ProbeFollower {
  /** Those that the routing tables were told are dead. */
  #told: ReadonlyMap<string, Hop> = new Map();

  constructor(
    private readonly gateway: Pick<Gateway, 'built' | 'states' | 'log'>,
    /** Makes all workers ask anew for every way. */
    private readonly republish: () => Promise<void>,
  ) {}

  /** Nothing is probed, and nothing is left to take back. */
  get idle(): boolean {
    return this.gateway.built.probes.length === 0 && this.#told.size === 0;
  }

  /** Judges every probed next hop; where one has changed, the routing tables are told. Resolves to how many those were. */
  async look(): Promise<number> {
    const { gateway } = this;
    if (this.idle || lateWorkers(gateway).length > 0) return 0;
    const { probes, fibStore } = gateway.built;
    const rows = gateway.states[0]!.probes;
    const dead = new Map<string, Hop>();
    for (const probe of probes) {
      if (judge(rows, probe)) this.#log(probe.config, isDead(rows, probe));
      if (isDead(rows, probe))
        dead.set(`${probe.rif} ${probe.config.address}`, { rif: probe.rif, gateway: probe.config.address });
    }
    const revived = [...this.#told].filter(([key]) => !dead.has(key));
    const died = [...dead].filter(([key]) => !this.#told.has(key));
    for (const [, { rif, gateway: hop }] of revived) fibStore.setGateway(rif, hop, false);
    for (const [, { rif, gateway: hop }] of died) fibStore.setGateway(rif, hop, true);
    this.#told = dead;
    const changed = revived.length + died.length;
    if (changed > 0) await this.republish();
    return changed;
  }

  #log({ address, dev, fails, recovers }: ProbeConfig, dead: boolean): void {
    const about = { nextHop: formatIpv4(address), dev };
    if (dead) this.gateway.log.warn({ ...about, lost: fails }, 'next hop does not answer its probes and is passed over');
    else this.gateway.log.info({ ...about, answers: recovers }, 'next hop answers its probes again');
  }
}
