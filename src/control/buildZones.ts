import type { Config, Reject as RejectName } from '../config/config.js';
import { buildTrie, type TriePrefix } from '../tables/prefixTrie.js';
import { Mode, Pooling, Reject, Zone, type Zones } from '../tables/zones.js';
import type { StateIndex } from './stateIndex.js';

const rejects: Readonly<Record<RejectName, Reject>> = {
  silent: Reject.Silent,
  'host-unreach': Reject.HostUnreachable,
  'port-unreach': Reject.PortUnreachable,
  'admin-prohib': Reject.AdminProhibited,
};

/** Zones in their order. The trie gets them last to first, so that the earliest zone has the last word on every address. */
export function buildZones(config: Config, index: StateIndex): Zones {
  const rows = new Int32Array(new SharedArrayBuffer(Math.max(1, config.zones.length) * Zone.Words * 4));
  const total = config.zones.reduce((sum, zone) => sum + zone.localAddresses.length, 0);
  const addresses = new Int32Array(new SharedArrayBuffer(Math.max(1, total) * 4));
  const pools = new Int32Array(new SharedArrayBuffer(Math.max(1, total) * 4));
  let next = 0;
  config.zones.forEach((zone, i) => {
    const at = i * Zone.Words;
    rows[at + Zone.State] = index.zone(zone.name);
    rows[at + Zone.First] = next;
    rows[at + Zone.Count] = zone.localAddresses.length;
    rows[at + Zone.RejectExhausted] = rejects[zone.reject ?? 'host-unreach'];
    rows[at + Zone.RejectEmpty] = rejects[zone.reject ?? 'port-unreach'];
    rows[at + Zone.Pooling] = Pooling.RoundRobin;
    rows[at + Zone.Modes] = Mode.On | (Mode.On << 8) | (Mode.On << 16);
    for (const address of zone.localAddresses) {
      addresses[next] = address;
      pools[next] = index.address(address, zone.ports.low, zone.ports.high);
      next++;
    }
  });
  const prefixes: TriePrefix[] = [];
  for (let i = config.zones.length - 1; i >= 0; i--) {
    for (const match of config.zones[i]!.match) prefixes.push({ address: match.address, length: match.length, value: i });
  }
  return { trie: buildTrie(prefixes), rows, addresses, pools, rejectNoZone: rejects[config.reject] };
}
