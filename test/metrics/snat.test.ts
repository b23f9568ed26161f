import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ShownSnat } from '../../src/control/show/shown.js';
import { TextRegistry } from '../../src/metrics/exposition.js';
import { registerSnat } from '../../src/metrics/snat.js';

async function samples(snat: ShownSnat | undefined): Promise<string[]> {
  const registry = new TextRegistry();
  registerSnat(registry, { snat });
  return (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('where SNAT services are, how often they moved, and floating IPs without a number', async () => {
  const routers = [
    { name: 'r1', here: true },
    { name: 'r2', here: false },
  ];
  assert.deepEqual(await samples({ routers, moves: { here: 3, away: 2 }, withoutNumber: 1 }), [
    'windrose_snat_active{router="r1"} 1',
    'windrose_snat_active{router="r2"} 0',
    'windrose_snat_moves_total{direction="here"} 3',
    'windrose_snat_moves_total{direction="away"} 2',
    'windrose_floating_ips_without_number 1',
  ]);
});

test('a host with a store of its own counts no moves, a gateway that is no host has no samples', async () => {
  assert.deepEqual(await samples({ routers: [], moves: undefined, withoutNumber: 0 }), [
    'windrose_floating_ips_without_number 0',
  ]);
  assert.deepEqual(await samples(undefined), []);
});
