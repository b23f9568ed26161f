import type { Built } from '../control/buildSnapshot.js';
import type { WireIpv4 } from '../types/ipv4.js';

/** Local addresses of a zone that has or had any. */
export interface ZoneAddresses {
  readonly zone: string;
  /** False for one that is gone. */
  readonly configured: boolean;
  readonly active: readonly WireIpv4[];
  /** Those that take no new session. */
  readonly leaving: readonly WireIpv4[];
}

const made = new WeakMap<Pick<Built, 'zones' | 'draining'>, readonly ZoneAddresses[]>();

/**
 * Zones in the order of the configuration, then those that are gone and whose addresses still drain. Put together once for
 * each configuration in force: a scrape of a thousand zones must not look for each among all.
 */
export function zoneAddresses(built: Pick<Built, 'zones' | 'draining'>): readonly ZoneAddresses[] {
  const known = made.get(built);
  if (known !== undefined) return known;
  const zones = new Map<string, { zone: string; configured: boolean; active: readonly WireIpv4[]; leaving: WireIpv4[] }>();
  for (const { name, localAddresses } of built.zones)
    zones.set(name, { zone: name, configured: true, active: localAddresses, leaving: [] });
  for (const { zone, address } of built.draining) {
    const one = zones.get(zone) ?? { zone, configured: false, active: [], leaving: [] };
    one.leaving.push(address);
    zones.set(zone, one);
  }
  const all = [...zones.values()];
  made.set(built, all);
  return all;
}
