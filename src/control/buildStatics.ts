import type { Config } from '../config/config.js';
import { sharedWords } from '../shared/words.js';
import type { HashKey } from '../tables/hash.js';
import { linearInsert, linearSlots } from '../tables/linearSlots.js';
import { swapPort } from '../tables/portBlocks.js';
import { Static, type Statics, staticHash } from '../tables/statics.js';

/** A static mapping; all as loaded, protocol 0 and ports 0 for a whole host. */
export interface StaticEntry {
  readonly inside: number;
  readonly external: number;
  readonly protocol: number;
  readonly insidePort: number;
  readonly externalPort: number;
}

export const PROTOCOL_NUMBERS = { tcp: 6, udp: 17 } as const;

/** Configured mappings as the data plane has them. */
export function staticEntries({ staticMappings }: Pick<Config, 'staticMappings'>): StaticEntry[] {
  return staticMappings.map(({ protocol, external, inside }) => ({
    inside: inside.address,
    external: external.address,
    protocol: protocol === undefined ? 0 : PROTOCOL_NUMBERS[protocol],
    insidePort: swapPort(inside.port),
    externalPort: swapPort(external.port),
  }));
}

/**
 * Ports that mappings have of the pools of zones, which are never handed out (PRT-6): rows of address index, protocol and port in
 * host order. `pools`: address index of each local address (StateIndex).
 */
export function reservedPorts({ staticMappings }: Pick<Config, 'staticMappings'>, pools: ReadonlyMap<number, number>): number[] {
  return staticMappings.flatMap(({ protocol, external }) => {
    const pool = pools.get(external.address);
    return protocol === undefined || pool === undefined ? [] : [pool, PROTOCOL_NUMBERS[protocol], external.port];
  });
}

/** Needs to be no secret: the table holds what the operator wrote. */
const KEY: HashKey = { k0: 0x5eed_0001, k1: 0x5eed_0002 };

export function buildStatics(entries: readonly StaticEntry[]): Statics {
  const slots = linearSlots(entries.length);
  const rows = sharedWords(Math.max(1, entries.length) * Static.Words);
  const t: Statics = {
    count: entries.length,
    rows,
    byInside: sharedWords(slots),
    byExternal: sharedWords(slots),
    mask: slots - 1,
    key: KEY,
  };
  entries.forEach((entry, i) => {
    const row = i * Static.Words;
    rows[row + Static.Inside] = entry.inside;
    rows[row + Static.External] = entry.external;
    rows[row + Static.Protocol] = entry.protocol;
    rows[row + Static.Ports] = entry.insidePort | (entry.externalPort << 16);
    linearInsert(t.byInside, staticHash(KEY, entry.inside, entry.protocol, entry.insidePort), i);
    linearInsert(t.byExternal, staticHash(KEY, entry.external, entry.protocol, entry.externalPort), i);
  });
  return t;
}
