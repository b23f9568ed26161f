import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WindroseError } from '../../src/errors/catalog.js';
import { objectChanges } from '../../src/objects/difference.js';
import type { Objects } from '../../src/objects/model.js';
import { applyObjects, readStore } from '../../src/store/objectStore.js';
import type { Store, Transaction } from '../../src/store/store.js';
import { objectsOf } from '../objects/sample.js';
import { fresh } from './fresh.js';

/** Octets of keys and values that the store below takes at once. */
const MOST = 900_000;

/** A store that refuses what is large, and remembers what it took. */
async function small() {
  const store = await fresh();
  const steps: Transaction[] = [];
  const octets = ({ puts = [], deletes = [] }: Transaction): number =>
    [...puts.map(({ key, value }) => key.length + value.length), ...deletes.map((key) => key.length)].reduce((a, b) => a + b, 0);
  let before = async (_: Transaction): Promise<void> => {};
  const bounded: Store = Object.assign(Object.create(store) as Store, {
    range: store.range.bind(store),
    transact: async (one: Transaction) => {
      if (octets(one) > MOST) throw new WindroseError('STORE_TOO_LARGE', 'there', 'larger than max');
      await before(one);
      steps.push(one);
      return store.transact(one);
    },
  });
  return {
    store: bounded,
    embedded: store,
    steps,
    interrupt: (what: typeof before): void => {
      before = what;
    },
  };
}

/** Ports `from` to `to` of a network, at addresses that begin behind `shift`. */
function ports(from: number, to: number, shift = 0): Objects {
  const lines = Array.from({ length: to - from }, (_, i) => {
    const [name, last] = [from + i, from + i + shift + 2];
    return `  - { name: port-${name}, network: n, addresses: [10.${last >> 16}.${(last >> 8) & 255}.${last & 255}], host: h${name % 7} }`;
  });
  const hosts = Array.from({ length: 7 }, (_, i) => `  - { name: h${i}, vtep: 192.0.2.${i + 1} }`);
  return objectsOf({
    hosts: `hosts:\n${hosts.join('\n')}`,
    networks: 'networks: [{ name: n, type: vxlan, id: 7 }]',
    subnets: 'subnets: [{ name: s, network: n, cidr: 10.0.0.0/8 }]',
    lports: `lports:\n${lines.join('\n')}`,
    routers: 'routers: []',
  });
}

/** The same with a router that leads out, and a floating IP for each port. */
function floating(from: number, to: number): Objects {
  const names = Array.from({ length: to - from }, (_, i) => from + i);
  const at = (first: string, name: number): string =>
    `${first}.${(name + 2) >> 16}.${((name + 2) >> 8) & 255}.${(name + 2) & 255}`;
  const lports = names.map((name) => `  - { name: port-${name}, network: n, addresses: [${at('10', name)}], host: h1 }`);
  const fips = names.map((name) => `  - { name: f-${name}, address: ${at('20', name)}, network: ext, lport: port-${name} }`);
  return objectsOf({
    hosts: 'hosts: [{ name: h1, vtep: 192.0.2.1, physnets: [p] }]',
    networks: 'networks: [{ name: n, type: vxlan, id: 7 }, { name: ext, type: flat, physnet: p, external: true }]',
    subnets:
      'subnets: [{ name: s, network: n, cidr: 10.0.0.0/8 }, { name: x, network: ext, cidr: 20.0.0.0/8, pools: [20.9.9.9] }]',
    lports: `lports:\n${lports.join('\n')}`,
    routers: 'routers: [{ name: r, interfaces: [{ subnet: s, snat: 10.9.9.9 }], gateways: [{ network: ext }] }]',
    floatingIps: `floatingIps:\n${fips.join('\n')}`,
  });
}

/** Nothing refers to what is not there, and every address is of one port. */
function assertSound({ networks, hosts, lports, floatingIps }: Objects): void {
  const there = new Set(lports.map(({ name }) => name));
  for (const { name, lport } of floatingIps) assert.ok(lport === undefined || there.has(lport), name);
  const known = new Set([...networks, ...hosts].map(({ name }) => name));
  for (const port of lports) assert.ok(known.has(port.network) && known.has(port.host!), port.name);
  const addresses = lports.flatMap((port) => port.addresses);
  assert.equal(new Set(addresses).size, addresses.length);
}

describe('a change that is larger than a store takes', () => {
  test('is made in steps, each of them sound, and comes to the same', async () => {
    const { store, embedded, steps } = await small();
    const wanted = [ports(0, 4000), ports(3500, 7500), floating(7000, 9500), floating(9000, 11_500), ports(7500, 7503)];
    for (const desired of wanted) {
      steps.length = 0;
      const seen: Promise<void>[] = [];
      const watch = embedded.watch('', (await embedded.range('')).revision + 1, {
        changed: (revision) =>
          void seen.push(embedded.range('', revision).then(async () => assertSound((await readStore(embedded)).objects))),
        failed: assert.fail,
      });
      const { steps: told } = await applyObjects(store, () => desired);
      watch.close();
      await Promise.all(seen);
      assert.equal(told, steps.length);
      assert.ok(told > 1 || desired.lports.length === 3, `${told} steps`);
      assert.deepEqual(objectChanges((await readStore(store)).objects, desired), []);
      assert.deepEqual((await applyObjects(store, () => desired)).steps, 1, 'nothing is left to do');
    }
  });

  test('of one that is broken off the rest is made when it is applied again', async () => {
    const { store, steps, interrupt } = await small();
    interrupt(async () => {
      if (steps.length === 2) throw new WindroseError('STORE_UNREACHABLE', 'there', 'gone');
    });
    const desired = ports(0, 4000);
    await assert.rejects(
      applyObjects(store, () => desired),
      { code: 'STORE_HALFWAY', message: /^only the first 2 of \d+ steps of the change were made: the store at there does not/ },
    );
    const half = (await readStore(store)).objects;
    assertSound(half);
    assert.ok(half.lports.length > 0 && half.lports.length < 4000);
    interrupt(async () => {});
    await applyObjects(store, () => desired);
    assert.deepEqual(objectChanges((await readStore(store)).objects, desired), []);
  });

  test('goes on from what somebody else has made in between', async () => {
    const { store, embedded, steps, interrupt } = await small();
    interrupt(async () => {
      if (steps.length !== 2) return;
      interrupt(async () => {});
      await applyObjects(embedded, (before) => ({
        ...before,
        hosts: [...before.hosts, { ...before.hosts[0]!, name: 'new', vtep: undefined }],
      }));
    });
    const desired = ports(0, 4000);
    await applyObjects(store, (before) => ({
      ...desired,
      hosts: [...desired.hosts, ...before.hosts.filter(({ name }) => name === 'new')],
    }));
    const { objects } = await readStore(store);
    assert.deepEqual([objects.lports.length, objects.hosts.some(({ name }) => name === 'new')], [4000, true]);
  });

  test('that cannot be split is refused as it is', async () => {
    const { store } = await small();
    await applyObjects(store, () => ports(0, 2500));
    await applyObjects(store, () => ports(0, 5000));
    await assert.rejects(
      applyObjects(store, () => ports(0, 5000, 100_000)),
      { code: 'STORE_TOO_LARGE', remedy: /--max-request-bytes/ },
    );
  });
});
