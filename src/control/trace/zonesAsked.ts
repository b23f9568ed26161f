import { AddressKind, AddressRow } from '../../tables/addresses.js';
import { trieLookup } from '../../tables/prefixTrie.js';
import { Rif } from '../../tables/rifs.js';
import type { Scene } from './scene.js';
import { type Asked, tellWay } from './wayTold.js';

/** Zones by source that a packet from inside is asked for (resolve/snat.ts): those of the gateway it leaves by, where the router has several. */
export function zonesAsked({ shown, packet }: Pick<Scene, 'shown' | 'packet'>, asked: Asked): Int32Array {
  const { zones, rifs, addresses } = shown.built.snapshot;
  if (zones.ofGateways.length === 0) return zones.trie;
  const row = trieLookup(addresses.trie, asked.destination);
  const kind = row < 0 ? -1 : addresses.rows[row * AddressRow.Words + AddressRow.Kind]!;
  // It turns back, and leaves by none (resolve/hairpin.ts).
  if (kind === AddressKind.Zone || kind === AddressKind.Local) return zones.trie;
  const { rif } = tellWay({ shown, packet }, asked);
  const own = rif < 0 ? 0 : rifs.rows[rif * Rif.Words + Rif.Zones]!;
  return own === 0 ? zones.trie : zones.ofGateways[own - 1]!;
}
