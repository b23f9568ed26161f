import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Objects } from '../../src/objects/model.js';
import { keysOf } from '../../src/store/objectKeys.js';
import { ObjectMirror, readWhole } from '../../src/store/objectMirror.js';
import { applyObjects, readStore } from '../../src/store/objectStore.js';
import type { KeyValue } from '../../src/store/store.js';
import { externalOf, fullExternal } from '../objects/externalSample.js';
import { fresh } from './fresh.js';

/** Gateways, SNAT services and floating IPs in a store (dvr.md 5.6). */

const full = fullExternal();
const byName = <T extends { readonly name: string }>(all: readonly T[]): T[] =>
  all.toSorted((a, b) => (a.name < b.name ? -1 : 1));
const sorted = (objects: Objects) => Object.fromEntries(Object.entries(objects).map(([kind, all]) => [kind, byName(all)]));
const items = (): KeyValue[] => [...keysOf(full)].map(([key, value]) => ({ key, value: JSON.stringify(value), modRevision: 1 }));
const mirrorOf = (all: readonly KeyValue[] = items()): ObjectMirror => {
  const mirror = new ObjectMirror();
  mirror.replace('', all);
  return mirror;
};
const recordOf = (key: string): Record<string, unknown> =>
  JSON.parse(items().find((one) => one.key === key)!.value) as Record<string, unknown>;
const altered = (key: string, change: object): KeyValue => {
  return { key, value: JSON.stringify({ ...recordOf(key), ...change }), modRevision: 2 };
};
const gatewaysIn = (mirror: ObjectMirror): string[] => mirror.objects().routers[0]!.gateways.map(({ network }) => network);
const floatingIn = (mirror: ObjectMirror): string[] => mirror.objects().floatingIps.map(({ name }) => name);

