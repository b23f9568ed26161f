import type { Logger } from 'pino';
import { ZoneCounter } from '../shared/counters.js';
import { Verdict, verdictSpec } from '../shared/verdict.js';
import { CountedLine } from './loggingRate.js';
import type { Shown } from './show/shown.js';
import { verdictTotal, zoneTotal } from './show/totals.js';

/** LOG-3. */
const WINDOW_MS = 10_000;
/** IPFIX natEvent numbers (RFC 8158 4.3): all ports of a pool are taken; a quota of the gateway is. */
const PORTS_EXHAUSTED = 12;
const QUOTA_EXCEEDED = 13;
/** What the gateway itself ran out of, whatever the zone. */
const TABLES = [
  Verdict.DropSessionsFull,
  Verdict.DropHostsFull,
  Verdict.DropRouterSessionsFull,
  Verdict.DropRouterHostsFull,
  Verdict.DropFragmentsFull,
  Verdict.DropNeighborTableFull,
  Verdict.DropScratchFull,
] as const;

/** Refusals for want of ports, by zone, and for want of room, by table: a line at once, then one per 10 s with a count. */
export function logExhaustion(shown: Shown, log: Logger, nowMs: () => number): () => void {
  const refusals = new CountedLine(WINDOW_MS, (zone, refused, seconds) => {
    log.warn(
      { zone, refused, ...over(seconds), natEvent: PORTS_EXHAUSTED },
      'zone refuses sessions: no address with a free port',
    );
  });
  const drops = new CountedLine(WINDOW_MS, (reason, dropped, seconds) => {
    log.warn({ reason, dropped, ...over(seconds), natEvent: QUOTA_EXCEEDED }, 'frames are dropped: a table is full');
  });
  const before = new Map<string, number>();
  /** How much a counter rose since the last look. */
  const rise = (key: string, now: number): number => {
    // Counters begin at 0 with the process: what happened before the first look counts too.
    const last = before.get(key) ?? 0;
    before.set(key, now);
    return Math.max(0, now - last);
  };
  return () => {
    const { states, index, built } = shown;
    const full = rise('ports', verdictTotal(states, Verdict.DropPortsExhausted));
    for (const { name, localAddresses } of built.zones) {
      const refused = rise(`zone ${name}`, zoneTotal(states, index.zone(name), ZoneCounter.Refused));
      // A zone without addresses refuses on purpose; a full session table refuses in every zone and is told below.
      refusals.add(name, localAddresses.length === 0 ? 0 : Math.min(refused, full), nowMs());
    }
    for (const table of TABLES) {
      const { reason } = verdictSpec(table);
      drops.add(reason, rise(reason, verdictTotal(states, table)), nowMs());
    }
  };
}

function over(seconds: number): { seconds?: number } {
  return seconds === 0 ? {} : { seconds };
}
