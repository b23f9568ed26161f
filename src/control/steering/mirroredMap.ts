import type { Addon } from '../../io/addon.js';
import type { Row } from './targets.js';

/** A hash map of the kernel and what we wrote into it, so that only differences are written. */
export class MirroredMap {
  readonly #written = new Map<string, readonly number[]>();

  constructor(
    private readonly addon: Addon,
    private readonly fd: number,
  ) {}

  /** Writes what is new or different. Returns how many rows found no room. Throws AddonError for another reason. */
  add(rows: readonly Row[]): number {
    let left = 0;
    for (const { key, value } of rows) {
      const name = key.join();
      if (this.#written.get(name)?.join() === value.join()) continue;
      try {
        this.addon.bpfMapUpdate(this.fd, octetsOf(key), octetsOf(value));
        this.#written.set(name, value);
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'E2BIG') throw error;
        left++;
      }
    }
    return left;
  }

  /** Removes all but these. Throws AddonError. */
  keep(rows: readonly Row[]): void {
    const kept = new Set(rows.map(({ key }) => key.join()));
    for (const name of [...this.#written.keys()]) {
      if (kept.has(name)) continue;
      this.addon.bpfMapDelete(this.fd, octetsOf(name.split(',').map(Number)));
      this.#written.delete(name);
    }
  }
}

function octetsOf(words: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(words).buffer);
}
