import type { Snapshot } from '../tables/snapshot.js';

/**
 * The largest tables of a configuration (a quarter of a MiB each) stay the same memory while they say the same. Workers let go of what
 * they no longer use when they collect garbage, and frames leave none: with new ones for every change, those of all changes since would
 * be held. Nobody writes them once they are built.
 */
export function keepTables(after: Snapshot, before: Snapshot | undefined): Snapshot {
  if (before === undefined) return after;
  const { rifs, switching } = after;
  const { networks } = switching;
  return {
    ...after,
    rifs: { ...rifs, byVlan: oneOf(before.rifs.byVlan, rifs.byVlan) },
    switching: {
      ...switching,
      networks: { ...networks, byVlan: oneOf(before.switching.networks.byVlan, networks.byVlan) },
    },
  };
}

/** `before` where both say the same. */
function oneOf<T extends Uint16Array | Int32Array>(before: T, after: T): T {
  return before.length === after.length && octets(before).equals(octets(after)) ? before : after;
}

function octets({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
