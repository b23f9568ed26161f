import { ArrivalFollower } from '../dvr/ports/arrivalFollower.js';
import { ClaimFollower } from '../dvr/ports/claimFollower.js';
import type { Gateway } from '../gateway.js';

/** How often claims of addresses are taken: one for each address in that time (dvr.md 2.13). */
const CLAIM_LOOK_MS = 200;
/** How often it is looked whether a guest that is awaited is here: frames to it are lost until all hosts know. */
const ARRIVAL_LOOK_MS = 50;

/** Takes what workers noted of guests to the store from time to time: addresses they claim, and that they have arrived. */
export class GuestFollower {
  readonly #claims: ClaimFollower;
  readonly #arrivals: ArrivalFollower;
  #claimTimer: NodeJS.Timeout | undefined;
  /** Runs only while a port is migrating here. */
  #arrivalTimer: NodeJS.Timeout | undefined;

  /** Undefined for a gateway that is no host. */
  static of({ states, index, host, log }: Gateway): GuestFollower | undefined {
    if (host === undefined) return undefined;
    const { book, moves } = host;
    return new GuestFollower(new ClaimFollower(states, index, book, log), new ArrivalFollower(states, index, book, moves, log));
  }

  private constructor(claims: ClaimFollower, arrivals: ArrivalFollower) {
    this.#claims = claims;
    this.#arrivals = arrivals;
  }

  /** Keeps no process alive. */
  start(): void {
    this.#claimTimer = setInterval(() => void this.#claims.look(), CLAIM_LOOK_MS).unref();
    this.renew();
  }

  /** To be called after a change of the objects. */
  renew(): void {
    if (this.#claimTimer === undefined || this.#arrivals.idle) return;
    this.#arrivalTimer ??= setInterval(() => this.#lookForArrivals(), ARRIVAL_LOOK_MS).unref();
  }

  #lookForArrivals(): void {
    void this.#arrivals.look();
    if (!this.#arrivals.idle) return;
    clearInterval(this.#arrivalTimer);
    this.#arrivalTimer = undefined;
  }

  stop(): void {
    clearInterval(this.#claimTimer);
    clearInterval(this.#arrivalTimer);
    this.#claimTimer = undefined;
    this.#arrivalTimer = undefined;
  }
}
