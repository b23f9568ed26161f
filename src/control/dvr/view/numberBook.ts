import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { WindroseError } from '../../../errors/catalog.js';
import { putNumbers, readNumbers } from '../../../store/numberStore.js';
import type { Store } from '../../../store/store.js';
import { formatIpv4 } from '../../../types/ipv4.js';
import { type FloatingNumbers, PAIRS, PRIORITIES, type RememberedNumbers, withinPools } from './floatingNumbers.js';

/** Between two tries to write what the store does not take. */
const AGAIN_MS = 5000;
const NONE_LEFT = 'floating IPs have no number left on this host, and are not served by it';
const REMEDY = `a host has room for ${PRIORITIES} floating IPs, and for ${PAIRS} pairs of a router and an external network; bind ports elsewhere`;
const NOT_KEPT = 'numbers of floating IPs cannot be kept in the store; they stay while this gateway runs, and it is tried again';

/** The numbers of this host's floating addresses, kept in the store: a restart changes none, so no rule is told anew (pitfall 24). */
export class NumberBook {
  #stored: RememberedNumbers;
  #writing: Promise<void> | undefined;
  /** Names of those without a number, as they were logged. */
  #told = '';
  #without = 0;
  #failure: string | undefined;
  readonly #closed = new AbortController();

  private constructor(
    private readonly store: Store,
    private readonly host: string,
    private readonly log: Pick<Logger, 'warn' | 'error'>,
    /** What is remembered. */
    public before: RememberedNumbers,
    private readonly againMs: number,
  ) {
    this.#stored = before;
  }

  static async open(store: Store, host: string, log: Pick<Logger, 'warn' | 'error'>, againMs = AGAIN_MS): Promise<NumberBook> {
    return new NumberBook(store, host, log, withinPools(await readNumbers(store, host)), againMs);
  }

  /** Floating IPs that have no number. */
  get without(): number {
    return this.#without;
  }

  /** These are in use from now on. */
  use({ remembered, without }: FloatingNumbers): void {
    this.before = remembered;
    this.#without = without.length;
    const names = without.map(({ network, address }) => `${network} ${formatIpv4(address)}`).join(', ');
    if (names !== this.#told && names !== '') this.log.error({ floatingIps: names, remedy: REMEDY }, NONE_LEFT);
    this.#told = names;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** What is under way is finished; what the store does not take now is not waited for. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#writing;
  }

  async #write(): Promise<void> {
    const { signal } = this.#closed;
    while (this.#stored !== this.before) {
      const numbers = this.before;
      try {
        await putNumbers(this.store, this.host, numbers);
        this.#stored = numbers;
        this.#failure = undefined;
      } catch (error) {
        const { message, remedy } = error as WindroseError;
        if (message !== this.#failure) this.log.warn({ failure: message, remedy }, NOT_KEPT);
        this.#failure = message;
        if (signal.aborted) return;
        await pause(this.againMs, undefined, { signal, ref: false }).catch(() => {});
      }
    }
  }
}
