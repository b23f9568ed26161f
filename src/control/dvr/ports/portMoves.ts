import type { LportObject, Objects } from '../../../objects/model.js';
import { Placement } from '../placement/placement.js';
import { NO_SNAT_HOSTS, type SnatHosts } from '../placement/snatPlacement.js';
import type { Remembered } from '../view/hostView.js';

/** Late frames are passed on for so long after a port has left (dvr.md 2.16). */
export const RELAY_MS = 5000;
/** A router that nothing here needs any more is kept for so long (dvr.md 5.2). */
export const KEEP_ROUTER_MS = 30_000;

/**
 * What a host remembers of ports that come and go, for some seconds; everything else follows from the objects as they are. Times are
 * milliseconds of the workers' clock, wrapping, so that they can hold those of the tables against their own.
 */
export class PortMoves {
  #last: Objects | undefined;
  #needed: ReadonlySet<string> = new Set();
  #migrations = 0;
  readonly #routers = new Map<string, number>();
  readonly #relays = new Map<string, number>();
  readonly #awaited = new Map<string, number>();

  constructor(
    private readonly host: string,
    private readonly nowMs: () => number,
  ) {}

  /** Takes note of what has changed, and tells what is to be remembered from now on. */
  follow(objects: Objects, snatHosts: SnatHosts = NO_SNAT_HOSTS): Remembered {
    const now = this.nowMs();
    if (objects !== this.#last) {
      this.#followRouters(objects, snatHosts, now);
      this.#followPorts(objects, now);
      this.#last = objects;
    }
    for (const kept of [this.#routers, this.#relays])
      for (const [name, until] of [...kept]) if (isOver(until, now)) kept.delete(name);
    return { routers: new Set(this.#routers.keys()), relays: new Map(this.#relays), awaited: new Map(this.#awaited) };
  }

  /** Ports that are migrating here, each with the number of its migration. */
  get awaited(): ReadonlyMap<string, number> {
    return this.#awaited;
  }

  /** True when something is remembered for longer than it has to be: then follow() tells less. */
  get overdue(): boolean {
    const now = this.nowMs();
    return [...this.#routers.values(), ...this.#relays.values()].some((until) => isOver(until, now));
  }

  #followRouters(objects: Objects, snatHosts: SnatHosts, now: number): void {
    const needed = new Placement(objects, snatHosts).routersOf(this.host);
    for (const name of this.#needed) if (!needed.has(name)) this.#routers.set(name, (now + KEEP_ROUTER_MS) | 0);
    for (const name of needed) this.#routers.delete(name);
    this.#needed = needed;
  }

  #followPorts({ lports }: Objects, now: number): void {
    const before = new Map(this.#last?.lports.map((port) => [port.name, port]));
    const after = new Map(lports.map((port) => [port.name, port]));
    for (const port of lports) {
      const old = before.get(port.name);
      if (old?.host === this.host && old.adminUp && isElsewhere(port, this.host, old.network))
        this.#relays.set(port.name, (now + RELAY_MS) | 0);
    }
    for (const name of [...this.#relays.keys()]) {
      const port = after.get(name);
      if (port === undefined || !isElsewhere(port, this.host, before.get(name)?.network)) this.#relays.delete(name);
    }
    for (const name of [...this.#awaited.keys()]) if (after.get(name)?.migratingTo !== this.host) this.#awaited.delete(name);
    for (const { name, migratingTo } of lports)
      if (migratingTo === this.host && !this.#awaited.has(name)) this.#awaited.set(name, this.#nextMigration());
  }

  /** Never 0, and none that another one had since the start. */
  #nextMigration(): number {
    this.#migrations++;
    return this.#migrations;
  }
}

/** True for a port of the network that is bound to another host. */
function isElsewhere({ host, network }: LportObject, here: string, on: string | undefined): boolean {
  return host !== undefined && host !== here && network === on;
}

function isOver(until: number, now: number): boolean {
  return ((now - until) | 0) >= 0;
}
