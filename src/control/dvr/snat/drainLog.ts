import type { Logger } from 'pino';
import type { Objects } from '../../../objects/model.js';
import type { SnatHosts } from '../placement/snatPlacement.js';

const BEGUN = 'this host is draining: it gives up the SNAT services it has, and takes none';
const EMPTY = 'this host is drained: it has no SNAT service any more';
const ENDED = 'this host is draining no more, and may have SNAT services again';

/** Logs when the draining of this host begins, when nothing is left on it, and when it ends. */
export class DrainLog {
  #isDraining = false;
  #isEmpty = false;

  constructor(
    private readonly host: string,
    private readonly log: Pick<Logger, 'info'>,
  ) {}

  /** To be called whenever the workers have taken something over: the objects, and where services are. */
  look({ hosts }: Pick<Objects, 'hosts'>, snatHosts: SnatHosts): void {
    const { host, log } = this;
    const isDraining = hosts.some(({ name, draining }) => name === host && draining === true);
    const services = [...snatHosts.values()].filter((on) => on === host).length;
    const isEmpty = isDraining && services === 0;
    if (isDraining && !this.#isDraining) log.info({ host, services }, BEGUN);
    if (isEmpty && !this.#isEmpty) log.info({ host }, EMPTY);
    if (!isDraining && this.#isDraining) log.info({ host, services }, ENDED);
    this.#isDraining = isDraining;
    this.#isEmpty = isEmpty;
  }
}