describe('gateways and floating IPs in a store', () => {
  test('come back as they were, and leave no key behind', async () => {
    const store = await fresh();
    await applyObjects(store, () => full);
    assert.deepEqual(sorted((await readStore(store)).objects), sorted(full));
    assert.deepEqual(sorted(await readWhole(store)), sorted(full));
    await applyObjects(store, () => ({ ...full, floatingIps: [], routers: [], rifs: [] }));
    const left = (await store.range('')).items.map(({ key }) => key);
    assert.deepEqual(
      left.filter((key) => /^(gw|sg|fip|fipfix|router|rif|subrif)\/|\/192\.168\.1\.|\/10\.0\.0\.3$/.test(key)),
      [],
    );
  });

  test('stand under the keys of the layout, each address and MAC once', () => {
    const keys = new Map(keysOf(full));
    for (const [key, value] of [
      ['fipfix/ext/a1/10.0.0.11', '192.168.1.101'],
      ['ip/ext/192.168.1.101', '192.168.1.101'],
      ['ip/ext/192.168.1.21', 'qg-r1'],
      ['ip/blue/10.0.0.3', 'sg-blue4'],
      ['mac/orange/02:00:00:00:00:08', 'sg-orange4'],
      ['mac/more/02:00:00:00:00:07', 'qg-r1'],
    ] as const)
      assert.equal(keys.get(key), value, key);
    for (const key of ['gw/r1', 'sg/r1/blue4', 'sg/r1/orange4', 'fip/ext/192.168.1.101']) assert.ok(keys.has(key), key);
    assert.deepEqual(
      [...keysOf(externalOf({ floatingIps: '', routers: '' })).keys()].filter((key) => /^(gw|sg|fip)/.test(key)),
      [],
    );
  });

  test('records of a version that knew neither read as their defaults', () => {
    const old = items().flatMap(({ key, value, modRevision }) => {
      const { draining, externalAddresses, external, floatingMac, addressScope, ...record } = JSON.parse(value) as Record<
        string,
        unknown
      >;
      if (/^(gw|sg|fip|fipfix)\//.test(key)) return [];
      return [{ key, value: typeof JSON.parse(value) === 'object' ? JSON.stringify(record) : value, modRevision }];
    });
    const mirror = mirrorOf(old);
    assert.deepEqual(mirror.bad(), []);
    const { hosts, networks, subnets, routers, rifs, floatingIps } = mirror.objects();
    assert.deepEqual([hosts[0]!.draining, hosts[0]!.externalAddresses], [false, []]);
    assert.deepEqual([networks[0]!.external, networks[0]!.floatingMac, subnets[0]!.addressScope], [false, 'perHost', undefined]);
    assert.deepEqual([routers[0]!.gateways, rifs[0]!.snat, floatingIps], [[], undefined, []]);
  });

  test('fields that nobody here knows stay', async () => {
    const store = await fresh();
    await applyObjects(store, () => full);
    for (const key of ['gw/r1', 'fip/ext/192.168.1.101', 'sg/r1/blue4'])
      await store.transact({ puts: [{ key, value: JSON.stringify({ ...recordOf(key), qos: 'gold' }) }] });
    await applyObjects(store, () => ({
      ...full,
      routers: full.routers.map((one) => ({ ...one, gateways: one.gateways.slice(0, 1) })),
      rifs: full.rifs.map((rif) => ({ ...rif, snat: { ...rif.snat!, mac: Uint8Array.of(2, 0, 0, 0, 1, rif.name.length) } })),
      floatingIps: full.floatingIps.map((one) => ({ ...one, placement: 'centralized' as const })),
    }));
    for (const key of ['gw/r1', 'fip/ext/192.168.1.101', 'sg/r1/blue4']) {
      const { value } = (await store.range(key)).items[0]!;
      assert.equal((JSON.parse(value) as { qos?: string }).qos, 'gold', key);
    }
    assert.deepEqual(
      (await readStore(store)).objects.routers[0]!.gateways.map(({ network }) => network),
      ['ext'],
    );
  });

  test('of two that write at the same time none is lost, and none takes what the other has', async () => {
    const store = await fresh();
    await applyObjects(store, () => full);
    const [one] = full.floatingIps;
    const wish = (name: string) => (before: Objects) =>
      before.floatingIps.some(({ address }) => address === one!.address)
        ? undefined
        : { ...before, floatingIps: [...before.floatingIps, { ...one!, name }] };
    await applyObjects(store, (before) => ({ ...before, floatingIps: [] }));
    const outcomes = await Promise.all(['x', 'y', 'z'].map((name) => applyObjects(store, wish(name))));
    assert.equal(outcomes.filter(({ after }) => after !== undefined).length, 1);
    assert.equal((await readStore(store)).objects.floatingIps.length, 1);
  });
});

describe('gateways and floating IPs in memory', () => {
  test('without what they refer to they are left out, and they are back with it', () => {
    for (const [gone, gateways, floating] of [
      ['net/more', ['ext'], ['192.168.1.101', 'held', 'web']],
      ['net/ext', [], []],
      ['subnet/ext/ext4', [], ['held']],
      ['gw/r1', [], ['held']],
      ['fip/ext/192.168.1.101', ['ext', 'more'], ['held', 'web']],
    ] as const) {
      const mirror = mirrorOf();
      const before = mirror.objects();
      mirror.delete(gone);
      assert.deepEqual([gatewaysIn(mirror), floatingIn(mirror).sort()], [gateways, floating], gone);
      assert.deepEqual(mirror.bad(), []);
      mirror.put(items().find(({ key }) => key === gone)!);
      assert.deepEqual(mirror.objects(), before);
    }
  });

  test('an SNAT service whose interface is not there is none', () => {
    const mirror = mirrorOf();
    mirror.delete('sg/r1/blue4');
    assert.deepEqual(
      mirror.objects().rifs.map(({ snat }) => snat === undefined),
      [true, false],
    );
    mirror.delete('rif/r1/orange4');
    assert.deepEqual([mirror.objects().rifs.length, mirror.bad()], [1, []]);
  });

  for (const [what, item, why] of [
    ['gateways that are no list', altered('gw/r1', { gateways: 7 }), /gateways: .*array/],
    ['a gateway without an address', altered('gw/r1', { gateways: [{ network: 'ext' }] }), /gateways\.0\.subnet/],
    ['gateways of another router', altered('gw/r1', { router: 'r2' }), /^it is the record of gw\/r2$/],
    [
      'a zone that is none',
      altered('gw/r1', { gateways: [{ ...(recordOf('gw/r1').gateways as object[])[0], zones: [{ match: 'x' }] }] }),
      /./,
    ],
    ['an SNAT address out of range', altered('sg/r1/blue4', { address: '10.0.0.300' }), /is not an IPv4 address/],
    ['a placement that is none', altered('fip/ext/192.168.1.101', { placement: 'here' }), /placement: Invalid option/],
    [
      'a forwarded port that is none',
      altered('fip/ext/192.168.1.101', { forwardings: [{ protocol: 'tcp', port: 0, lport: 'a1', fixed: '1.1.1.1', toPort: 1 }] }),
      /forwardings\.0\.port/,
    ],
    [
      "another's floating IP",
      altered('fip/ext/192.168.1.101', { address: '192.168.1.102' }),
      /^it is the record of fip\/ext\/192\.168\.1\.102$/,
    ],
  ] as const)
    test(`${what} is left out, with why, and nothing else is`, () => {
      const mirror = mirrorOf();
      const before = mirror.objects();
      mirror.put(item);
      const [bad, ...more] = mirror.bad();
      assert.deepEqual([bad!.key, more], [item.key, []]);
      assert.match(bad!.why, why);
      assert.deepEqual(mirror.objects().lports, before.lports);
      mirror.replace('', items());
      assert.deepEqual([mirror.objects(), mirror.bad()], [before, []]);
    });
});
