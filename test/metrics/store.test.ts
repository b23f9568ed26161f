import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import type { ShownStore } from '../../src/control/show/shown.js';
import { TextRegistry } from '../../src/metrics/exposition.js';
import { registerStore } from '../../src/metrics/store.js';
import { StoreCounts } from '../../src/store/counts.js';
import type { Boot } from '../../src/store/presence.js';
import { objectsOf } from '../objects/sample.js';

const boot: Boot = { bootId: 'b', since: 0, version: '', process: '', leaving: false };

function host(lostSince?: number) {
  const registry = new TextRegistry();
  const counts = new StoreCounts();
  const store: ShownStore = { reachable: true, read: 9, applied: 7, waiting: 2.5, held: true, counts, differences: 1 };
  const hosts = new Map([
    ['h1', { boot, silentSince: undefined }],
    ['h2', { boot, silentSince: 1 }],
    ['h3', { boot: { ...boot, leaving: true }, silentSince: 1 }],
    ['h4', { boot, silentSince: undefined }],
    ['removed', { boot, silentSince: 1 }],
  ]);
  const objects = objectsOf({
    hosts: `hosts:\n${['h1', 'h2', 'h3', 'h4', 'never'].map((name, i) => `  - { name: ${name}, vtep: 192.0.2.${i + 1} }`).join('\n')}`,
  });
  const own = { objects, host: 'h1', view: undefined as never };
  registerStore(registry, {
    store,
    objects: own,
    life: { store: { range: assert.fail }, others: { hosts, lostSince }, shared: true },
  });
  return { registry, counts };
}

test('the store, its requests and the hosts in it', async () => {
  const { registry, counts } = host();
  counts.request('range', 'ok', 0.00390625);
  counts.request('range', 'failed', 20);
  counts.request('range', 'ok', 0.00390625);
  counts.request('transact', 'conflict', 0.2);
  counts.relist('compacted');
  counts.events = 12;
  const lines = (await registry.metrics()).split('\n');
  for (const line of [
    'windrose_store_up 1',
    'windrose_store_revision 9',
    'windrose_store_applied_revision 7',
    'windrose_store_lag_seconds 2.5',
    'windrose_store_lease_held 1',
    'windrose_store_hosts{state="alive"} 2',
    'windrose_store_hosts{state="stopped"} 1',
    'windrose_store_hosts{state="silent"} 1',
    'windrose_store_hosts{state="unknown"} 0',
    'windrose_store_requests_total{request="range",result="ok"} 2',
    'windrose_store_requests_total{request="range",result="failed"} 1',
    'windrose_store_requests_total{request="transact",result="conflict"} 1',
    'windrose_store_requests_total{request="keepalive",result="ok"} 0',
    'windrose_store_request_seconds_bucket{request="range",le="0.0025"} 0',
    'windrose_store_request_seconds_bucket{request="range",le="0.005"} 2',
    'windrose_store_request_seconds_bucket{request="range",le="10"} 2',
    'windrose_store_request_seconds_bucket{request="range",le="+Inf"} 3',
    'windrose_store_request_seconds_sum{request="range"} 20.0078125',
    'windrose_store_request_seconds_count{request="range"} 3',
    'windrose_store_events_total 12',
    'windrose_store_watches_ended_total{cause="compacted"} 1',
    'windrose_store_watches_ended_total{cause="broken"} 0',
    'windrose_store_audit_differences_total 1',
  ])
    assert.ok(lines.includes(line), line);
});

test('while the store is away this host alone is known to live', async () => {
  const lines = (await host(5).registry.metrics()).split('\n');
  assert.deepEqual(
    lines.filter((line) => line.startsWith('windrose_store_hosts{')),
    ['alive"} 1', 'starting"} 0', 'stopped"} 0', 'silent"} 0', 'unknown"} 3'].map(
      (rest) => `windrose_store_hosts{state="${rest}`,
    ),
  );
});

test('a gateway that is no host has no samples', async () => {
  const registry = new TextRegistry();
  registerStore(registry, {});
  assert.deepEqual(
    (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#')),
    [],
  );
});

const promtool = spawnSync('promtool', ['--version']).error === undefined;

test('promtool finds nothing', { skip: promtool ? false : 'promtool is not installed' }, async () => {
  const input = await host().registry.metrics();
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8', timeout: 20_000 });
  assert.deepEqual([status, stdout, stderr], [0, '', '']);
});
