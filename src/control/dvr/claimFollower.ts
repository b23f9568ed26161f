import type { Logger } from 'pino';
import { type Claim, standingClaims } from '../../objects/claims.js';
import { macOfWords } from '../../tables/macWords.js';
import type { State } from '../../tables/state.js';
import { formatIpv4, type WireIpv4 } from '../../types/ipv4.js';
import { formatMac } from '../../types/mac.js';
import type { StateIndex } from '../stateIndex.js';
import { claimNotesLost, readClaimNotes } from './claimReader.js';
import type { ObjectBook } from './objectBook.js';

/** Claims that wait while the store does not answer. */
const MOST_WAITING = 4096;
/** Pause between two lines about announcements that were passed over. */
const QUIET_MS = 60_000;

/** A claim on its way to the store. */
interface Waiting extends Omit<Claim, 'seq' | 'revision'> {
  /** Of the claim of the address that was known when the port announced it; 0: there was none. */
  readonly since: number;
}

/**
 * Makes claims of what ports said of themselves (dvr.md 2.13): reads the workers' notes, keeps those that a port may claim, and
 * puts them into the store, from which every host takes them. Of several claims of an address between two looks the last counts, so the pace
 * of the looks is the limit on claims. While the store does not answer they wait; one that finds a newer claim there than was known when
 * it was made is dropped: somebody else was later.
 */
export class ClaimFollower {
  #lost = 0;
  #passedOver = 0;
  #quietUntil = 0;
  #looking = false;
  readonly #waiting = new Map<string, Waiting>();

  constructor(
    private readonly states: readonly Pick<State, 'claims'>[],
    private readonly index: StateIndex,
    private readonly book: Pick<ObjectBook, 'now' | 'host' | 'claim' | 'reachable' | 'shared'>,
    private readonly log: Logger,
  ) {}

  /** Resolves when the store has what was claimed since the last look, or does not answer. Never rejects. */
  async look(): Promise<void> {
    this.#takeNotes();
    this.#tellLost();
    if (this.#looking || this.#waiting.size === 0 || !this.book.reachable) return;
    this.#looking = true;
    try {
      // Once for all of them: it looks at every port there is.
      const standing = new Set(standingClaims([...this.#waiting.values()], this.book.now.objects.lports));
      for (const [key, claim] of [...this.#waiting]) if (!(await this.#put(key, claim, standing.has(claim)))) break;
    } finally {
      this.#looking = false;
    }
  }

  #takeNotes(): void {
    // By their times, whichever worker wrote them.
    const notes = this.states.flatMap(({ claims }) => readClaimNotes(claims)).sort((a, b) => (a.ms - b.ms) | 0);
    if (notes.length === 0) return;
    const networks = named(this.index.networkNames());
    const lports = named(this.index.lportNames());
    for (const note of notes) {
      const network = networks.get(note.network);
      if (network === undefined) continue;
      const address = note.address as WireIpv4;
      const mac = macOfWords(note.macA, note.macB);
      const own = lports.get(note.lport);
      const by =
        own === undefined ? this.#elsewhere({ network, address, mac }, note.source) : { port: own, host: this.book.host };
      if (by === undefined) continue;
      const { port, host } = by;
      const key = `${network} ${address}`;
      if (this.#waiting.size < MOST_WAITING || this.#waiting.has(key))
        this.#waiting.set(key, { network, address, mac, port, host, since: this.#known(network, address)?.revision ?? 0 });
      else this.#passedOver++;
    }
  }

  /**
   * Which port of another host it was; undefined: none may have the address, or more than one. Where hosts share a store, its own host has put
   * it there.
   */
  #elsewhere(said: Pick<Claim, 'network' | 'address' | 'mac'>, source: number): { port: string; host: string } | undefined {
    if (this.book.shared) return undefined;
    const { hosts, lports } = this.book.now.objects;
    const there = hosts.filter(({ name, vtep }) => name !== this.book.host && (source === 0 || vtep === source));
    const names = new Set(there.map(({ name }) => name));
    const ports = lports.filter(({ network, host }) => network === said.network && host !== undefined && names.has(host));
    const may = standingClaims(
      ports.map(({ name, host }) => ({ ...said, port: name, host: host! })),
      lports,
    );
    return may.length === 1 ? may[0] : undefined;
  }

  /** False: the store does not answer. */
  async #put(key: string, claim: Waiting, stands: boolean): Promise<boolean> {
    const { network, address, mac, port, host, since } = claim;
    const done = (): void => {
      if (this.#waiting.get(key) === claim) this.#waiting.delete(key);
    };
    const known = this.#known(network, address);
    if (!stands || (known !== undefined && known.host !== host && known.revision > since)) {
      done();
      return true;
    }
    let fresh: boolean;
    try {
      fresh = await this.book.claim({ network, address, mac, port, host });
    } catch (error) {
      this.log.debug({ failure: (error as Error).message }, 'a claim waits for the store');
      return false;
    }
    done();
    if (fresh) this.log.info({ network, address: formatIpv4(address), mac: formatMac(mac), port }, 'address claimed');
    return true;
  }

  #known(network: string, address: WireIpv4): Claim | undefined {
    return this.book.now.claims.find((one) => one.network === network && one.address === address);
  }

  #tellLost(): void {
    const lost = this.states.reduce((sum, { claims }) => (sum + claimNotesLost(claims)) | 0, this.#passedOver);
    const more = (lost - this.#lost) | 0;
    if (more <= 0 || performance.now() < this.#quietUntil) return;
    this.#lost = lost;
    this.#quietUntil = performance.now() + QUIET_MS;
    this.log.warn({ announcements: more }, 'ports announced more addresses than could be looked at; those were passed over');
  }
}

function named(numbers: ReadonlyMap<string, number>): Map<number, string> {
  return new Map([...numbers].map(([name, number]) => [number, name]));
}
