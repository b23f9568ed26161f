import type { Objects } from '../../../objects/model.js';
import { KnownCandidates } from '../placement/snatCandidates.js';
import { type HostWatch, isReady } from '../presence/hostWatch.js';

/**
 * Services that a draining host keeps for the time being: others may have them, and none of those is ready to. What no other host may have at all is
 * not kept, as the operator has said that it is to stop.
 */
export class KeptServices {
  readonly #candidates = new KnownCandidates();
  #of: Objects | undefined;
  /** The same objects with the host not draining; undefined: it is not. */
  #asBefore: Objects | undefined;

  constructor(
    private readonly host: string,
    private readonly others: Pick<HostWatch, 'hosts'>,
  ) {}

  /** True for a router whose service the host, which is no candidate any more, is to keep. `candidates`: those there are. */
  keeps(objects: Objects, router: string, candidates: readonly string[]): boolean {
    if (objects !== this.#of) {
      this.#of = objects;
      this.#asBefore = this.#notDraining(objects);
    }
    if (this.#asBefore === undefined || candidates.length === 0) return false;
    if (!this.#candidates.of(this.#asBefore, router).includes(this.host)) return false;
    return !candidates.some((name) => isReady(this.others.hosts.get(name)));
  }

  #notDraining(objects: Objects): Objects | undefined {
    const { host } = this;
    if (!objects.hosts.some(({ name, draining }) => name === host && draining === true)) return undefined;
    return { ...objects, hosts: objects.hosts.map((one) => (one.name === host ? { ...one, draining: false } : one)) };
  }
}
