import type { Logger } from 'pino';
import { standingClaims } from '../../objects/claims.js';
import { macOfWords } from '../../tables/macWords.js';
import type { State } from '../../tables/state.js';
import { formatIpv4, type WireIpv4 } from '../../types/ipv4.js';
import { formatMac, type Mac } from '../../types/mac.js';
import type { StateIndex } from '../stateIndex.js';
import { claimNotesLost, readClaimNotes } from './claimReader.js';
import type { ObjectBook } from './objectBook.js';

/**
 * Makes claims of what ports of this host said of themselves (dvr.md 2.13): reads the workers' notes, keeps those that a port may claim, and
 * puts them into the store, from which every host takes them. Of several claims of an address between two looks the last counts, so the pace
 * of the looks is the limit on claims.
 */
export class ClaimFollower {
  #lost = 0;

  constructor(
    private readonly states: readonly Pick<State, 'claims'>[],
    private readonly index: StateIndex,
    private readonly book: Pick<ObjectBook, 'now' | 'host' | 'claim'>,
    private readonly log: Logger,
  ) {}

  /** Resolves when the store has what was claimed since the last look. */
  async look(): Promise<void> {
    const notes = this.states.flatMap(({ claims }) => readClaimNotes(claims));
    this.#tellLost();
    if (notes.length === 0) return;
    const networks = named(this.index.networkNames());
    const lports = named(this.index.lportNames());
    const { host } = this.book;
    const latest = new Map<string, { network: string; address: WireIpv4; mac: Mac; port: string; host: string }>();
    for (const note of notes) {
      const network = networks.get(note.network);
      const port = lports.get(note.lport);
      if (network === undefined || port === undefined) continue;
      latest.set(`${network} ${note.address}`, {
        network,
        address: note.address as WireIpv4,
        mac: macOfWords(note.macA, note.macB),
        port,
        host,
      });
    }
    for (const claim of standingClaims([...latest.values()], this.book.now.objects.lports)) {
      if (!(await this.book.claim(claim))) continue;
      const { network, address, mac, port } = claim;
      this.log.info({ network, address: formatIpv4(address), mac: formatMac(mac), port }, 'address claimed');
    }
  }

  #tellLost(): void {
    const lost = this.states.reduce((sum, { claims }) => (sum + claimNotesLost(claims)) | 0, 0);
    const more = (lost - this.#lost) | 0;
    this.#lost = lost;
    if (more > 0)
      this.log.warn({ announcements: more }, 'ports announced more addresses than could be looked at; those were passed over');
  }
}

function named(numbers: ReadonlyMap<string, number>): Map<number, string> {
  return new Map([...numbers].map(([name, number]) => [number, name]));
}
