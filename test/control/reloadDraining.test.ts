import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Config } from '../../src/config/config.js';
import { loadConfig } from '../../src/config/load.js';
import type { DrainingAddress } from '../../src/control/buildAddresses.js';
import { drainingAfter } from '../../src/control/reload/draining.js';
import { nextStatus, startedStatus } from '../../src/control/reload/status.js';
import { StateIndex } from '../../src/control/stateIndex.js';
import { allocateState, stateOf } from '../../src/tables/state.js';
import { formatIpv4 } from '../../src/types/ipv4.js';
import { ip } from './made.js';

function zones(...list: readonly string[]): Config {
  const ifaces =
    'ifaces: [{ tap: a, role: inside, addresses: [10.0.0.1/8] }, { tap: b, role: outside, addresses: [1.2.0.1/16] }]';
  const text = `${ifaces}\nzones:\n${list.map((one, i) => `  - { name: z${i}, match: 10.${i}.0.0/16, localAddresses: [${one}] }\n`).join('')}`;
  const { config, issues } = loadConfig(list.length === 0 ? ifaces : text, 'test');
  assert.ok(config, issues.map(({ message }) => message).join('; '));
  return config;
}

const text = (list: readonly DrainingAddress[]): string[] =>
  list.map(({ address, zone, state, sinceMs }) => `${formatIpv4(address)} ${zone} ${state} ${sinceMs}`);
const after = (before: Config, next: Config, draining: readonly DrainingAddress[] = []): string[] =>
  text(drainingAfter({ config: before, draining }, next, 50));

describe('which addresses drain', () => {
  test('one that is named no more, whether used or not', () =>
    assert.deepEqual(after(zones('1.2.9.1, 1.2.9.2'), zones('1.2.9.2')), ['1.2.9.1 z0 draining 50']));
  test('all of a zone that is gone', () =>
    assert.deepEqual(after(zones('1.2.9.1', '1.2.9.2'), zones('1.2.9.1')), ['1.2.9.2 z1 draining 50']));
  test('none that moved to another zone', () =>
    assert.deepEqual(after(zones('1.2.9.1', '1.2.9.2'), zones('1.2.9.1, 1.2.9.2')), []));
  test('one the file calls draining, from the start too', () => {
    const named = zones('{ address: 1.2.9.1, state: draining }, 1.2.9.2');
    assert.deepEqual(after(zones('1.2.9.1, 1.2.9.2'), named), ['1.2.9.1 z0 draining 50']);
    assert.deepEqual(text(drainingAfter(undefined, named, 7)), ['1.2.9.1 z0 draining 7']);
  });
  test('one the file calls removed, only if it was served', () => {
    const removed = zones('{ address: 1.2.9.1, state: removed }, { address: 1.2.9.3, state: removed }, 1.2.9.2');
    assert.deepEqual(after(zones('1.2.9.1, 1.2.9.2'), removed), ['1.2.9.1 z0 removed 50']);
    assert.deepEqual(text(drainingAfter(undefined, removed, 7)), []);
  });
  test('one that drains already keeps its time; named again it is active', () => {
    const draining: DrainingAddress[] = [{ address: ip('1.2.9.1'), zone: 'old', state: 'draining', sinceMs: 3 }];
    assert.deepEqual(after(zones('1.2.9.2'), zones('1.2.9.2'), draining), ['1.2.9.1 old draining 3']);
    assert.deepEqual(after(zones('1.2.9.2'), zones('1.2.9.2, 1.2.9.1'), draining), []);
  });
});

describe('slots of addresses', () => {
  const index = () =>
    new StateIndex(
      stateOf(allocateState({ workers: 1, sessions: 64, neighbors: 16, addresses: 2, hosts: 64 }, { k0: 1, k1: 2 }), 0).ports,
    );
  test('one that was forgotten gives its slot and its range away', () => {
    const slots = index();
    assert.deepEqual([slots.address(1, 1024, 2047), slots.address(2, 1024, 2047)], [0, 1]);
    assert.throws(() => slots.address(3, 1024, 2047), /limits\.localAddresses \(2\)/);
    slots.forgetAddress(1);
    assert.equal(slots.rangeOf(1), undefined);
    assert.equal(slots.address(3, 5000, 6000), 0);
    assert.deepEqual(slots.rangeOf(3), { low: 5000, high: 6000 });
    assert.throws(() => slots.address(1, 1024, 2047), /limits\.localAddresses/);
  });
});

test('what became of the reloads', () => {
  const refused = nextStatus(startedStatus(10), false, 20);
  assert.deepEqual(refused, { lastAtMs: 20, lastSuccess: false, lastSuccessAtMs: 10, count: 1, failures: 1 });
  assert.deepEqual(nextStatus(refused, true, 30), {
    lastAtMs: 30,
    lastSuccess: true,
    lastSuccessAtMs: 30,
    count: 2,
    failures: 1,
  });
});
