import { TABLE_LOCAL } from '../../config/routingConfig.js';
import { FibFlag, FibNexthop, FibRoute, FibType, NexthopFlag } from '../../tables/fib.js';
import { BlockArena } from './blockArena.js';
import { NexthopRuns } from './nexthopRuns.js';
import type { FibRouteSpec } from './routeSpec.js';

/** What becomes of a row. */
const enum RowState {
  /** No trie of the next snapshot leads to it. */
  Unused = 0,
  Live,
  /** Live, and wanted by the list of routes that is being taken over. */
  Wanted,
}

/** The rows of FibRoute, and which of them the next snapshot has. Their next hops come and go with them. */
export class RouteRows {
  readonly nexthops: NexthopRuns;
  readonly arena: BlockArena;
  #states: Uint8Array;
  #count = 0;
  #withTos = 0;
  #othersInLocal = 0;

  /** `capacity` in rows. */
  constructor(capacity: number) {
    this.arena = new BlockArena(capacity * FibRoute.Words, 0);
    this.nexthops = new NexthopRuns(capacity);
    this.#states = new Uint8Array(capacity);
  }

  get words(): Int32Array {
    return this.arena.words;
  }

  get count(): number {
    return this.#count;
  }

  /** Live routes that are for one tos only. */
  get withTos(): number {
    return this.#withTos;
  }

  /** Live routes of table local that are more than an address or a broadcast for every tos. */
  get othersInLocal(): number {
    return this.#othersInLocal;
  }

  next(row: number): number {
    return this.words[row * FibRoute.Words + FibRoute.Next]! - 1;
  }

  /** A new row; `next` is the row tried after it, -1 = none. */
  make(spec: FibRouteSpec, next: number): number {
    const nexthop = this.nexthops.take(spec.ways, (spec.flags & FibFlag.Kernel) === 0);
    const row = this.#take();
    const at = row * FibRoute.Words;
    const { words } = this;
    words.fill(0, at, at + FibRoute.Words);
    words[at + FibRoute.Type] = spec.type;
    words[at + FibRoute.Tos] = spec.tos;
    words[at + FibRoute.Metric] = spec.metric;
    words[at + FibRoute.Scope] = spec.scope;
    words[at + FibRoute.Source] = spec.source;
    words[at + FibRoute.Mtu] = spec.mtu;
    words[at + FibRoute.MtuLocked] = Number(spec.mtuLocked);
    words[at + FibRoute.Nexthop] = nexthop;
    words[at + FibRoute.Nexthops] = spec.ways.length;
    words[at + FibRoute.Destination] = spec.destination;
    words[at + FibRoute.Length] = spec.length;
    words[at + FibRoute.Table] = spec.table;
    words[at + FibRoute.Next] = next + 1;
    words[at + FibRoute.Pool] = spec.pool;
    words[at + FibRoute.Flags] = spec.flags;
    if (spec.tos !== 0) this.#withTos++;
    if (isOtherInLocal(words, at)) this.#othersInLocal++;
    return row;
  }

  /** The row, or another that differs in what is tried after it: a row that workers may know is not written. */
  relink(row: number, next: number): number {
    const at = row * FibRoute.Words;
    if (this.words[at + FibRoute.Next] === next + 1) return row;
    let to = row;
    if (!this.arena.isFresh(at)) {
      to = this.#take();
      this.words.copyWithin(to * FibRoute.Words, at, at + FibRoute.Words);
      this.#give(row);
    }
    this.words[to * FibRoute.Words + FibRoute.Next] = next + 1;
    return to;
  }

  /** The route is gone. */
  drop(row: number): void {
    const at = row * FibRoute.Words;
    this.nexthops.release(this.words[at + FibRoute.Nexthop]!, this.words[at + FibRoute.Nexthops]!);
    if (this.words[at + FibRoute.Tos] !== 0) this.#withTos--;
    if (isOtherInLocal(this.words, at)) this.#othersInLocal--;
    this.#give(row);
  }

  /** Whether the row is of exactly this route, whatever comes after it. */
  same(row: number, spec: FibRouteSpec): boolean {
    const at = row * FibRoute.Words;
    const { words } = this;
    return (
      words[at + FibRoute.Type] === spec.type &&
      words[at + FibRoute.Tos] === spec.tos &&
      words[at + FibRoute.Metric] === (spec.metric | 0) &&
      words[at + FibRoute.Scope] === spec.scope &&
      words[at + FibRoute.Source] === spec.source &&
      words[at + FibRoute.Mtu] === spec.mtu &&
      words[at + FibRoute.MtuLocked] === Number(spec.mtuLocked) &&
      words[at + FibRoute.Nexthops] === spec.ways.length &&
      words[at + FibRoute.Pool] === spec.pool &&
      words[at + FibRoute.Flags] === spec.flags &&
      this.#sameWays(words[at + FibRoute.Nexthop]!, spec)
    );
  }

  markWanted(row: number): void {
    this.#states[row] = RowState.Wanted;
  }

  /** Calls back with each live row that was not marked, and forgets the marks. The rows may go meanwhile. */
  sweepUnwanted(remove: (row: number) => void): void {
    const rows = this.arena.top / FibRoute.Words;
    for (let row = 0; row < rows; row++) if (this.#states[row] === RowState.Live) remove(row);
    for (let row = 0; row < rows; row++) if (this.#states[row] === RowState.Wanted) this.#states[row] = RowState.Live;
  }

  #sameWays(row: number, spec: FibRouteSpec): boolean {
    const { words } = this.nexthops;
    return spec.ways.every((way, i) => {
      const at = (row + i) * FibNexthop.Words;
      return (
        words[at + FibNexthop.Rif] === way.rif &&
        words[at + FibNexthop.Gateway] === way.gateway &&
        words[at + FibNexthop.Weight] === way.weight &&
        words[at + FibNexthop.Scope] === way.scope &&
        ((words[at + FibNexthop.Flags]! & NexthopFlag.Onlink) !== 0) === way.onlink
      );
    });
  }

  #take(): number {
    const row = this.arena.take(FibRoute.Words) / FibRoute.Words;
    if (row >= this.#states.length) {
      const larger = new Uint8Array(Math.max(this.#states.length * 2, row + 1));
      larger.set(this.#states);
      this.#states = larger;
    }
    this.#states[row] = RowState.Live;
    this.#count++;
    return row;
  }

  #give(row: number): void {
    this.#states[row] = RowState.Unused;
    this.#count--;
    this.arena.give(row * FibRoute.Words, FibRoute.Words);
  }
}

function isOtherInLocal(words: Int32Array, at: number): boolean {
  if (words[at + FibRoute.Table] !== TABLE_LOCAL) return false;
  const type = words[at + FibRoute.Type];
  return (type !== FibType.Local && type !== FibType.Broadcast) || words[at + FibRoute.Tos] !== 0;
}
