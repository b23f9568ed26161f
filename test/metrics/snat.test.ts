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
  const left = { kind: 'service', table: 'zones', limit: 4095, needs: {} } as const;
  const withoutRoom = ['r1', 'r2'].map((name) => ({ ...left, name }));
  assert.deepEqual(await samples({ routers, moves: { here: 3, away: 2 }, withoutNumber: 1, withoutRoom }), [
    'windrose_snat_active{router="r1"} 1',
    'windrose_snat_active{router="r2"} 0',
    'windrose_snat_moves_total{direction="here"} 3',
    'windrose_snat_moves_total{direction="away"} 2',
    'windrose_floating_ips_without_number 1',
    'windrose_objects_without_room{kind="port"} 0',
    'windrose_objects_without_room{kind="router"} 0',
    'windrose_objects_without_room{kind="service"} 2',
    'windrose_objects_without_room{kind="floating IP"} 0',
  ]);
});

test('a host with a store of its own counts no moves, a gateway that is no host has no samples', async () => {
  const lines = await samples({ routers: [], moves: undefined, withoutNumber: 0, withoutRoom: [] });
  assert.deepEqual(
    lines.filter((line) => !line.endsWith(' 0')),
    [],
  );
  assert.ok(!lines.some((line) => line.includes('moves')));
  assert.deepEqual(await samples(undefined), []);
});
