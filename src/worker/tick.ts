import { answersFor } from '../pipeline/arpInput.js';
import { sendArpAnnouncement } from '../pipeline/arpSend.js';
import type { PipelineContext } from '../pipeline/context.js';
import { expireFragments } from '../pipeline/fragmentRelease.js';
import { type NeighborWalk, neighborTick } from '../pipeline/neighborTick.js';
import { probeTick } from '../pipeline/probeTick.js';
import { dropExpired, requeueReady } from '../pipeline/requeue.js';
import { MacRefresh } from './macRefresh.js';

/** Addresses announced per tick at most, so that a large pool does not flood the segment. */
const ANNOUNCE_PER_TICK = 64;
/** Each address is announced twice, this many ticks apart (RFC 5227 ANNOUNCE_NUM, ANNOUNCE_INTERVAL). */
const ANNOUNCE_TIMES = 2;
const ANNOUNCE_INTERVAL = 20;

/** What happens every 100 ms: neighbours, frames and fragments that waited too long, probes of next hops, announcements, MACs of ports. */
export class Tick {
  readonly #cx: PipelineContext;
  readonly #walk: NeighborWalk = { next: 0 };
  readonly #macRefresh: MacRefresh;
  #last: number;
  #announce: Int32Array = new Int32Array(0);
  #announced = 0;
  #announceFrom: number;
  #rounds = 0;

  constructor(cx: PipelineContext) {
    this.#cx = cx;
    this.#macRefresh = new MacRefresh(cx);
    this.#last = cx.now;
    this.#announceFrom = cx.now;
  }

  due(): boolean {
    return this.#cx.now !== this.#last;
  }

  run(): void {
    const cx = this.#cx;
    this.#last = cx.now;
    neighborTick(cx, this.#walk);
    if (cx.pending.count > 0) {
      requeueReady(cx);
      dropExpired(cx);
    }
    expireFragments(cx);
    // One worker asks for all.
    if (cx.worker === 0) {
      probeTick(cx);
      this.#macRefresh.run();
    }
    if (this.#rounds > 0) this.#announceSome();
  }

  /**
   * Announces (rif, address) pairs by gratuitous ARP from the next tick on (ZON-8). What an earlier call asked for and is not
   * through goes on with them: a reload right after another must not silence the addresses of the first.
   */
  announce(pairs: Int32Array): void {
    if (pairs.length === 0) return;
    // Those that were never told first, so that reloads in a row starve nobody.
    const rest = this.#rounds === 0 ? [] : [...this.#announce.subarray(this.#announced), ...pairs];
    this.#announce = this.#rounds === 0 ? pairs : distinctPairs([...rest, ...this.#announce.subarray(0, this.#announced)]);
    this.#announced = 0;
    this.#rounds = ANNOUNCE_TIMES;
    this.#announceFrom = this.#cx.now;
  }

  #announceSome(): void {
    if (((this.#cx.now - this.#announceFrom) | 0) < 0) return;
    const end = Math.min(this.#announce.length, this.#announced + ANNOUNCE_PER_TICK * 2);
    for (; this.#announced < end; this.#announced += 2) {
      const rif = this.#announce[this.#announced]!;
      const address = this.#announce[this.#announced + 1]!;
      // A later configuration may have taken it away or moved it: somebody else may have it by now.
      if (answersFor(this.#cx, rif, address)) sendArpAnnouncement(this.#cx, rif, address);
    }
    if (this.#announced < this.#announce.length) return;
    this.#announced = 0;
    this.#rounds--;
    this.#announceFrom = this.#cx.now + ANNOUNCE_INTERVAL;
  }
}

/** (rif, address) pairs without repetitions, each where it stands first. */
function distinctPairs(pairs: readonly number[]): Int32Array {
  const known = new Set<string>();
  const distinct: number[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    const key = `${pairs[i]} ${pairs[i + 1]}`;
    if (known.has(key)) continue;
    known.add(key);
    distinct.push(pairs[i]!, pairs[i + 1]!);
  }
  return Int32Array.from(distinct);
}
