import type { Logger } from 'pino';

const HERE = 'this host has the SNAT service of a router now';
const AWAY = 'this host has the SNAT service of a router no more';

/** SNAT services that came to this host and went from it, as workers had taken them over: logged and counted. */
export class SnatMoves {
  /** Since the start. */
  readonly counts = { here: 0, away: 0 };
  /** What was told to be here. */
  #here: ReadonlySet<string> = new Set();

  constructor(private readonly log: Pick<Logger, 'info' | 'warn'>) {}

  /** `here`: routers whose service the workers have. `from`: who had one before; `why` one is here no more. */
  tell(here: ReadonlySet<string>, from: (router: string) => string | undefined, why: (router: string) => string): void {
    for (const router of here) {
      if (this.#here.has(router)) continue;
      this.counts.here++;
      this.log.info({ router, from: from(router) }, HERE);
    }
    for (const router of this.#here) {
      if (here.has(router)) continue;
      this.counts.away++;
      this.log.warn({ router, reason: why(router) }, AWAY);
    }
    this.#here = here;
  }
}
