import type { Plan } from './eastWestPlan.js';
import { EastWestTables } from './eastWestTables.js';

/** What hosts remember of plans that were (dvr.md 2.16, 5.2): routers that they needed, for 30 s, and ports they had, for 5 s. */
export class EastWestMemory {
  #now = 0;
  /** "host router" and "host port" -> until when. */
  readonly #routers = new Map<string, number>();
  readonly #ports = new Map<string, number>();

  /** Time passes; what is over is forgotten. */
  pass(ms: number): void {
    this.#now += ms;
    for (const all of [this.#routers, this.#ports]) for (const [key, until] of [...all]) if (until <= this.#now) all.delete(key);
  }

  change(before: Plan, after: Plan): void {
    const [was, is] = [new EastWestTables(before), new EastWestTables(after)];
    for (const { name } of after.hosts) {
      const needed = is.replicas(name);
      for (const router of was.replicas(name))
        if (!needed.has(router)) this.#routers.set(`${name} ${router}`, this.#now + 30_000);
      for (const router of needed) this.#routers.delete(`${name} ${router}`);
    }
    for (const [i, port] of after.ports.entries()) {
      const old = before.ports[i]!;
      if (old.host !== undefined && old.host !== port.host && old.up)
        this.#ports.set(`${old.host} ${port.name}`, this.#now + 5000);
      for (const { name } of after.hosts)
        if (port.host === undefined || port.host === name) this.#ports.delete(`${name} ${port.name}`);
    }
  }

  /** Whether a host still has a router it does not need. */
  keeps(host: string, router: string): boolean {
    return this.#routers.has(`${host} ${router}`);
  }

  /** Whether a host had the port until some seconds ago. */
  had(host: string, port: string): boolean {
    return this.#ports.has(`${host} ${port}`);
  }
}
