/** So long others wait longer for a host that is bereft: not all find at once that the store is back. */
export const RETURN_MS = 2000;

/** Who had SNAT services when somebody had them last. It was given up there, or that host is gone, or the store was away for all of them. */
export class LastOwners {
  readonly #owners = new Map<string, { readonly host: string; readonly lease: string }>();

  /** `host` has the service of a router, and this host has `lease`. */
  note(router: string, host: string, lease: string): void {
    this.#owners.set(router, { host, lease });
  }

  of(router: string): string | undefined {
    return this.#owners.get(router)?.host;
  }

  /**
   * The host among the candidates that has lost the service for no reason of its own; undefined: there is none. This host, which
   * has `lease` now, has lost its own since as well, so nobody could renew one: services are shared well as they were.
   */
  bereft(router: string, lease: string | undefined, candidates: readonly string[]): string | undefined {
    const last = this.#owners.get(router);
    return last !== undefined && last.lease !== lease && candidates.includes(last.host) ? last.host : undefined;
  }
}
