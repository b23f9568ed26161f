import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { objectChanges } from '../../src/objects/difference.js';
import type { Objects } from '../../src/objects/model.js';
import { applyObjects, hostMacOf, readStore } from '../../src/store/objectStore.js';
import { formatMac, type Mac } from '../../src/types/mac.js';
import { objectsOf } from '../objects/sample.js';
import { lport, sample, vxlan } from '../support/dvrSample.js';
import { fresh } from './fresh.js';

/** Every field that may be there, and every one that may not. */
const rich = objectsOf({
  hosts: `hosts:
  - { name: h1, vtep: 192.0.2.1, mode: dvr_snat, mac: fa:16:3f:00:00:01, physnets: [p, q] }
  - { name: h2 }`,
  networks: `networks:
  - { name: blue, type: vlan, id: 7, physnet: p }
  - { name: orange, type: local, mtu: 1400, arp: strict, unknownUnicast: flood }`,
  subnets: `subnets:
  - { name: blue4, network: blue, cidr: 10.0.0.0/24, pools: [10.0.0.100-10.0.0.200, 10.0.0.7] }
  - { name: orange4, network: orange, cidr: 20.0.0.0/24, gateway: none }`,
  lports: `lports:
  - { name: a1, network: blue, addresses: [10.0.0.11, 10.0.0.12], host: h1, tap: t, netns: n, adminUp: false, owner: dhcp }
  - { name: b1, network: orange, portSecurity: false, allowedPairs: [{ address: 10.0.0.50 }, { address: 10.1.0.0/16, mac: 02:00:00:00:00:09 }, { address: fd00::/64 }] }`,
  routers: `routers:
  - name: r1
    distributed: false
    interfaces: [{ subnet: blue4 }, { name: up, subnet: orange4, address: 20.0.0.9 }]
    routes: [default via 20.0.0.1 metric 5, blackhole 10.9.0.0/16, 10.8.0.0/16 nexthop via 10.0.0.3 weight 2 nexthop via 20.0.0.3]
    rules: [from 10.0.0.0/24 iif qr-blue4 lookup 100 pref 5, not to 1.0.0.0/8 fwmark 0x1 prohibit]`,
});
const byName = <T extends { readonly name: string }>(all: readonly T[]): T[] =>
  [...all].sort((a, b) => (a.name < b.name ? -1 : 1));
const sorted = (objects: Objects) => Object.fromEntries(Object.entries(objects).map(([kind, all]) => [kind, byName(all)]));

