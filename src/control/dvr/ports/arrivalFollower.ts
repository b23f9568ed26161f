import type { Logger } from 'pino';
import type { WindroseError } from '../../../errors/catalog.js';
import type { State } from '../../../tables/state.js';
import type { StateIndex } from '../../stateIndex.js';
import type { ObjectBook } from '../mirror/objectBook.js';
import type { PortMoves } from './portMoves.js';

/**
 * Binds ports that are migrating to this host once a worker has heard their guests here (dvr.md 2.16). While the store does not answer the
 * next look tries again; the guest goes on talking.
 */
export class ArrivalFollower {
  #looking = false;
  /** Why the store refused one last, and until when it is not asked again. */
  #refused = '';
  #restUntil = 0;

  constructor(
    private readonly states: readonly Pick<State, 'arrivals'>[],
    private readonly index: Pick<StateIndex, 'lportNames'>,
    private readonly book: Pick<ObjectBook, 'activate' | 'host' | 'reachable' | 'shared'>,
    private readonly moves: Pick<PortMoves, 'awaited'>,
    private readonly log: Pick<Logger, 'debug' | 'info' | 'warn'>,
  ) {}

  /** True when nobody is waited for. */
  get idle(): boolean {
    return this.moves.awaited.size === 0;
  }

  /** Resolves when the store has those that were heard, or does not answer. Never rejects. */
  async look(): Promise<void> {
    if (this.#looking || this.idle || !this.book.reachable || performance.now() < this.#restUntil) return;
    this.#looking = true;
    try {
      for (const port of this.#heard()) await this.#bind(port);
    } finally {
      this.#looking = false;
    }
  }

  #heard(): string[] {
    const numbers = this.index.lportNames();
    const { arrivals } = this.states[0]!;
    return [...this.moves.awaited].flatMap(([port, migration]) => {
      const number = numbers.get(port);
      return number !== undefined && Atomics.load(arrivals, number) === migration ? [port] : [];
    });
  }

  async #bind(port: string): Promise<void> {
    const { book, log } = this;
    try {
      const { outcome, ...rest } = await book.activate(port, book.host);
      if (outcome !== 'activated') return;
      log.info({ port, ...rest }, 'port activated: its guest is here');
      if (!book.shared) log.warn({ port, remedy: `on each of the others: windrose activate ${port}` }, ONLY_HERE);
    } catch (error) {
      this.#failed(port, error as Partial<WindroseError>);
    }
  }

  /** One that is refused is refused twenty times a second as well, as long as nobody does anything about it. */
  #failed(port: string, { code, message: failure, remedy }: Partial<WindroseError>): void {
    if (code === 'STORE_UNREACHABLE' || code === 'STORE_UNANSWERED') {
      this.log.debug({ port, failure }, 'an activation waits for the store');
      return;
    }
    this.#restUntil = performance.now() + REST_MS;
    if (this.#refused !== failure) this.log.warn({ port, failure, remedy }, REFUSED);
    this.#refused = failure!;
  }
}

/** Until a store that refuses is asked again. */
const REST_MS = 1000;
export const REFUSED =
  'the store refuses to bind a port whose guest is here; it is tried again, and for all others it stays where it was';

/** What an activation is worth where each host has a store of its own. */
export const ONLY_HERE = 'the other hosts have stores of their own and do not know of the activation';
