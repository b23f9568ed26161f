import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StateIndex } from '../../src/control/stateIndex.js';
import { allocateState, stateOf } from '../../src/tables/state.js';

function index(addresses: number): StateIndex {
  return new StateIndex(
    stateOf(allocateState({ workers: 1, sessions: 8, neighbors: 8, addresses, hosts: 64 }, { k0: 1, k1: 2 }), 0).ports,
  );
}

test('a refused configuration gives back every slot it took, and only those', () => {
  const slots = index(4);
  slots.zone('a');
  slots.rif('lan');
  slots.iface('tap t0');
  for (const address of [1, 2]) slots.address(address, 1024, 2047);
  slots.forgetAddress(1);
  for (let round = 0; round < 2000; round++) {
    const giveBack = slots.mark();
    assert.equal(slots.zone(`zone ${round}`), 1);
    assert.equal(slots.rif(`rif ${round}`), 1);
    assert.equal(slots.iface(`tap x${round}`), 1);
    for (const address of [10, 11, 12]) slots.address(address + round * 8, 4096, 8191);
    assert.throws(() => slots.address(9, 1024, 2047), RangeError);
    giveBack();
  }
  assert.deepEqual([...slots.zoneNames()], [['a', 0]]);
  assert.deepEqual([...slots.addresses()], [[2, 1]]);
  assert.deepEqual(slots.rangeOf(2), { low: 1024, high: 2047 });
  assert.equal(slots.address(7, 1024, 2047), 0, 'the slot given back first is used first');
});
