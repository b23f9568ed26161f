import type { Logger } from 'pino';
import { NatEvent } from '../tables/eventRing.js';
import { type EventRecord, Threshold, type ThresholdRecord } from './events/record.js';
import { portUses } from './show/portUse.js';
import type { Shown } from './show/shown.js';
import { sessionLimit, sessionTotal } from './show/totals.js';

/** Shares that are told when they are reached (EXH-4), highest first. */
const STEPS = [0.9, 0.8] as const;
/** A step is left again when the share is this much below it, so that one that swings about a step is told once. */
const SLACK = 0.05;
const protocols = [
  ['tcp', 6],
  ['udp', 17],
  ['icmp', 1],
] as const;

/** What a threshold is of, as the record of NAT events says it. */
type Of = Pick<ThresholdRecord, 'threshold' | 'zoneId' | 'zone' | 'protocol'>;

/**
 * Port pools by zone and protocol, and the session table, that pass 80 or 90 %: one line per crossing, one when they are below again.
 * `note` is given each crossing for the record of NAT events.
 */
export function logThresholds(shown: Shown, log: Logger, note: (record: EventRecord) => void = () => {}): () => void {
  const reached = new Map<string, number>();
  const look = (what: Record<string, string>, used: number, capacity: number, of: Of): void => {
    if (capacity === 0) return;
    const key = Object.values(what).join('/');
    const share = used / capacity;
    const before = reached.get(key) ?? 0;
    const now = STEPS.find((step) => share >= (step <= before ? step - SLACK : step)) ?? 0;
    if (now === before) return;
    reached.set(key, now);
    const about = { ...what, used, capacity, percent: Math.floor(share * 100) };
    if (now > before) {
      log.warn({ ...about, natEvent: NatEvent.ThresholdReached }, `${now * 100} % reached`);
      const percent = now * 100;
      note({ kind: 'threshold', natEvent: NatEvent.ThresholdReached, timeMs: Date.now(), ...of, used, capacity, percent });
    } else log.info(about, `below ${before * 100} % again`);
  };
  return () => {
    const slots = shown.index.addresses();
    for (const { name, localAddresses } of shown.built.zones) {
      const uses = localAddresses.map((address) => portUses(shown.states, slots.get(address)!, shown.built));
      const zoneId = shown.index.zone(name);
      for (const [protocol, number] of protocols) {
        const used = uses.reduce((sum, ports) => sum + ports[protocol].used, 0);
        const capacity = uses.reduce((sum, ports) => sum + ports[protocol].capacity, 0);
        const of = { threshold: Threshold.Ports, zoneId, zone: name, protocol: number };
        look({ zone: name, protocol }, used, capacity, of);
      }
    }
    const of = { threshold: Threshold.Sessions, zoneId: -1, zone: undefined, protocol: 0 };
    look({ table: 'sessions' }, sessionTotal(shown.states), sessionLimit(shown.states), of);
  };
}
