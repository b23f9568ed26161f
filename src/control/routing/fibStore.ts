import { type Fib, FibRoute, FibSelector, type MultipathPolicy } from '../../tables/fib.js';
import { swap32 } from '../../wire/memory.js';
import type { CompiledRules } from './compileRules.js';
import type { LinkState } from './nexthopRuns.js';
import { RouteRows } from './routeRows.js';
import { compareAliases, type FibRouteSpec } from './routeSpec.js';
import { TableNumbers } from './tableNumbers.js';
import { TrieEdit } from './trieEdit.js';

/** Room at the start, in routes; everything doubles when it is used up. */
const ROUTES = 256;

/** What may differ between packets of one session. */
const PER_PACKET = FibSelector.Tos | FibSelector.Dscp | FibSelector.Iif;

/** What of a Fib is neither route nor rule. */
export interface FibSettings {
  /** By router interface. */
  readonly groups: Int32Array;
  readonly policy: MultipathPolicy;
  readonly ignoreLinkdown: boolean;
}

/**
 * The routing tables as workers read them, and main's side of them (D5, D6): routes change one by one, and a snapshot of all is a
 * few references and the roots. What a snapshot leads to stays as it was until retire() says that no worker uses it any more;
 * only the state of next hops is stored in place.
 */
export class FibStore {
  readonly #tries = new TrieEdit(ROUTES * 16);
  readonly #rows = new RouteRows(ROUTES);
  readonly #tables = new TableNumbers();
  #rules: CompiledRules | undefined;
  #settings: FibSettings | undefined;
  #generation = 0;
  /** The last snapshot, while nothing has changed since. */
  #fib: Fib | undefined;

  /** Number of the last snapshot. */
  get generation(): number {
    return this.#generation;
  }

  /** Routes of all tables. */
  get size(): number {
    return this.#rows.count;
  }

