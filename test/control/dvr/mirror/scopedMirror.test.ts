import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ScopedMirror } from '../../../../src/control/dvr/mirror/scopedMirror.js';
import type { Objects } from '../../../../src/objects/model.js';
import { applyObjects } from '../../../../src/store/objectStore.js';
import { fullExternal } from '../../../objects/externalSample.js';
import { LaggingStore } from '../../../property/laggingStore.js';
import { lport, sample, vxlan } from '../../../support/dvrSample.js';

/** A third network that no router leads to, with a port at h2. */
const wide: Objects = {
  ...sample,
  networks: [...sample.networks, vxlan('green', 1003)],
  lports: [...sample.lports, lport('c1', 'green', 'fa:16:3e:00:0c:01', '30.0.0.1', 'h2')],
};
const moved = (name: string, host: string | undefined): Objects => ({
  ...wide,
  lports: wide.lports.map((port) => (port.name === name ? { ...port, host } : port)),
});
const ports = ({ objects }: { readonly objects: Objects }): string[] => objects.lports.map(({ name }) => name).sort();

/** A host that follows a store; `told` counts what watches made it look at. */
async function following(host: string, keepMs = 1e9) {
  const store = new LaggingStore();
  await applyObjects(store, () => wide);
  const mirror = new ScopedMirror(store, host, { keepMs, settledMs: 0 });
  await mirror.read();
  const heard = { told: 0, failed: 0 };
  const watch = () => mirror.watch({ touched: () => heard.told++, failed: () => heard.failed++ });
  watch();
  /** All that watches have to tell. */
  const hear = async () => {
    do while (store.tell(0, 99));
    while ((await mirror.settle()) && store.tell(0, 99));
    return mirror.now;
  };
  return { store, mirror, heard, hear, watch };
}

