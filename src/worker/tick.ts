import type { PipelineContext } from '../pipeline/context.js';
import { expireFragments } from '../pipeline/fragmentRelease.js';
import { type NeighborWalk, neighborTick } from '../pipeline/neighborTick.js';
import { probeTick } from '../pipeline/probeTick.js';
import { dropExpired, requeueReady } from '../pipeline/requeue.js';
import { Announcer } from './announcer.js';
import { MacRefresh } from './macRefresh.js';
import { WireBudget } from './wireBudget.js';

/** What happens every 100 ms: neighbours, frames and fragments that waited too long, probes of next hops, announcements, MACs of ports. */
export class Tick {
  readonly #cx: PipelineContext;
  readonly #walk: NeighborWalk = { next: 0 };
  readonly #budget = new WireBudget();
  readonly #macRefresh: MacRefresh;
  readonly #announcer: Announcer;
  #last: number;

  constructor(cx: PipelineContext) {
    this.#cx = cx;
    this.#macRefresh = new MacRefresh(cx, this.#budget);
    this.#announcer = new Announcer(cx, this.#budget);
    this.#last = cx.now;
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
      this.#budget.renew();
      // What has moved here goes before what is only kept in mind.
      this.#announcer.run();
      this.#macRefresh.run();
    }
  }

  /** What is new in a snapshot: (rif, address) pairs to be announced. */
  announce(pairs: Int32Array): void {
    this.#announcer.add(pairs);
  }
}
