import type { PipelineContext } from '../../../pipeline/context.js';
import type { Verdict } from '../../../shared/verdict.js';
import { sendFromRouter } from '../../../switching/fromRouter.js';
import { Rif } from '../../../tables/rifs.js';
import { Arena } from '../../../wire/memory.js';
import { Virtio } from '../../../wire/virtioNet.js';

/** A frame that a router sent on a network, as it was then: what leaves the host is changed once more behind it. */
export interface Passage {
  /** Router interface that sent it, and its network. */
  readonly rif: number;
  readonly network: number;
  /** Routers of this host that it had passed before this one. */
  readonly depth: number;
  /** From its Ethernet header on. */
  readonly octets: Uint8Array;
  /** Octets of data in each segment of a super-frame, 0 = it is none. */
  readonly segment: number;
  /** What the router decided that it led to on this host; undefined: it led to none. */
  readonly verdict: Verdict | undefined;
}

/** Stands where frames of routers go out on networks, and notes each before it goes on its way (PipelineContext.toNetwork). */
export class Witness {
  readonly passages: { -readonly [K in keyof Passage]: Passage[K] }[] = [];
  #depth = 0;

  constructor(cx: PipelineContext) {
    cx.toNetwork = (of, rif, frame, length) => this.#pass(of, rif, frame, length);
  }

  clear(): void {
    this.passages.length = 0;
  }

  #pass(cx: PipelineContext, rif: number, frame: number, length: number): void {
    const { verdicts } = cx.counters;
    const before = verdicts.slice();
    const passage = {
      ...{ rif, network: cx.rifs.rows[rif * Rif.Words + Rif.Network]!, depth: this.#depth },
      octets: cx.memory.u8.slice(frame, frame + length),
      segment: cx.memory.u16[(frame - Arena.VirtioHeader + Virtio.GsoSize) >> 1]!,
      verdict: undefined as Verdict | undefined,
    };
    this.passages.push(passage);
    const first = this.passages.length;
    this.#depth++;
    sendFromRouter(cx, rif, frame, length);
    this.#depth--;
    passage.verdict = firstVerdict(
      verdicts.map((count, v) => count - before[v]!),
      this.passages.slice(first),
    );
  }
}

/** What was counted beside the frames that went through other routers. */
export function firstVerdict(counts: ArrayLike<number>, others: readonly Passage[]): Verdict | undefined {
  const left = Array.from(counts);
  for (const { verdict } of others) if (verdict !== undefined) left[verdict]!--;
  const found = left.findIndex((count) => count > 0);
  return found < 0 ? undefined : found;
}