  /** Octets of nodes, routes and next hops that are in use or were. */
  get octets(): number {
    return (this.#tries.arena.top + this.#rows.arena.top) * 4 + this.#rows.nexthops.octets;
  }

  /** Index of a table in Fib.roots, for rules that name it. */
  tableIndex(table: number): number {
    return this.#tables.indexOf(table);
  }

  /** The routes of one prefix, in the order they are tried in: rows. `destination` as loaded. */
  rowsOf(table: number, destination: number, length: number): number[] {
    const index = this.#tables.known(table);
    const rows: number[] = [];
    if (index === undefined) return rows;
    let row = this.#tries.find(this.#tables.roots[index]!, swap32(destination), length);
    for (; row >= 0; row = this.#rows.next(row)) rows.push(row);
    return rows;
  }

  /** Adds a route behind those of its prefix that are tried before it or are its equals. */
  add(spec: FibRouteSpec): void {
    const rows = this.rowsOf(spec.table, spec.destination, spec.length);
    const { words } = this.#rows;
    const position = rows.findIndex((row) => {
      const at = row * FibRoute.Words;
      return compareAliases(spec, { tos: words[at + FibRoute.Tos]!, metric: words[at + FibRoute.Metric]! >>> 0 }) < 0;
    });
    this.#splice(spec, rows, position < 0 ? rows.length : position, 0, [spec]);
  }

  /** Removes the first route that is the same in everything; false when there is none. */
  remove(spec: FibRouteSpec): boolean {
    const rows = this.rowsOf(spec.table, spec.destination, spec.length);
    const position = rows.findIndex((row) => this.#rows.same(row, spec));
    if (position < 0) return false;
    this.#splice(spec, rows, position, 1, []);
    return true;
  }

  /** Makes these the routes of all tables. Prefixes whose routes are there already are not touched. */
  replaceAll(specs: readonly FibRouteSpec[]): void {
    for (const list of byPrefix(specs)) {
      if (list.length > 1) list.sort(compareAliases);
      const { table, destination, length } = list[0]!;
      let rows = this.rowsOf(table, destination, length);
      if (rows.length !== list.length || rows.some((row, i) => !this.#rows.same(row, list[i]!))) {
        this.#splice(list[0]!, rows, 0, rows.length, list);
        rows = this.rowsOf(table, destination, length);
      }
      for (const row of rows) this.#rows.markWanted(row);
    }
    const { words } = this.#rows;
    this.#rows.sweepUnwanted((row) => {
      const at = row * FibRoute.Words;
      const table = words[at + FibRoute.Table]! >>> 0;
      const prefix = { table, destination: words[at + FibRoute.Destination]!, length: words[at + FibRoute.Length]! };
      const rows = this.rowsOf(table, prefix.destination, prefix.length);
      this.#splice(prefix, rows, 0, rows.length, []);
    });
  }

  setRules(rules: CompiledRules): void {
    if (this.#rules !== undefined && sameWords(this.#rules.rows, rules.rows)) return;
    this.#rules = rules;
    this.#fib = undefined;
  }

  setSettings(settings: FibSettings): void {
    const now = this.#settings;
    if (
      now !== undefined &&
      now.policy === settings.policy &&
      now.ignoreLinkdown === settings.ignoreLinkdown &&
      sameWords(now.groups, settings.groups)
    )
      return;
    this.#settings = settings;
    this.#rows.nexthops.setIgnoreLinkdown(settings.ignoreLinkdown);
    this.#fib = undefined;
  }

  /** See NexthopRuns.setLink: effective at once, in every snapshot that is in use. */
  setLink(rif: number, state: LinkState): boolean {
    return this.#rows.nexthops.setLink(rif, state);
  }

  /** What is known of a way by that router interface and gateway (as loaded; 0 = none). */
  stateOf(rif: number, gateway: number): LinkState {
    return this.#rows.nexthops.stateOf(rif, gateway);
  }

  /** Whether the probes of a gateway are answered; likewise. */
  setGateway(rif: number, gateway: number, dead: boolean): void {
    this.#rows.nexthops.setGateway(rif, gateway, dead);
  }

  /** What workers get. The same object as before when nothing has changed. Rules and settings must have been set. */
  snapshot(): Fib {
    if (this.#fib !== undefined) return this.#fib;
    const [rules, settings] = [this.#rules!, this.#settings!];
    this.#tables.forgetUnused(rules.tables);
    const generation = ++this.#generation;
    this.#tries.arena.seal(generation);
    this.#rows.arena.seal(generation);
    this.#rows.nexthops.seal(generation);
    const { roots } = this.#tables;
    const used = rules.used | (this.#rows.withTos > 0 ? FibSelector.Tos : 0);
    const fib: Fib = {
      generation,
      ruleCount: rules.count,
      rules: rules.rows,
      classTrie: rules.classTrie,
      classLists: rules.classLists,
      nodes: this.#tries.nodes,
      roots: new Int32Array(new SharedArrayBuffer(roots.length * 4)),
      routes: this.#rows.words,
      nexthops: this.#rows.nexthops.words,
      groups: settings.groups,
      localTable: rules.localTable,
      mainTable: rules.mainTable,
      policy: settings.policy,
      ignoreLinkdown: settings.ignoreLinkdown,
      used,
      perPacket: (used & PER_PACKET) !== 0,
      localFirst: rules.localFirst && this.#rows.othersInLocal === 0,
    };
    fib.roots.set(roots);
    this.#fib = fib;
    return fib;
  }

  /** Every worker has adopted the snapshot of that number or a later one: what they do without is used again. */
  retire(generation: number): void {
    this.#tries.arena.retire(generation);
    this.#rows.arena.retire(generation);
    this.#rows.nexthops.retire(generation);
  }

  /** Puts `inserted` in place of `removed` of the prefix's routes, from `position` on. */
  #splice(prefix: PrefixOf, rows: readonly number[], position: number, removed: number, inserted: readonly FibRouteSpec[]): void {
    const gone = rows.slice(position, position + removed);
    let next = rows[position + removed] ?? -1;
    for (let i = inserted.length - 1; i >= 0; i--) next = this.#rows.make(inserted[i]!, next);
    for (let i = position - 1; i >= 0; i--) next = this.#rows.relink(rows[i]!, next);
    for (const row of gone) this.#rows.drop(row);
    const index = this.#tables.indexOf(prefix.table);
    const address = swap32(prefix.destination);
    const { roots } = this.#tables;
    if (next >= 0) roots[index] = this.#tries.set(roots[index]!, address, prefix.length, next);
    else roots[index] = this.#tries.remove(roots[index]!, address, prefix.length);
    this.#fib = undefined;
  }
}

type PrefixOf = Pick<FibRouteSpec, 'table' | 'destination' | 'length'>;

/** Lists of the routes of one table and prefix, in their order. */
function* byPrefix(specs: readonly FibRouteSpec[]): Generator<FibRouteSpec[]> {
  const tables = new Map<number, Map<number, FibRouteSpec[]>>();
  for (const spec of specs) {
    const table = tables.get(spec.table) ?? new Map<number, FibRouteSpec[]>();
    tables.set(spec.table, table);
    const prefix = (spec.destination >>> 0) * 64 + spec.length;
    const list = table.get(prefix);
    if (list === undefined) table.set(prefix, [spec]);
    else list.push(spec);
  }
  for (const table of tables.values()) yield* table.values();
}

function sameWords(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((word, i) => word === b[i]);
}
