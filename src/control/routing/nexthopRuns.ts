import { FibNexthop, NexthopFlag } from '../../tables/fib.js';
import { BlockArena } from './blockArena.js';
import { type FibWay, Scope } from './routeSpec.js';

/** The ways of one route or of several with the same ones: rows that lie one behind the other. */
interface Run {
  readonly key: string;
  readonly row: number;
  readonly ways: readonly FibWay[];
  /** Its ways are looked after: routes made from interfaces' addresses stay as they are. */
  readonly configured: boolean;
  routes: number;
}

/** What is known of a router interface's link. */
export interface LinkState {
  /** The device is gone or down. */
  readonly dead: boolean;
  /** No carrier. */
  readonly linkdown: boolean;
}

/**
 * The rows of FibNexthop. Routes with the same ways share a run, as routes of the kernel share a fib_info; it is given up with the
 * last of them. State of links and gateways is stored while workers read, in the array of every snapshot they may still use.
 */
export class NexthopRuns {
  readonly #arena: BlockArena;
  readonly #runs = new Map<string, Run>();
  readonly #byRow = new Map<number, Run>();
  /** Runs without routes that snapshots still lead to, and the first snapshot that does not. */
  #leaving: { readonly run: Run; readonly generation: number }[] = [];
  #generation = 0;
  readonly #links = new Map<number, LinkState>();
  readonly #deadGateways = new Set<string>();
  #ignoreLinkdown = true;
  /** Arrays that the present one took the place of, and since which snapshot. */
  #earlier: { readonly words: Int32Array; readonly generation: number }[] = [];
  #sealedWords: Int32Array;

  constructor(capacity: number) {
    this.#arena = new BlockArena(capacity * FibNexthop.Words, 0);
    this.#sealedWords = this.#arena.words;
  }

  get words(): Int32Array {
    return this.#arena.words;
  }

  /** Octets that are in use or were. */
  get octets(): number {
    return this.#arena.top * 4;
  }

  /** Row of the first of these ways; release() gives it back. 0 for no ways. */
  take(ways: readonly FibWay[], configured: boolean): number {
    if (ways.length === 0) return 0;
    let key = configured ? 'c' : 'k';
    for (const way of ways) key += ` ${way.rif} ${way.gateway} ${way.weight} ${way.onlink ? 1 : 0} ${way.scope}`;
    const known = this.#runs.get(key);
    if (known !== undefined) {
      known.routes++;
      return known.row;
    }
    const row = this.#arena.take(ways.length * FibNexthop.Words) / FibNexthop.Words;
    const run: Run = { key, row, ways, configured, routes: 1 };
    this.#runs.set(key, run);
    this.#byRow.set(row, run);
    ways.forEach((way, i) => {
      const at = (row + i) * FibNexthop.Words;
      this.words.fill(0, at, at + FibNexthop.Words);
      this.words[at + FibNexthop.Rif] = way.rif;
      this.words[at + FibNexthop.Gateway] = way.gateway;
      this.words[at + FibNexthop.Weight] = way.weight;
      this.words[at + FibNexthop.Scope] = way.scope;
    });
    this.#write(run);
    return row;
  }

  /** A route that had the run at `row` is gone. `ways` 0: it had none. */
  release(row: number, ways: number): void {
    if (ways === 0) return;
    const run = this.#byRow.get(row)!;
    if (--run.routes > 0) return;
    this.#runs.delete(run.key);
    this.#byRow.delete(row);
    if (!this.#arena.isFresh(row * FibNexthop.Words)) this.#leaving.push({ run, generation: this.#generation + 1 });
    this.#arena.give(row * FibNexthop.Words, ways * FibNexthop.Words);
  }

  /** The configured ways by that router interface are passed over, or used again. Workers see it at once. False: nothing has changed. */
  setLink(rif: number, state: LinkState): boolean {
    const before = this.#links.get(rif);
    if ((before?.dead ?? false) === state.dead && (before?.linkdown ?? false) === state.linkdown) return false;
    if (state.dead || state.linkdown) this.#links.set(rif, state);
    else this.#links.delete(rif);
    this.#rewrite((way) => way.rif === rif);
    return true;
  }

  /** The same for ways by one gateway: whether its probes are answered. */
  setGateway(rif: number, gateway: number, dead: boolean): void {
    if (dead) this.#deadGateways.add(`${rif} ${gateway}`);
    else this.#deadGateways.delete(`${rif} ${gateway}`);
    this.#rewrite((way) => way.rif === rif && way.gateway === gateway);
  }

  /** What is known of a way by that router interface and gateway. */
  stateOf(rif: number, gateway: number): LinkState {
    const link = this.#links.get(rif);
    return {
      dead: link?.dead === true || this.#deadGateways.has(`${rif} ${gateway}`),
      linkdown: link?.linkdown === true,
    };
  }

  setIgnoreLinkdown(ignore: boolean): void {
    if (ignore === this.#ignoreLinkdown) return;
    this.#ignoreLinkdown = ignore;
    this.#rewrite(() => true);
  }

  seal(generation: number): void {
    this.#arena.seal(generation);
    this.#generation = generation;
    if (this.#sealedWords !== this.words) this.#earlier.push({ words: this.#sealedWords, generation });
    this.#sealedWords = this.words;
  }

  retire(generation: number): void {
    this.#arena.retire(generation);
    this.#leaving = this.#leaving.filter((one) => one.generation > generation);
    this.#earlier = this.#earlier.filter((array) => array.generation > generation);
  }

  #rewrite(concerned: (way: FibWay) => boolean): void {
    for (const run of this.#runs.values()) if (run.ways.some(concerned)) this.#write(run);
    for (const { run } of this.#leaving) if (run.ways.some(concerned)) this.#write(run);
  }

  #flagsOf(way: FibWay, configured: boolean): number {
    let flags = way.onlink ? NexthopFlag.Onlink : 0;
    if (!configured) return flags;
    const link = this.#links.get(way.rif);
    if (link?.dead === true || this.#deadGateways.has(`${way.rif} ${way.gateway}`)) flags |= NexthopFlag.Dead;
    // Routes of scope host know no carrier (fib_sync_down_dev).
    if (link?.linkdown === true && way.scope !== Scope.Nowhere) flags |= NexthopFlag.Linkdown;
    return flags;
  }

  /** Flags, and the shares of 2^31 hashes by weight among the usable ways (fib_rebalance). */
  #write(run: Run): void {
    const passed = NexthopFlag.Dead | (this.#ignoreLinkdown ? NexthopFlag.Linkdown : 0);
    const flags = run.ways.map((way) => this.#flagsOf(way, run.configured));
    const total = run.ways.reduce((sum, way, i) => sum + ((flags[i]! & passed) === 0 ? way.weight : 0), 0);
    let weight = 0;
    run.ways.forEach((way, i) => {
      const usable = (flags[i]! & passed) === 0;
      if (usable) weight += way.weight;
      const bound = usable ? Math.round((weight * 2 ** 31) / total) - 1 : -1;
      const at = (run.row + i) * FibNexthop.Words;
      this.#store(at + FibNexthop.Flags, flags[i]!);
      this.#store(at + FibNexthop.UpperBound, bound);
    });
  }

  #store(at: number, value: number): void {
    Atomics.store(this.words, at, value);
    if (this.#sealedWords !== this.words && at < this.#sealedWords.length) Atomics.store(this.#sealedWords, at, value);
    for (const { words } of this.#earlier) if (at < words.length) Atomics.store(words, at, value);
  }
}