describe('objects in a store', () => {
  test('come back as they were', async () => {
    const store = await fresh();
    await applyObjects(store, () => rich);
    assert.deepEqual(sorted((await readStore(store)).objects), sorted(rich));
  });

  test('are one revision, and none when they are the same', async () => {
    const store = await fresh();
    assert.equal((await applyObjects(store, () => rich)).revision, 1);
    assert.equal((await applyObjects(store, () => rich)).revision, 1);
    assert.equal((await applyObjects(store, () => undefined)).revision, 1);
  });

  test('are found by the keys of the layout, and leave none behind', async () => {
    const store = await fresh();
    await applyObjects(store, () => rich);
    const keys = (await store.range('')).items.map(({ key }) => key);
    for (const key of [
      ...[
        'host/h1',
        'hostmac/h/h1',
        'hostmac/m/fa:16:3f:00:00:01',
        'net/blue',
        'seg/vlan/p/7',
        'subnet/blue/blue4',
        'port/blue/a1',
      ],
      ...[
        'ip/blue/10.0.0.12',
        'ip/blue/10.0.0.1',
        'hostport/h1/blue/a1',
        'router/r1',
        'rif/r1/blue4',
        'subrif/blue4/r1',
        'meta/schema',
      ],
    ])
      assert.ok(keys.includes(key), key);
    await applyObjects(store, () => ({
      hosts: [],
      networks: [],
      subnets: [],
      lports: [],
      routers: [],
      rifs: [],
      floatingIps: [],
    }));
    assert.deepEqual(
      (await store.range('')).items.map(({ key }) => key),
      ['meta/objects', 'meta/schema'],
    );
  });

  test('keep fields that nobody here knows', async () => {
    const store = await fresh();
    await applyObjects(store, () => rich);
    const { value } = (await store.range('net/blue')).items[0]!;
    await store.transact({ puts: [{ key: 'net/blue', value: JSON.stringify({ ...JSON.parse(value), qos: 'gold' }) }] });
    await applyObjects(store, () => ({ ...rich, networks: rich.networks.map((one) => ({ ...one, mtu: 1300 })) }));
    const kept = JSON.parse((await store.range('net/blue')).items[0]!.value);
    assert.deepEqual([kept.qos, kept.mtu], ['gold', 1300]);
  });

  test('of two that change them at the same time none is lost', async () => {
    const store = await fresh();
    await applyObjects(store, () => rich);
    const renamed = (name: string) => (before: Objects) => ({
      ...before,
      networks: [...before.networks, { ...rich.networks[1]!, name }],
    });
    await Promise.all(['x', 'y', 'z'].map((name) => applyObjects(store, renamed(name))));
    assert.deepEqual(
      (await readStore(store)).objects.networks.map(({ name }) => name),
      ['blue', 'orange', 'x', 'y', 'z'],
    );
  });

  test('a record that is none, and a layout of a later version, are refused', async () => {
    const store = await fresh();
    await store.transact({ puts: [{ key: 'subnet/a/b', value: '{"cidr":"10.0.0.300/8"}' }] });
    await assert.rejects(readStore(store), { code: 'STORE_CORRUPT', message: /subnet\/a\/b \(is not an IPv4 address/ });
    await store.transact({ puts: [{ key: 'meta/schema', value: '3' }] });
    await assert.rejects(readStore(store), { code: 'STORE_NEWER' });
  });
});

describe('host MACs (F12)', () => {
  test('are drawn once, from their base, and stay while objects come and go', async () => {
    const store = await fresh();
    const first = await hostMacOf(store, 'h2');
    assert.match(formatMac(first), /^fa:16:3f:/);
    assert.deepEqual(await hostMacOf(store, 'h2'), first);
    await applyObjects(store, () => rich);
    assert.deepEqual(await hostMacOf(store, 'h2'), first);
    assert.equal(formatMac(await hostMacOf(store, 'h1')), 'fa:16:3f:00:00:01');
    const { hosts } = (await readStore(store)).objects;
    assert.deepEqual(
      hosts.map(({ mac }) => formatMac(mac!)),
      ['fa:16:3f:00:00:01', formatMac(first)],
    );
    await applyObjects(store, () => ({ ...rich, hosts: rich.hosts.filter(({ name }) => name === 'h1'), lports: [] }));
    assert.equal((await store.range('hostmac/')).items.length, 2);
  });

  test('a host is not taken for one whose name is longer', async () => {
    const store = await fresh();
    const draw = drawing([1, 2]);
    await hostMacOf(store, 'h10', draw);
    assert.equal((await hostMacOf(store, 'h1', draw))[5], 2);
  });

  test('one that another host has is drawn again, 20 times at most', async () => {
    const store = await fresh();
    await hostMacOf(store, 'h1', drawing([1]));
    assert.equal((await hostMacOf(store, 'h2', drawing([1, 1, 5])))[5], 5);
    assert.equal((await hostMacOf(store, 'h3', drawing([...Array.from({ length: 19 }, () => 1), 6])))[5], 6);
    await assert.rejects(hostMacOf(store, 'h4', drawing(Array.from({ length: 30 }, () => 1))), { code: 'HOST_MAC_EXHAUSTED' });
    assert.equal((await store.range('hostmac/h/')).items.length, 3);
  });
});

function drawing(octets: number[]): () => Mac {
  return () => Uint8Array.of(0xfa, 0x16, 0x3f, 0, 0, octets.shift()!);
}

test('the difference of objects, line by line', () => {
  const before = objectsOf();
  const after = objectsOf(
    {
      lports:
        'lports:\n  - { name: a1, network: blue, addresses: [10.0.0.11, 10.0.0.12], host: h2, tap: tapa1, netns: vm-a1 }\n  - { name: c, network: blue, mac: 02:00:00:00:00:01 }\n  - { name: b2, network: orange, addresses: [20.0.0.22], host: h2, tap: tapb2 }',
    },
    { before },
  );
  assert.deepEqual(objectChanges(before, before), []);
  assert.deepEqual(objectChanges(before, after), [
    '- lport a9',
    '~ lport a1 addresses: + 10.0.0.12',
    '~ lport a1 host: h1 -> h2',
    '+ lport c (network blue; mac 02:00:00:00:00:01; portSecurity true; owner compute; adminUp true)',
  ]);
});

test('who makes something refer to what is about to go is seen, although no key is the same: it is looked at anew', async () => {
  const store = await fresh();
  const green = { ...sample, networks: [...sample.networks, vxlan('green', 1003)] };
  await applyObjects(store, () => green);
  const { transact } = store;
  store.transact = async (transaction) => {
    store.transact = transact;
    await applyObjects(store, () => ({
      ...green,
      lports: [...green.lports, lport('c1', 'green', 'fa:16:3e:00:0c:01', '30.0.0.1', undefined)],
    }));
    return transact.call(store, transaction);
  };
  let asked = 0;
  const { after } = await applyObjects(store, (before) => {
    asked++;
    return before.lports.some(({ network }) => network === 'green') ? undefined : { ...before, networks: sample.networks };
  });
  assert.deepEqual([asked, after], [2, undefined]);
  assert.ok((await readStore(store)).objects.networks.some(({ name }) => name === 'green'));
});
