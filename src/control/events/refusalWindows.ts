import { CounterRoom } from '../../shared/counters.js';
import { NatEvent, NO_ZONE, Refusal, RefusalWord } from '../../tables/eventRing.js';
import type { State } from '../../tables/state.js';
import type { WireIpv4 } from '../../types/ipv4.js';
import { CountedLine } from '../loggingRate.js';
import { Quota, type RefusalRecord } from './record.js';

/** LOG-3. */
const WINDOW_MS = 10_000;

const EVENTS: Readonly<Record<number, readonly [NatEvent, Quota]>> = {
  [Refusal.AddressesExhausted]: [NatEvent.AddressesExhausted, Quota.None],
  [Refusal.PortsExhausted]: [NatEvent.PortsExhausted, Quota.None],
  [Refusal.Sessions]: [NatEvent.QuotaExceeded, Quota.Sessions],
  [Refusal.Bindings]: [NatEvent.QuotaExceeded, Quota.Bindings],
  [Refusal.PerHost]: [NatEvent.QuotaExceeded, Quota.PerHost],
  [Refusal.Hosts]: [NatEvent.QuotaExceeded, Quota.Hosts],
  [Refusal.Fragments]: [NatEvent.QuotaExceeded, Quota.Fragments],
};
const REASONS = Object.keys(EVENTS).map(Number);

/** Most of a quota, where it is a number of the configuration. */
export type LimitOf = (quota: Quota) => number | undefined;

/**
 * Makes records of the counts that workers keep of refusals: the first of a zone and reason at once, what follows in one record
 * per 10 s.
 */
export class RefusalWindows {
  /** Of each worker, [zone][reason]: its count at the last look. */
  readonly #seen: readonly Int32Array[];
  /** What was refused last under a zone and reason. */
  readonly #last = new Map<number, { protocol: number; inside: WireIpv4 }>();
  /** Zones and reasons with a window open: when something was refused last. */
  readonly #open = new Map<number, number>();
  readonly #lines: CountedLine;
  #names: ReadonlyMap<number, string> = new Map();
  #take: (record: RefusalRecord) => void = () => {};

  constructor(
    private readonly states: readonly State[],
    private readonly nowMs: () => number,
    private readonly wallMs: () => number,
    private readonly limitOf: LimitOf,
  ) {
    this.#seen = states.map(() => new Int32Array((CounterRoom.Zones + 1) * Refusal.Count));
    this.#lines = new CountedLine(WINDOW_MS, (key, refused, seconds) => this.#write(Number(key), refused, seconds));
    this.forget();
  }

  /** What was refused so far is not told any more. */
  forget(): void {
    for (const seen of this.#seen.keys()) for (let at = 0; at < this.#seen[seen]!.length; at++) this.#rise(seen, at);
  }

  look(zones: ReadonlyMap<number, string>, take: (record: RefusalRecord) => void): void {
    this.#names = zones;
    this.#take = take;
    const now = this.nowMs();
    for (const zone of [...zones.keys(), NO_ZONE]) {
      for (const reason of REASONS) {
        const at = zone * Refusal.Count + reason;
        let more = 0;
        for (let worker = 0; worker < this.states.length; worker++) more += this.#rise(worker, at);
        if (more > 0) this.#open.set(at, now);
        if (this.#open.has(at)) this.#lines.add(String(at), more, now);
      }
    }
    // A window that heard nothing for twice its length has closed.
    for (const [at, since] of this.#open) if (now - since > 2 * WINDOW_MS) this.#open.delete(at);
  }

  /** How often a worker refused since the last look. */
  #rise(worker: number, at: number): number {
    const { refusals } = this.states[worker]!.events;
    const word = at * RefusalWord.Words;
    const count = refusals[word + RefusalWord.Count]!;
    const more = (count - this.#seen[worker]![at]!) | 0;
    if (more === 0) return 0;
    this.#seen[worker]![at] = count;
    const inside = refusals[word + RefusalWord.Inside]! as WireIpv4;
    this.#last.set(at, { protocol: refusals[word + RefusalWord.Protocol]!, inside });
    return Math.max(0, more);
  }

  #write(at: number, refused: number, seconds: number): void {
    const zoneId = Math.floor(at / Refusal.Count);
    const [natEvent, quota] = EVENTS[at % Refusal.Count]!;
    const last = this.#last.get(at)!;
    const zone = this.#names.get(zoneId);
    const limit = this.limitOf(quota);
    this.#take({ kind: 'refusal', natEvent, timeMs: this.wallMs(), quota, zoneId, zone, ...last, refused, seconds, limit });
  }
}
