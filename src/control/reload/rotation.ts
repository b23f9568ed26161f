import type { Config } from '../../config/config.js';
import type { StateIndex } from '../stateIndex.js';

/**
 * Keeps each zone's place in its rotation over a change of its addresses (ZON-5): the next new session gets the address it would
 * have got, or, when that one is gone, the next after it that is still there. The cursor counts sessions and the address is its
 * remainder by their number, so it is moved where number or order change. Sessions that workers make while they swap tables may
 * still step by the old list: the rotation is off by these few, once.
 */
export function keepPlaces(before: Config, after: Config, index: StateIndex, cursors: Int32Array): void {
  for (const zone of after.zones) {
    const was = before.zones.find(({ name }) => name === zone.name)?.localAddresses ?? [];
    const is = zone.localAddresses;
    if (was.length === is.length && was.every((address, i) => address === is[i])) continue;
    const slot = index.zone(zone.name);
    for (;;) {
      const cursor = Atomics.load(cursors, slot);
      const place = placeAfter(was, cursor, is);
      // A worker that stepped meanwhile is heard: the place is looked up again.
      if (place === undefined || Atomics.compareExchange(cursors, slot, cursor, place) === cursor) break;
    }
  }
}

/** Index in `is` of the address that comes next; undefined when nothing of `was` is left. `cursor` is a 32-bit counter. */
export function placeAfter<T>(was: readonly T[], cursor: number, is: readonly T[]): number | undefined {
  for (let step = 0; step < was.length; step++) {
    const place = is.indexOf(was[((cursor >>> 0) + step) % was.length]!);
    if (place >= 0) return place;
  }
  return undefined;
}
