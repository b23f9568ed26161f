import { lastChange } from '../../../store/objectKeys.js';
import { alivePut, appliedPut, type Boot } from '../../../store/presence.js';
import type { Store } from '../../../store/store.js';

/** What a gateway tells the others by its lease once it runs: that its workers forward, and which revision they go by. */
export class ToldProgress {
  #revision: number | undefined;
  #isReady = false;

  constructor(
    private readonly store: Store,
    private readonly host: string,
  ) {}

  /** A new lease has this of the host, and nothing else. */
  begin({ starting }: Boot): void {
    this.#revision = undefined;
    this.#isReady = starting !== true;
  }

  /** Tells what is news, by a lease that `isHeld` says whether it is in force. `revision`: undefined when not all workers go by the same. */
  async tell(boot: Boot, revision: number | undefined, lease: string, isHeld: () => boolean): Promise<void> {
    if (boot.starting !== true && !this.#isReady) {
      await this.store.transact({ puts: [alivePut(this.host, boot, lease)] });
      if (isHeld()) this.#isReady = true;
    }
    if (revision === undefined || revision === this.#revision || !(await this.#isNews(revision))) return;
    await this.store.transact({ puts: [appliedPut(this.host, { revision, at: Date.now() }, lease)] });
    if (isHeld()) this.#revision = revision;
  }

  /**
   * Revisions count what others write too, and this very message: only one that changes objects is worth another. One that went back
   * is of a store that was restored from an earlier state.
   */
  async #isNews(revision: number): Promise<boolean> {
    if (this.#revision === undefined || revision < this.#revision) return true;
    const newest = await lastChange(this.store);
    return newest !== undefined && newest.revision > this.#revision;
  }
}
