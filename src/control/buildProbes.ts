import type { ProbeConfig } from '../config/config.js';
import { ProbeSpec } from '../tables/probes.js';

/** Milliseconds of a tick. */
const TICK_MS = 100;

/** A probed next hop and where it is. */
export interface BuiltProbe {
  readonly config: ProbeConfig;
  /** Router interface. */
  readonly rif: number;
  readonly slot: number;
  readonly id: number;
}

/**
 * Gives each probed next hop its row. One that was probed before keeps the row, and so what is known of it; another gets one that was
 * nobody's before.
 */
export function buildProbes(
  probes: readonly ProbeConfig[],
  rifs: ReadonlyMap<string, number>,
  generation: number,
  before: readonly BuiltProbe[],
): BuiltProbe[] {
  const known = new Map(before.map((one) => [keyOf(one.config), one]));
  const taken = new Set(before.map(({ slot }) => slot));
  let free = 0;
  return probes.map((config): BuiltProbe => {
    const rif = rifs.get(config.dev)!;
    const kept = known.get(keyOf(config));
    if (kept !== undefined && kept.rif === rif) return { ...kept, config };
    while (taken.has(free)) free++;
    return { config, rif, slot: free++, id: generation };
  });
}

/** What workers get: rows of ProbeSpec.Words. */
export function probeSpecs(probes: readonly BuiltProbe[]): number[] {
  return probes.flatMap(({ config, rif, slot, id }) => {
    const row = new Array<number>(ProbeSpec.Words).fill(0);
    row[ProbeSpec.Slot] = slot;
    row[ProbeSpec.Id] = id;
    row[ProbeSpec.Rif] = rif;
    row[ProbeSpec.Gateway] = config.address;
    row[ProbeSpec.Interval] = Math.ceil(config.interval / TICK_MS);
    return row;
  });
}

function keyOf({ address, dev }: ProbeConfig): string {
  return `${address} ${dev}`;
}