describe('the part of a store that a host follows (5.6)', () => {
  test('has ports of its networks and of those its routers lead to, and no others', async () => {
    assert.deepEqual(ports((await following('h1')).mirror.now), ['a1', 'a2', 'a3', 'b1', 'b2']);
    assert.deepEqual(ports((await following('h2')).mirror.now), ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']);
    const { mirror } = await following('n');
    assert.deepEqual([mirror.networks, ports(mirror.now)], [[], []]);
    assert.equal(mirror.now.objects.networks.length, 3);
  });

  test('has gateways, SNAT services and floating IPs of all, whose ever ports they are', async () => {
    const { store, mirror, hear } = await following('n');
    const cloud = fullExternal();
    await applyObjects(store, () => cloud);
    const { objects } = await hear();
    assert.deepEqual(
      [objects.floatingIps.length, objects.routers[0]!.gateways, objects.rifs.map(({ snat }) => snat)],
      [3, cloud.routers[0]!.gateways, cloud.rifs.map(({ snat }) => snat)],
    );
    await applyObjects(store, () => ({
      ...cloud,
      routers: cloud.routers.map((router) => ({ ...router, gateways: router.gateways.slice(0, 1) })),
      floatingIps: cloud.floatingIps.filter(({ name }) => name === 'held'),
    }));
    const later = (await hear()).objects;
    assert.deepEqual([later.floatingIps.map(({ name }) => name), later.routers[0]!.gateways.length], [['held'], 1]);
    assert.deepEqual(mirror.bad(), []);
  });

  test('of a change elsewhere it hears that there was one, and nothing changes', async () => {
    const { store, mirror, heard, hear } = await following('h1');
    const { objects, revision } = mirror.now;
    await applyObjects(store, () => moved('c1', undefined));
    const now = await hear();
    assert.deepEqual([now.objects === objects, now.revision, heard.told], [true, revision + 1, 1]);
  });

  test('what a reading finds before its watch tells it is told, and once', async () => {
    const { store, mirror, heard, hear } = await following('h1');
    await applyObjects(store, () => moved('a1', undefined));
    await mirror.read();
    assert.equal(heard.told, 1);
    await hear();
    await mirror.read();
    assert.equal(heard.told, 1);
  });

  test('the first port on a network brings its others with it: none is shown alone', async () => {
    const { store, mirror, hear } = await following('n');
    await applyObjects(store, () => moved('b2', 'n'));
    assert.deepEqual(ports(mirror.now), []);
    await hear();
    assert.deepEqual(
      [mirror.networks, ports(mirror.now)],
      [
        ['blue', 'orange'],
        ['a1', 'a2', 'a3', 'b1', 'b2'],
      ],
    );
    await applyObjects(store, () => ({ ...moved('b2', 'n'), lports: moved('b2', 'n').lports.slice(1) }));
    assert.deepEqual(ports(await hear()), ['a2', 'a3', 'b1', 'b2']);
  });

  test('what is needed no more is followed a while: a port that comes back finds it there', async () => {
    const { store, mirror, heard, hear } = await following('h2', 300);
    await applyObjects(store, () => moved('c1', 'h1'));
    assert.deepEqual(ports(await hear()).at(-1), 'c1');
    await applyObjects(store, () => wide);
    await hear();
    await pause(350);
    await mirror.settle();
    assert.deepEqual(mirror.networks, ['blue', 'green', 'orange']);
    await applyObjects(store, () => moved('c1', 'h1'));
    await hear();
    const { told } = heard;
    await pause(350);
    assert.ok(heard.told > told, 'it asks for a look when the time is over');
    await mirror.settle();
    assert.deepEqual([mirror.networks, ports(mirror.now).includes('c1')], [['blue', 'orange'], false]);
    const { objects } = mirror.now;
    await applyObjects(store, () => moved('c1', undefined));
    assert.equal((await hear()).objects, objects);
  });

  test('F70 what was deleted and compacted while watches were gone is gone after reading', async () => {
    const { store, mirror, heard, hear, watch } = await following('h1');
    store.break(0);
    mirror.unwatch();
    await applyObjects(store, () => ({ ...wide, lports: wide.lports.slice(1) }));
    await applyObjects(store, () => ({ ...wide, lports: wide.lports.slice(2) }));
    store.compact(0);
    watch();
    await pause(1);
    assert.ok(heard.failed > 1, 'a watch from the gap cannot be');
    mirror.unwatch();
    await mirror.read();
    watch();
    assert.deepEqual(ports(mirror.now), ['a2', 'b1', 'b2']);
    await applyObjects(store, () => wide);
    assert.deepEqual(ports(await hear()), ['a1', 'a2', 'a3', 'b1', 'b2']);
  });

  test('an audit finds what a watch has lost, and nothing else', async () => {
    const { store, mirror, hear } = await following('h1');
    assert.equal(await mirror.audit(), 0);
    await applyObjects(store, () => ({ ...wide, lports: wide.lports.slice(1) }));
    store.lose('port/blue/');
    assert.deepEqual(ports(await hear()), ['a1', 'a2', 'a3', 'b1', 'b2']);
    assert.equal(await mirror.audit(), 1);
    assert.deepEqual(ports(mirror.now), ['a2', 'a3', 'b1', 'b2']);
  });

  test('a store that was set back to an earlier state is followed from there', async () => {
    const { store, mirror, hear, watch } = await following('h1');
    for (const one of [moved('a1', 'n'), wide, moved('a1', 'n')]) await applyObjects(store, () => one);
    const { revision } = await hear();
    mirror.unwatch();
    store.reset();
    await applyObjects(store, () => ({ ...wide, lports: wide.lports.slice(3) }));
    await mirror.read();
    watch();
    assert.ok(mirror.now.revision < revision);
    assert.deepEqual(ports(mirror.now), ['a2', 'b2']);
    await applyObjects(store, () => wide);
    assert.deepEqual(ports(await hear()), ['a1', 'a2', 'a3', 'b1', 'b2']);
  });

  test('of a store with a later layout nothing but that is read, however often', async () => {
    const { store, mirror } = await following('h1');
    mirror.unwatch();
    await store.transact({ puts: [{ key: 'meta/schema', value: '999' }] });
    const asked: string[] = [];
    const { range } = store;
    store.range = (prefix, revision) => {
      asked.push(prefix);
      return range.call(store, prefix, revision);
    };
    for (let i = 0; i < 3; i++) await assert.rejects(mirror.read(), { code: 'STORE_NEWER' });
    assert.deepEqual(asked, ['meta/', 'meta/', 'meta/']);
    assert.deepEqual(ports(mirror.now), ['a1', 'a2', 'a3', 'b1', 'b2']);
  });
});
