import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { StoreCounts } from '../../src/store/counts.js';
import { EmbeddedStore } from '../../src/store/embedded.js';
import { MeteredStore } from '../../src/store/metered.js';
import { conformance } from './conformance.js';
import { fresh } from './fresh.js';

const root = mkdtempSync(join(tmpdir(), 'windrose-metered-'));
after(() => rmSync(root, { recursive: true }));
let count = 0;

conformance('a store that is metered', async () => {
  return new MeteredStore(await EmbeddedStore.open(join(root, String(count++))), new StoreCounts());
});

test('requests are counted by what came of them and timed, and told changes are counted', async () => {
  const counts = new StoreCounts();
  const embedded = await fresh();
  const slow = Object.assign(Object.create(embedded) as typeof embedded, {
    range: async (prefix: string) => {
      await pause(30);
      return embedded.range(prefix);
    },
    transact: embedded.transact.bind(embedded),
    grant: embedded.grant.bind(embedded),
    watch: embedded.watch.bind(embedded),
  });
  const store = new MeteredStore(slow, counts);
  store.watch('a', 1, { changed: () => {}, failed: assert.fail });
  await store.range('');
  const lease = await store.grant(30);
  const puts = [
    { key: 'a', value: '1', lease: lease.id },
    { key: 'a/b', value: '1' },
    { key: 'b', value: '1' },
  ];
  assert.equal((await store.transact({ puts })).done, true);
  assert.equal((await store.transact({ compares: [{ key: 'a', modRevision: 0 }], puts })).done, false);
  await assert.rejects(store.transact({ puts: [{ key: 'c', value: '1', lease: 'none' }] }));
  assert.equal(await lease.keepAlive(), true);
  await lease.revoke();
  assert.deepEqual(
    [...counts.requests].filter(([, count]) => count > 0),
    ['range ok', 'transact ok', 'transact conflict', 'transact failed', 'grant ok', 'keepalive ok', 'revoke ok'].map((key) => [
      key,
      1,
    ]),
  );
  await pause(1);
  assert.equal(counts.events, 3);
  assert.ok(counts.seconds.get('range')! >= 0.029);
  assert.deepEqual(
    counts.buckets
      .get('range')!
      .map((count, i) => (count > 0 ? i : -1))
      .filter((i) => i >= 5).length,
    1,
  );
  assert.equal(
    counts.buckets.get('transact')!.reduce((sum, count) => sum + count),
    3,
  );
});
