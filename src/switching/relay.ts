import { MAX_BURST, MAX_RELAYS } from '../pipeline/burst.js';
import type { PipelineContext } from '../pipeline/context.js';
import { CounterEvent } from '../shared/counters.js';
import { Verdict } from '../shared/verdict.js';
import { Letter } from '../tables/handoffRing.js';
import { enterReplica } from './replica.js';

/**
 * A router's frame to the interface of another router on the same network (dvr.md 2.17): the second decision is made on this host, so that
 * no such MAC ever crosses to another. Decided at once, as a frame that came back: it counts as Requeued and has a verdict of its own.
 */
export function relay(cx: PipelineContext, network: number, rif: number, frame: number, length: number): void {
  cx.counters.events[CounterEvent.Requeued] = cx.counters.events[CounterEvent.Requeued]! + 1;
  const v = cx.relays < MAX_RELAYS ? relayed(cx, network, rif, frame, length) : Verdict.DropRouterLoop;
  cx.counters.verdicts[v] = cx.counters.verdicts[v]! + 1;
}

function relayed(cx: PipelineContext, network: number, rif: number, frame: number, length: number): Verdict {
  const f = MAX_BURST + cx.relays++;
  const before = cx.network;
  const router = cx.router;
  cx.network = network;
  cx.offsets[f] = frame;
  cx.lengths[f] = length;
  cx.tags[f] = 0;
  const { hairpin, waitedOut } = cx;
  putAside(cx);
  const v = enterReplica(cx, f, rif);
  takeUp(cx, hairpin, waitedOut);
  cx.enterRouter(router);
  cx.network = before;
  cx.relays--;
  return v;
}

/** What is known of the frame in hand is not said of the one it becomes: to the next router that comes from a device. */
function putAside(cx: PipelineContext): void {
  const at = cx.relays * Letter.Words;
  for (let w = 0; w < Letter.Words; w++) {
    cx.aside[at + w] = cx.letter[w]!;
    cx.letter[w] = 0;
  }
  cx.hairpin = false;
  cx.known.entry = -1;
  cx.waitedOut = false;
}

function takeUp(cx: PipelineContext, hairpin: boolean, waitedOut: boolean): void {
  const at = cx.relays * Letter.Words;
  for (let w = 0; w < Letter.Words; w++) cx.letter[w] = cx.aside[at + w]!;
  cx.hairpin = hairpin;
  cx.waitedOut = waitedOut;
}
