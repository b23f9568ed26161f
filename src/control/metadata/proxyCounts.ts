import { OUTCOMES, type Outcome, type PortCounts, type ProxyCounts, REFUSALS, type Refusal } from './proxy/messages.js';

type Totals = Pick<ProxyCounts, 'requests' | 'refused'>;

/** What the proxy has counted since the gateway began: a process of it that ended is counted on with. */
export class CountsOfProxy {
  #before: Totals = totals();
  #now: ProxyCounts | undefined;

  take(counts: ProxyCounts): void {
    this.#now = counts;
  }

  /** Its process has ended. */
  settle(): void {
    this.#before = this.totals();
    this.#now = undefined;
  }

  totals(): Totals {
    const now = this.#now;
    if (now === undefined) return this.#before;
    return {
      requests: sum(OUTCOMES, this.#before.requests, now.requests),
      refused: sum(REFUSALS, this.#before.refused, now.refused),
    };
  }

  get connections(): number {
    return this.#now?.connections ?? 0;
  }

  /** Why the endpoint was not reached the last time; empty: it was, or nobody has asked. */
  get failure(): string {
    return this.#now?.failure ?? '';
  }

  port(name: string): PortCounts {
    const none = { port: name, connections: 0, requests: 0, refused: 0, status: 0 };
    return this.#now?.ports.find(({ port }) => port === name) ?? none;
  }
}

function totals(): Totals {
  const zero = <K extends string>(keys: readonly K[]) => Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
  return { requests: zero<Outcome>(OUTCOMES), refused: zero<Refusal>(REFUSALS) };
}

function sum<K extends string>(
  keys: readonly K[],
  a: Readonly<Record<K, number>>,
  b: Readonly<Record<K, number>>,
): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, a[key] + b[key]])) as Record<K, number>;
}
