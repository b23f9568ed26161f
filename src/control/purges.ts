import type { PurgeDone } from '../worker/protocol.js';
import type { Seat } from './seat.js';

/** Purges under way: which worker was asked for each, and who waits for its answer. */
export class Purges {
  readonly #asked = new Map<number, { seat: Seat; done: (ended: number) => void }>();
  #next = 1;

  /** `ask` sends the question with its number; resolves to how many sessions that worker ended. */
  ask(seat: Seat, ask: (id: number) => void): Promise<number> {
    return new Promise((resolve) => {
      const id = this.#next++;
      this.#asked.set(id, { seat, done: resolve });
      ask(id);
    });
  }

  answered({ id, ended }: PurgeDone): void {
    this.#asked.get(id)?.done(ended);
    this.#asked.delete(id);
  }

  /** What a worker was asked for died with it. */
  forget(seat: Seat): void {
    for (const [id, asked] of this.#asked) if (asked.seat === seat) this.answered({ kind: 'purged', id, ended: 0 });
  }
}
