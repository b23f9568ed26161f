import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EtcdStore } from '../../src/store/etcd.js';
import { readWhole } from '../../src/store/objectMirror.js';
import { applyObjects } from '../../src/store/objectStore.js';
import { upgradeStore } from '../../src/store/schema.js';
import type { Store } from '../../src/store/store.js';
import { formatMac } from '../../src/types/mac.js';
import { EtcdProcess, etcdSkipReason } from './etcdProcess.js';
import { fresh } from './fresh.js';

/** A store as version 1 of the layout wrote it, key for key, with one that nobody here knows. */
const FIRST: readonly (readonly [key: string, value: unknown])[] = [
  ['meta/schema', 1],
  ['host/h1', { name: 'h1', vtep: '192.0.2.1', mode: 'dvr', physnets: [] }],
  ['hostmac/h/h1', 'fa:16:3f:00:00:01'],
  ['hostmac/m/fa:16:3f:00:00:01', 'h1'],
  [
    'net/blue',
    { name: 'blue', type: 'vxlan', id: 1001, physnet: null, mtu: 1450, unknownUnicast: 'drop', arp: 'flood', later: 7 },
  ],
  ['seg/vxlan/-/1001', 'blue'],
  ['subnet/blue/blue4', { name: 'blue4', network: 'blue', cidr: '10.0.0.0/24', gateway: '10.0.0.1', pools: null }],
  [
    'port/blue/a1',
    {
      ...{ name: 'a1', network: 'blue', mac: 'fa:16:3e:00:00:01', addresses: ['10.0.0.11'], host: 'h1' },
      device: { kind: 'tap', name: 'tap-a1', netns: null },
      ...{ portSecurity: true, allowedPairs: [], owner: 'compute', adminUp: true },
    },
  ],
  ['ip/blue/10.0.0.11', 'a1'],
  ['mac/blue/fa:16:3e:00:00:01', 'a1'],
  ['hostport/h1/blue/a1', 'a1'],
  ['claim/blue/10.0.0.50', { mac: 'fa:16:3e:00:00:01', port: 'a1', host: 'h1', seq: 1 }],
  ['other/key', 'kept'],
];

const write = (store: Store, keys: typeof FIRST) =>
  store.transact({ puts: keys.map(([key, value]) => ({ key, value: JSON.stringify(value) })) });
const all = async (store: Store): Promise<Record<string, unknown>> =>
  Object.fromEntries((await store.range('')).items.map(({ key, value }) => [key, JSON.parse(value)]));

function upgrades(name: string, skip: string | false, open: () => Promise<Store>): void {
  describe(name, { skip }, () => {
    test('of version 1 is upgraded in one revision: nothing is lost, and its objects are the same', async () => {
      const store = await open();
      const { revision } = await write(store, FIRST);
      const objects = await readWhole(store);
      assert.equal(await upgradeStore(store), 1);
      const { 'meta/schema': schema, 'meta/objects': changed, ...rest } = await all(store);
      assert.equal(schema, 2);
      assert.equal(typeof (changed as { at: number }).at, 'number');
      assert.deepEqual(rest, Object.fromEntries(FIRST.slice(1)));
      assert.equal((await store.range('')).revision, revision + 1);
      const after = await readWhole(store);
      assert.deepEqual([after.lports, after.hosts.map(({ mac }) => formatMac(mac!))], [objects.lports, ['fa:16:3f:00:00:01']]);
      assert.equal(await upgradeStore(store), 2, 'once is enough');
      assert.equal((await store.range('')).revision, revision + 1);
      const kept = await applyObjects(store, (before) => ({ ...before, lports: [] }));
      assert.equal(kept.after!.networks.length, 1);
      assert.equal(((await all(store))['net/blue'] as { later: number }).later, 7);
    });

    test('of hosts that begin at the same time one upgrades it', async () => {
      const store = await open();
      const { revision } = await write(store, FIRST);
      const versions = await Promise.all(Array.from({ length: 5 }, () => upgradeStore(store)));
      assert.ok(versions.includes(1));
      assert.equal((await store.range('')).revision, revision + 1);
    });

    test('that is empty is left empty; one that is newer, or says nonsense, is refused and stays', async () => {
      const store = await open();
      assert.equal(await upgradeStore(store), undefined);
      assert.deepEqual((await store.range('')).items, []);
      for (const [version, code] of [
        [3, 'STORE_NEWER'],
        ['x', 'STORE_CORRUPT'],
        [0, 'STORE_CORRUPT'],
      ] as const) {
        const { revision } = await write(store, [['meta/schema', version]]);
        await assert.rejects(upgradeStore(store), { code });
        assert.equal((await store.range('')).revision, revision);
      }
    });
  });
}

let etcd: EtcdProcess | undefined;
let count = 0;
const opened: Store[] = [];
before(async () => {
  if (etcdSkipReason() === false) etcd = await EtcdProcess.start();
});
after(async () => {
  for (const store of opened) await store.close();
  etcd?.close();
});

upgrades('a store in a directory', false, fresh);
upgrades('a store in an etcd', etcdSkipReason(), async () => {
  const store = new EtcdStore(etcd!.access({ prefix: `/schema/${count++}/` }));
  opened.push(store);
  return store;
});
