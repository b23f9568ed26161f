/** SYNs from outside that are remembered at the same time (DOS-4). */
export const HELD_SYNS = 256;

/** One of them. */
export const enum HeldSyn {
  /** Tick it came at. */
  Since = 0,
  /** Router interface it came by, and the epoch of the tables that number belongs to. */
  Rif,
  Epoch,
  /** Router whose address it came to. */
  Router,
  /** Its tuple, as loaded: source, destination, ports word. */
  Remote,
  External,
  Ports,
  /** Octets of the quote. */
  Octets,
  /** IPv4 header as received and 8 octets of what is behind: at most 68 octets. */
  Quote,
  Words = HeldSyn.Quote + 17,
}

/**
 * SYNs from outside that nothing inside asked for, while it is not yet known whether the inside opens the same connection (TCP-4).
 * One worker's own. A ring in the order of arrival: when it is full the oldest is overwritten, which makes of it a SYN that was
 * plainly dropped. Forgotten ones leave a hole.
 */
export class HeldSyns {
  readonly words = new Int32Array(HELD_SYNS * HeldSyn.Words);
  /** Hash of each tuple, never 0; 0 = a hole. */
  readonly #hashes = new Int32Array(HELD_SYNS);
  #first = 0;
  /** Places in use, holes included. */
  count = 0;

  /** First word of the SYN with this tuple, or -1. */
  find(hash: number, router: number, remote: number, external: number, ports: number): number {
    const w = this.words;
    for (let i = this.#hashes.indexOf(hash | 1); i >= 0; i = this.#hashes.indexOf(hash | 1, i + 1)) {
      const at = i * HeldSyn.Words;
      if (w[at + HeldSyn.Router] !== router || w[at + HeldSyn.Ports] !== ports) continue;
      if (w[at + HeldSyn.Remote] === remote && w[at + HeldSyn.External] === external) return at;
    }
    return -1;
  }

  /** First word of a place for a SYN; the caller fills it. */
  put(hash: number): number {
    if (this.count === HELD_SYNS) this.drop();
    const i = (this.#first + this.count) % HELD_SYNS;
    this.count++;
    this.#hashes[i] = hash | 1;
    return i * HeldSyn.Words;
  }

  /** Makes a hole of the SYN at `at`. */
  forget(at: number): void {
    this.#hashes[(at / HeldSyn.Words) | 0] = 0;
  }

  /** First word of the oldest place in use, which may be a hole. */
  oldest(): number {
    return this.#first * HeldSyn.Words;
  }

  isHole(at: number): boolean {
    return this.#hashes[(at / HeldSyn.Words) | 0] === 0;
  }

  /** Gives the oldest place back. */
  drop(): void {
    this.#hashes[this.#first] = 0;
    this.#first = (this.#first + 1) % HELD_SYNS;
    this.count--;
  }
}
