import type { Objects, RouterObject } from '../../../objects/model.js';
import { candidatesAmong } from './snatPlacement.js';

/** Hosts that may have the SNAT services of routers, looked up once for the same objects. */
export class KnownCandidates {
  readonly #known = new Map<string, readonly string[]>();
  #of: Objects | undefined;
  #routers: ReadonlyMap<string, RouterObject> = new Map();
  #find: (router: RouterObject) => readonly string[] = () => [];

  /** Of the router with this name; none if there is none. */
  of(objects: Objects, router: string): readonly string[] {
    if (objects !== this.#of) {
      this.#known.clear();
      this.#routers = new Map(objects.routers.map((one) => [one.name, one]));
      this.#find = candidatesAmong(objects);
      this.#of = objects;
    }
    const known = this.#known.get(router);
    if (known !== undefined) return known;
    const found = this.#routers.get(router);
    const candidates = found === undefined ? [] : this.#find(found);
    this.#known.set(router, candidates);
    return candidates;
  }
}
