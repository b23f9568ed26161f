import { TABLE_LOCAL } from '../config/routingConfig.js';
import { sharedWords } from '../shared/words.js';
import { type Addresses, AddressKind, AddressRow } from '../tables/addresses.js';
import { buildTrie, type TriePrefix } from '../tables/prefixTrie.js';
import { hostOrder, maskOf, type WireIpv4, wireOrder } from '../types/ipv4.js';
import type { BuiltRif } from './buildRifs.js';
import type { RouterScope } from './routerScope.js';

/**
 * A local address that takes no new session (zones.md 1.8): the configuration calls it draining, or names it no longer while
 * sessions use it. It is answered for and translated back until the last one ends; one that the configuration does not name is
 * forgotten then. Making it active again keeps its sessions.
 */
export interface DrainingAddress {
  readonly address: WireIpv4;
  /** Zone it belongs to, or belonged to last. */
  readonly zone: string;
  /** `removed`: its sessions are being ended. */
  readonly state: 'draining' | 'removed';
  /** Since when it takes no new session: monotonic milliseconds of this process. */
  readonly sinceMs: number;
}

/** What is said of a prefix, before compilation. */
export interface BuiltAddress {
  readonly address: number;
  readonly length: number;
  readonly kind: AddressKind;
  readonly rif: number;
  /** An external address that only static mappings have. */
  readonly mapped?: true;
}

/**
 * What addresses are to the gateway: connected subnets with their network and broadcast addresses, the router's own addresses, the
 * zones' local addresses and the external ones of static mappings, and what else the file puts into table local. Of two with one
 * prefix the later in this list decides, so own addresses come last. Where packets go is another matter (control/routing).
 */
export function listAddresses(
  config: RouterScope,
  rifs: readonly BuiltRif[],
  draining: readonly DrainingAddress[],
): BuiltAddress[] {
  const byName = new Map(rifs.map((rif) => [rif.config.name, rif.index]));
  const built: BuiltAddress[] = [];
  for (const { table, type, to, nexthops } of config.routes) {
    if (table !== TABLE_LOCAL || (type !== 'local' && type !== 'broadcast')) continue;
    const rif = byName.get(nexthops[0]?.dev ?? '') ?? -1;
    const own = type === 'local' ? AddressKind.Local : AddressKind.Broadcast;
    built.push({ address: to.address, length: to.length, kind: own, rif });
  }
  // Table main, where connected subnets are, is asked after table local: a prefix there that covers one leaves nothing of it.
  const configured = [...built];
  for (const rif of rifs)
    for (const own of rif.config.addresses)
      for (const one of connected(own.address, own.mask, own.length, rif.index))
        if (one.kind !== AddressKind.Connected || !configured.some((other) => covers(other, one))) built.push(one);
  // Addresses that only static mappings have are answered for like those of zones; they have no pool.
  const pooled = new Set([...config.zones.flatMap((zone) => zone.localAddresses), ...draining.map(({ address }) => address)]);
  const mapped = new Set(config.staticMappings.map(({ external }) => external.address));
  const answered = (address: WireIpv4): BuiltAddress => {
    return { address, length: 32, kind: AddressKind.Zone, rif: rifTowards(rifs, address) };
  };
  for (const address of pooled) built.push(answered(address));
  for (const address of mapped) if (!pooled.has(address)) built.push({ ...answered(address), mapped: true });
  for (const rif of rifs) {
    for (const own of rif.config.addresses)
      built.push({ address: own.address, length: 32, kind: AddressKind.Local, rif: rif.index });
  }
  return built;
}

/**
 * `pools`: address index of each local address (StateIndex). Sorts by ascending length, stably, so that the trie's later entries
 * are the more specific ones.
 */
export function buildAddresses(list: readonly BuiltAddress[], pools: ReadonlyMap<number, number>): Addresses {
  const sorted = [...list].sort((a, b) => a.length - b.length);
  const rows = sharedWords(Math.max(1, sorted.length) * AddressRow.Words);
  const prefixes: TriePrefix[] = sorted.map((one, i) => {
    rows[i * AddressRow.Words + AddressRow.Kind] = one.kind;
    rows[i * AddressRow.Words + AddressRow.Rif] = one.rif;
    const pooled = one.kind === AddressKind.Zone || one.kind === AddressKind.Local;
    rows[i * AddressRow.Words + AddressRow.Pool] = pooled ? (pools.get(one.address) ?? -1) + 1 : 0;
    return { address: one.address, length: one.length, value: i };
  });
  return { trie: buildTrie(prefixes), rows };
}

function covers(outer: BuiltAddress, inner: BuiltAddress): boolean {
  return outer.length <= inner.length && ((outer.address ^ inner.address) & maskOf(outer.length)) === 0;
}

/** A subnet on an interface, with its network and broadcast addresses. */
export function connected(address: WireIpv4, mask: WireIpv4, length: number, rif: number): BuiltAddress[] {
  const network = address & mask;
  const built: BuiltAddress[] = [{ address: network, length, kind: AddressKind.Connected, rif }];
  if (length > 30) return built;
  const broadcast = wireOrder((hostOrder(network as WireIpv4) | (0xffff_ffff >>> length)) >>> 0);
  for (const edge of [network, broadcast]) built.push({ address: edge, length: 32, kind: AddressKind.Broadcast, rif });
  return built;
}

/** The outside interface in whose subnet a local address lies (it answers ARP there); -1: the address is routed to us. */
export function rifTowards(rifs: readonly BuiltRif[], address: number): number {
  for (const rif of rifs) {
    if (rif.config.role !== 'outside') continue;
    for (const own of rif.config.addresses) if ((address & own.mask) === (own.address & own.mask)) return rif.index;
  }
  return -1;
}
