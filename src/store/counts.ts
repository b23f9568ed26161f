import {
  RELISTS,
  REQUESTS,
  RESULTS,
  type RelistCause,
  type RequestKind,
  type RequestResult,
  SECONDS,
} from '../types/storeRequests.js';

/** What was asked of a store and what came of it: for metrics. */
export class StoreCounts {
  /** "range ok" -> requests. */
  readonly requests = new Map<string, number>();
  readonly relists = new Map<RelistCause, number>(RELISTS.map((cause) => [cause, 0]));
  /** Requests of each kind that took at most SECONDS[i]; the last one: longer. */
  readonly buckets = new Map<RequestKind, number[]>();
  readonly seconds = new Map<RequestKind, number>();
  /** Changes of keys that watches have told. */
  events = 0;

  constructor() {
    for (const kind of REQUESTS) {
      for (const result of RESULTS) if (result !== 'conflict' || kind === 'transact') this.requests.set(`${kind} ${result}`, 0);
      this.buckets.set(kind, Array<number>(SECONDS.length + 1).fill(0));
      this.seconds.set(kind, 0);
    }
  }

  request(kind: RequestKind, result: RequestResult, seconds: number): void {
    const key = `${kind} ${result}`;
    this.requests.set(key, this.requests.get(key)! + 1);
    this.seconds.set(kind, this.seconds.get(kind)! + seconds);
    const at = SECONDS.findIndex((bound) => seconds <= bound);
    this.buckets.get(kind)![at < 0 ? SECONDS.length : at]!++;
  }

  relist(cause: RelistCause): void {
    this.relists.set(cause, this.relists.get(cause)! + 1);
  }
}
