import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSnapshot } from '../../src/control/buildSnapshot.js';
import { StateIndex } from '../../src/control/stateIndex.js';
import { allocateState, stateOf } from '../../src/tables/state.js';
import { configOf } from '../support/worldParts.js';

const yaml = (vlan: number, address: string) => `
name: kept
ifaces:
  - name: trunk
    tap: t0
    role: inside
    vlans: [{ id: ${vlan}, name: v, addresses: [10.0.1.1/24] }]
  - { name: wan, tap: t1, role: outside, addresses: [192.0.2.1/24] }
zones: [{ name: all, match: 10.0.0.0/8, localAddresses: [${address}] }]
`;

test('the largest tables are the same memory in the next configuration, as long as they say the same', () => {
  const sizes = { workers: 1, sessions: 64, neighbors: 16, addresses: 8, hosts: 64 };
  const index = new StateIndex(stateOf(allocateState(sizes, { k0: 1, k1: 2 }), 0).ports);
  const first = buildSnapshot(configOf(yaml(7, '192.0.2.9')), [1500, 1500], index, 1, 1);
  const second = buildSnapshot(configOf(yaml(7, '192.0.2.10')), [1400, 1400], index, 2, 2, [], first);
  const [a, b] = [first.snapshot, second.snapshot];
  assert.equal(b.rifs.byVlan.buffer, a.rifs.byVlan.buffer);
  assert.equal(b.switching.networks.byVlan.buffer, a.switching.networks.byVlan.buffer);
  assert.notEqual(b.rifs.rows.buffer, a.rifs.rows.buffer, 'MTUs differ');

  const before = Array.from(a.rifs.byVlan);
  const { snapshot: c } = buildSnapshot(configOf(yaml(8, '192.0.2.10')), [1400, 1400], index, 3, 3, [], second);
  assert.notEqual(c.rifs.byVlan.buffer, a.rifs.byVlan.buffer);
  assert.deepEqual(Array.from(a.rifs.byVlan), before, 'workers may still read the old one');
  const slot = index.iface('tap t0 ') << 12;
  assert.deepEqual([c.rifs.byVlan[slot | 7], c.rifs.byVlan[slot | 8]! > 0], [0, true]);
});
