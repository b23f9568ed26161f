import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { loadConfig } from '../../src/config/load.js';
import { buildSnapshot } from '../../src/control/buildSnapshot.js';
import { StateIndex } from '../../src/control/stateIndex.js';
import { TextRegistry } from '../../src/metrics/exposition.js';
import { pulledCounter, pulledGauge, type Sample } from '../../src/metrics/pulled.js';
import { metricsRegistry } from '../../src/metrics/registry.js';
import { allocateState, stateOf } from '../../src/tables/state.js';
import { makeGateway } from '../control/made.js';

/** Names nobody should give to anything, and that must not end a line or a label. */
const WILD = ['plain', 'a"b', 'a\\', '\\n', 'line\nfeed', '"} 1\nother{x="', 'Zürich 東京 😀', '', '\u001b[31m'];

test('lines are those prom-client writes, whatever the label values', async () => {
  const samples = (): Sample[] =>
    WILD.flatMap((zone, i) => [[{ zone, kind: 'x' }, i] as const, [{ zone, kind: 'y' }, i + 0.5] as const]);
  const [ours, theirs] = [new TextRegistry(), new Registry()];
  for (const registry of [ours, theirs]) {
    const help = 'Back\\slash and\nline feed.';
    pulledCounter(registry, { name: 'a_total', help, labels: ['zone', 'kind'], samples });
    pulledGauge(registry, { name: 'b', help, labels: ['zone', 'kind'], samples });
    pulledGauge(registry, { name: 'c', help, samples: () => [[{}, 1e21]] });
  }
  const lines = (text: string) => text.split('\n').filter((line) => line !== '');
  assert.deepEqual(lines(await ours.metrics()), lines(await theirs.metrics()));
});

test('the whole registry says the same through prom-client', async () => {
  const registry = metricsRegistry(makeGateway().shown);
  const theirs = await Registry.prototype.metrics.call(registry);
  const steady = (text: string) =>
    text
      .split('\n')
      .filter(
        (line) => line !== '' && !/^(windrose_)?(process|nodejs|event_loop)/.test(line) && !/_seconds(_total)?\b/.test(line),
      );
  assert.deepEqual(steady(await registry.metrics()), steady(theirs));
});

/** Milliseconds of the quickest of several scrapes. */
async function quickest(zones: number): Promise<number> {
  const list = Array.from(
    { length: zones },
    (_, i) => ` - { match: 10.${i >> 8}.${i & 255}.0/24, localAddresses: [100.20.${i >> 8}.${i & 255}] }`,
  );
  const text = `ifaces:\n - { tap: t0, role: inside, addresses: [10.0.0.1/8] }\n - { name: wan, tap: t1, role: outside, addresses: [100.10.0.1/16] }\nlimits: { localAddresses: 4096 }\nzones:\n${list.join('\n')}\n`;
  const { config } = loadConfig(text, 'zones');
  assert.ok(config);
  const made = makeGateway();
  const state = stateOf(
    allocateState({ workers: 1, sessions: 64, neighbors: 16, addresses: 4096, hosts: 64 }, { k0: 1, k1: 2 }),
    0,
  );
  const index = new StateIndex(state.ports);
  const draining = Array.from({ length: zones * 3 }, (_, i) => {
    const address = 30 | ((i >> 8) << 16) | ((i & 255) << 24);
    index.address(address, 1024, 65535);
    return { address: address as never, zone: config.zones[i % zones]!.name, state: 'draining' as const, sinceMs: 0 };
  });
  const built = buildSnapshot(config, [1500, 1500], index, 1, 1, draining);
  const registry = metricsRegistry({ ...made.shown, built, index, states: [state] });
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 25; round++) {
    const began = performance.now();
    await registry.metrics();
    best = Math.min(best, performance.now() - began);
  }
  return best;
}

test('MET-3 a scrape grows with the zones, not with their square', async (t) => {
  await quickest(1000);
  const [few, many] = [await quickest(125), await quickest(1000)];
  t.diagnostic(`125 zones with 500 addresses ${few.toFixed(2)} ms, 1,000 with 4,000 ${many.toFixed(2)} ms`);
  // Eight times the zones; by the square it would be 64 times.
  assert.ok(many / few < 24, `${many / few}`);
});
