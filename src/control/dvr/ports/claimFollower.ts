import type { Logger } from 'pino';
import { type Claim, standingClaims } from '../../../objects/claims.js';
import { macOfWords } from '../../../tables/macWords.js';
import type { State } from '../../../tables/state.js';
import { formatIpv4, type WireIpv4 } from '../../../types/ipv4.js';
import { formatMac } from '../../../types/mac.js';
import { namesOf, type StateIndex } from '../../stateIndex.js';
import type { ObjectBook } from '../mirror/objectBook.js';
import { type ClaimNote, claimNotesLost, readClaimNotes } from './claimReader.js';

/** Claims that wait while the store does not answer. */
const MOST_WAITING = 4096;
/** Pause between two lines about announcements that were passed over. */
const QUIET_MS = 60_000;

/** What a port said, by names. */
interface Said extends Pick<Claim, 'network' | 'address' | 'mac'> {
  readonly note: ClaimNote;
}

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
    const networks = namesOf(this.index.networkNames());
    const lports = namesOf(this.index.lportNames());
    const said = notes.flatMap((note) => {
      const network = networks.get(note.network);
      const address = note.address as WireIpv4;
      return network === undefined ? [] : [{ note, network, address, mac: macOfWords(note.macA, note.macB) }];
    });
    const elsewhere = this.#elsewhere(said.filter(({ note }) => !lports.has(note.lport)));
    for (const one of said) {
      const { note, network, address, mac } = one;
      const own = lports.get(note.lport);
      const by = own === undefined ? elsewhere.get(textOf(one)) : { port: own, host: this.book.host };
      if (by === undefined) continue;
      const { port, host } = by;
      const key = `${network} ${address}`;
      if (this.#waiting.size < MOST_WAITING || this.#waiting.has(key))
        this.#waiting.set(key, { network, address, mac, port, host, since: this.#known(network, address)?.revision ?? 0 });
      else this.#passedOver++;
    }
  }

  /**
   * Which port of another host each of them was; none where none may have the address, or more than one. Where hosts share a store, its own
   * host has put it there. All at once: it looks at every port there is.
   */
  #elsewhere(all: readonly Said[]): Map<string, { port: string; host: string }> {
    const found = new Map<string, { port: string; host: string }>();
    if (this.book.shared || all.length === 0) return found;
    const { hosts, lports } = this.book.now.objects;
    const vteps = new Map(hosts.map(({ name, vtep }) => [name, vtep]));
    const others = lports.flatMap(({ name, network, host }) =>
      host === undefined || host === this.book.host || !vteps.has(host) ? [] : [{ port: name, network, host }],
    );
    const distinct = new Map(all.map((one) => [textOf(one), one]));
    const candidates = [...distinct].flatMap(([text, of]) =>
      others
        .filter(({ network, host }) => network === of.network && (of.note.source === 0 || vteps.get(host) === of.note.source))
        .map(({ port, host }) => ({ text, network: of.network, address: of.address, mac: of.mac, port, host })),
    );
    const several = new Set<string>();
    for (const { text, port, host } of standingClaims(candidates, lports)) {
      if (found.has(text)) several.add(text);
      found.set(text, { port, host });
    }
    for (const text of several) found.delete(text);
    return found;
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

/** The same for what was said again. */
function textOf({ network, address, mac, note: { source } }: Said): string {
  return `${network} ${address} ${mac.join()} ${source}`;
}
