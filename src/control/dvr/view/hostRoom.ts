import type { Config } from '../../../config/config.js';
import { ifaceRifKey, type RoomTable, type StateIndex } from '../../stateIndex.js';

/** Names and addresses that something needs rows for. */
export type Needs = Partial<Readonly<Record<RoomTable, readonly (string | number)[]>>>;

/** A table that something does not fit into any more. */
export interface Full {
  readonly table: RoomTable;
  readonly limit: number;
}

/**
 * What is left of the tables of a host. State outlives configurations, so what is known keeps its row, and what is gone has one
 * as long as anything is in use under it (stateIndex.ts).
 */
export class HostRoom {
  readonly #known: Record<RoomTable, { readonly most: number; readonly rows: ReadonlySet<string | number> }>;
  readonly #more: Record<RoomTable, Set<string | number>> = {
    ...{ lports: new Set(), rifs: new Set(), zones: new Set(), addresses: new Set(), routers: new Set() },
  };

  constructor(index: Pick<StateIndex, 'tables'>) {
    const known = Object.entries(index.tables()).map(([table, { most, known: rows }]) => [table, { most, rows: new Set(rows) }]);
    this.#known = Object.fromEntries(known);
  }

  /** Rows are taken for all of these, or for none: then the first table that lacks them is the answer. */
  take(needs: Needs): Full | undefined {
    const tables = Object.entries(needs) as [RoomTable, readonly (string | number)[]][];
    const fresh = tables.map(([table, names]) => [table, new Set(names.filter((name) => !this.#has(table, name)))] as const);
    for (const [table, names] of fresh) {
      const { most, rows } = this.#known[table];
      if (names.size > 0 && rows.size + this.#more[table].size + names.size > most) return { table, limit: most };
    }
    for (const [table, names] of fresh) for (const name of names) this.#more[table].add(name);
    return undefined;
  }

  /** True for something that has a row of the table since before. */
  knows(table: RoomTable, name: string | number): boolean {
    return this.#known[table].rows.has(name);
  }

  #has(table: RoomTable, name: string | number): boolean {
    return this.knows(table, name) || this.#more[table].has(name);
  }
}

/** What the configuration itself needs, which comes before all objects. */
export function needsOfConfig({ ifaces, zones }: Config): Needs {
  return {
    rifs: ifaces.flatMap((iface) => [iface, ...iface.vlans].map(({ name }) => ifaceRifKey(name))),
    zones: zones.map(({ name }) => name),
    addresses: zones.flatMap(({ localAddresses, draining }) => [...localAddresses, ...draining]),
  };
}
