import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WindroseError } from '../../src/errors/catalog.js';
import { activatePort } from '../../src/store/bindings.js';
import { putClaim } from '../../src/store/claimStore.js';
import { lastChange } from '../../src/store/objectKeys.js';
import { readWhole } from '../../src/store/objectMirror.js';
import { applyObjects, hostMacOf } from '../../src/store/objectStore.js';
import { readAlive, readApplied, readSeen } from '../../src/store/presence.js';
import { upgradeStore } from '../../src/store/schema.js';
import type { Store } from '../../src/store/store.js';
import { formatMac } from '../../src/types/mac.js';
import { LaggingStore } from '../property/laggingStore.js';
import { sample } from '../support/dvrSample.js';
import { migratingTo } from '../support/migrating.js';

/** Nothing of ours writes any of these. */
const STRANGE = [
  ...['garbage', '', 'null', '[]', '{}', '7', '1e999', '"x"', '{"__proto__":{"name":"a1"}}', '{"name":"a/b"}', '['.repeat(9999)],
  ...['{"bootId":"b","since":1e300}', '{"name":"a1","network":"blue"}'],
];
const KEYS = [
  'meta/schemas',
  'hostport/h1/',
  'hostport/h1//a',
  'port//',
  'host/',
  'hostmac/h/',
  'hostmac/m/',
  'ip/blue/',
  'claim/blue/',
];
const a1 = sample.lports.find(({ name }) => name === 'a1')!;

/** All that reads or writes what others have put there. */
const READERS: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
  mirror: readWhole,
  presence: (store) => Promise.all([readAlive(store), readApplied(store), readSeen(store), lastChange(store)]),
  mac: (store) => hostMacOf(store, 'h1'),
  apply: (store) => applyObjects(store, (before) => ({ ...before, lports: before.lports.slice(1) })),
  activate: (store) => activatePort(store, a1),
  claim: (store) => putClaim(store, { network: 'blue', address: a1.addresses[0]!, mac: a1.mac, port: 'a1', host: 'h1' }),
  upgrade: upgradeStore,
};

async function full(): Promise<Store> {
  const store = new LaggingStore();
  await applyObjects(store, () => migratingTo(sample, 'a1', 'h2'));
  await hostMacOf(store, 'h1');
  const puts = ['alive/h1', 'seen/h1', 'applied/h1', 'claim/blue/10.0.0.11'].map((key) => ({ key, value: '{}' }));
  await store.transact({ puts });
  return store;
}

test('whatever stands under a key, everything goes on or says which key it is', async () => {
  const keys = [...(await (await full()).range('')).items.map(({ key }) => key), ...KEYS];
  for (const [what, read] of Object.entries(READERS))
    for (const key of keys)
      for (const value of STRANGE) {
        const store = await full();
        await store.transact({ puts: [{ key, value }] });
        await read(store).catch((error: unknown) => {
          assert.ok(error instanceof WindroseError, `${what}, ${key} = ${value.slice(0, 40)}: ${error}`);
          assert.ok(error.message.includes(key), error.message);
        });
      }
});

test('a host whose MAC cannot be read has a new one, and goes on with the one it has where it runs', async () => {
  const store = new LaggingStore();
  await applyObjects(store, () => sample);
  const lost = { puts: [{ key: 'hostmac/h/h1', value: 'garbage' }] };
  const mac = await hostMacOf(store, 'h1');
  await store.transact(lost);
  assert.deepEqual(await hostMacOf(store, 'h1', () => mac), mac);
  assert.deepEqual(await hostMacOf(store, 'h1'), mac);
  await store.transact(lost);
  const other = await hostMacOf(store, 'h1');
  assert.notDeepEqual(other, mac);
  await applyObjects(store, () => ({
    ...sample,
    hosts: sample.hosts.map((host) => (host.name === 'h1' ? { ...host, mac: other } : host)),
  }));
  const { items } = await store.range('hostmac/m/');
  assert.deepEqual(
    items.filter(({ value }) => value === '"h1"').map(({ key }) => key),
    [`hostmac/m/${formatMac(other)}`],
  );
  await assert.rejects(
    hostMacOf(store, 'h9', () => other),
    { code: 'HOST_MAC_EXHAUSTED' },
  );
});
