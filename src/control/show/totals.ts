import type { IfaceConfig } from '../../config/config.js';
import { CounterEvent, CounterRoom, IfaceCounter, ZoneCounter } from '../../shared/counters.js';
import { Verdict } from '../../shared/verdict.js';
import { sessionsOfAll } from '../../tables/elsewhere.js';
import { GONE_IFACE } from '../../tables/rifs.js';
import type { State } from '../../tables/state.js';
import type { BuiltRif } from '../buildRifs.js';
import type { Built } from '../buildSnapshot.js';
import { baselinesOf } from './baselines.js';

/** Counters summed over the workers' rows (K11). Each has one writer, so a sum is at most a turn old. */

export function verdictTotal(states: readonly State[], verdict: Verdict): number {
  return states.reduce((sum, { counters }) => sum + counters.verdicts[verdict]!, 0);
}

export function eventTotal(states: readonly State[], event: CounterEvent): number {
  return states.reduce((sum, { counters }) => sum + counters.events[event]!, 0);
}

/** `slot` is a router interface's index, or CounterRoom.FirstDevice + the number of a device. */
export function ifaceTotal(states: readonly State[], slot: number, counter: IfaceCounter): number {
  const at = slot * IfaceCounter.Count + counter;
  return states.reduce((sum, { counters }) => sum + counters.rifs[at]!, -baselinesOf(states).rifs[at]!);
}

/** Slot of what was sent where no device was (io/goneIface.ts), for `ifaceTotal`. */
export const NO_DEVICE: number = CounterRoom.FirstDevice + GONE_IFACE;

/** `slot` is the zone's state index. */
export function zoneTotal(states: readonly State[], slot: number, counter: ZoneCounter): number {
  const at = slot * ZoneCounter.Count + counter;
  return states.reduce((sum, { counters }) => sum + counters.zones[at]!, -baselinesOf(states).zones[at]!);
}

/** Sessions of all workers; rows that only say which worker has the session are none. */
export function sessionTotal(states: readonly State[]): number {
  return Math.max(0, sessionsOfAll(states.map(({ sessions }) => sessions.head)));
}

/** Most sessions there can be: every worker's table has room for all of them. */
export function sessionLimit(states: readonly State[]): number {
  return states[0]!.sessions.capacity;
}

/** Received frames that wait for a neighbour: every one that leaves the queue counts as Requeued, and so does every fragment. */
export function framesWaiting(states: readonly State[]): number {
  const left = eventTotal(states, CounterEvent.Requeued) - eventTotal(states, CounterEvent.FragmentsReleased);
  return Math.max(0, verdictTotal(states, Verdict.Queued) - left);
}

/** Fragments that wait for the first one of their datagram. */
export function fragmentsWaiting(states: readonly State[]): number {
  return Math.max(0, verdictTotal(states, Verdict.FragmentHeld) - eventTotal(states, CounterEvent.FragmentsReleased));
}

/** A line of `show ifaces` and a value of the label `iface`: a router interface, or a device that has only VLANs. */
export interface IfaceSlots {
  readonly name: string;
  readonly device: IfaceConfig;
  /** Undefined for a device that only carries VLANs. */
  readonly rif: BuiltRif | undefined;
  /** 802.1Q VLAN id, 0 = untagged. */
  readonly vlan: number;
  /** Slots to sum: the device's own line includes the frames that belong to no router interface. */
  readonly slots: readonly number[];
}

/** Every device with its own line, each followed by its VLANs, in the order of the file. */
export function listIfaces({ config, rifs }: Pick<Built, 'config' | 'rifs'>): IfaceSlots[] {
  return config.ifaces.flatMap((device) => {
    const own = rifs.find((rif) => rif.config === device);
    const vlans = rifs.filter((rif) => device.vlans.some((vlan) => vlan === rif.config));
    const deviceSlot = CounterRoom.FirstDevice + (own ?? vlans[0])!.iface;
    return [
      { name: device.name, device, rif: own, vlan: 0, slots: own === undefined ? [deviceSlot] : [own.index, deviceSlot] },
      ...vlans.map((rif) => ({ name: rif.config.name, device, rif, vlan: rif.vlan, slots: [rif.index] })),
    ];
  });
}

/** Names of the router interfaces by their number. */
export function rifNames({ rifs }: Pick<Built, 'rifs'>): ReadonlyMap<number, string> {
  return new Map(rifs.map((rif) => [rif.index, rif.config.name]));
}

/** A counter of one line, over its slots and all workers. */
export function ifaceSum(states: readonly State[], { slots }: IfaceSlots, counter: IfaceCounter): number {
  return slots.reduce((sum, slot) => sum + ifaceTotal(states, slot, counter), 0);
}
