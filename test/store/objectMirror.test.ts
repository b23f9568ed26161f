import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Objects } from '../../src/objects/model.js';
import { keysOf } from '../../src/store/objectKeys.js';
import { ObjectMirror, readWhole } from '../../src/store/objectMirror.js';
import { applyObjects } from '../../src/store/objectStore.js';
import type { KeyValue } from '../../src/store/store.js';
import { sample } from '../support/dvrSample.js';
import { fresh } from './fresh.js';

const itemsOf = (objects: Objects): KeyValue[] =>
  [...keysOf(objects)].map(([key, value]) => ({ key, value: JSON.stringify(value), modRevision: 1 }));
const full = (): ObjectMirror => {
  const mirror = new ObjectMirror();
  mirror.replace('', itemsOf(sample));
  return mirror;
};
const names = (all: readonly { readonly name: string }[]): string[] => all.map(({ name }) => name);
/** A sound record under `key`, with what is wrong about it. */
const altered = (key: string, change: object): KeyValue => {
  const { value } = itemsOf(sample).find((one) => one.key === key)!;
  return { key, value: JSON.stringify({ ...JSON.parse(value), ...change }), modRevision: 2 };
};

describe('a store in memory', () => {
  test('has the objects in order of their keys, however they came', () => {
    const backwards = new ObjectMirror();
    for (const item of itemsOf(sample).reverse()) backwards.put(item);
    assert.deepEqual(backwards.objects(), full().objects());
    assert.deepEqual(names(backwards.objects().lports), ['a1', 'a2', 'a3', 'b1', 'b2']);
  });

  test('keeps objects that did not change, and parses only what did', () => {
    const mirror = full();
    const before = mirror.objects();
    assert.equal(mirror.objects(), before);
    mirror.put(altered('port/blue/a1', { adminUp: false }));
    const after = mirror.objects();
    assert.deepEqual([after.lports[0]!.adminUp, after.lports[1] === before.lports[1]], [false, true]);
    assert.equal(after.networks[0], before.networks[0]);
  });

  test('made equal to a listing loses what vanished, below that prefix only, and counts the differences', () => {
    const mirror = full();
    const [kept] = itemsOf(sample).filter(({ key }) => key === 'port/blue/a1');
    assert.equal(mirror.replace('port/blue/', [kept!]), 2);
    assert.deepEqual(names(mirror.objects().lports), ['a1', 'b1', 'b2']);
    assert.equal(mirror.replace('port/blue/', [kept!]), 0);
  });

  for (const [key, ...gone] of [
    ['net/blue', 'blue', 'blue4', 'a1', 'a2', 'a3', 'qr-blue'],
    ['subnet/blue/blue4', 'blue4', 'qr-blue'],
    ['router/r', 'r', 'qr-blue', 'qr-orange'],
  ] as const)
    test(`without ${key} what refers to it is left out, and it is back with it`, () => {
      const mirror = full();
      const all = (): string[] => Object.values(mirror.objects()).flatMap((kind) => names(kind));
      const before = all();
      mirror.delete(key);
      assert.deepEqual(
        all(),
        before.filter((name) => !gone.includes(name as never)),
      );
      assert.deepEqual(mirror.bad(), []);
      mirror.put(itemsOf(sample).find((one) => one.key === key)!);
      assert.deepEqual(all(), before);
    });

  for (const [what, item, why] of [
    ['no JSON', { key: 'port/blue/a1', value: '{"name":', modRevision: 2 }, /JSON/],
    ['a list', { key: 'net/blue', value: '[]', modRevision: 2 }, /the record: .*object/],
    ['a wrong type', altered('port/blue/a1', { addresses: '10.0.0.11' }), /addresses: .*array/],
    ['an unknown word', altered('net/blue', { type: 'vpn' }), /type: Invalid option/],
    ['an address out of range', altered('rif/r/blue4', { address: '10.0.0.300' }), /is not an IPv4 address/],
    ['a MAC that is none', altered('port/blue/a1', { mac: 'x' }), /MAC/],
    ["another's record", altered('port/blue/a1', { name: 'a2' }), /^it is the record of port\/blue\/a2$/],
    ['a name with a slash', altered('port/blue/a1', { name: 'a/1' }), /name: is no name/],
    ['a route that is none', altered('router/r', { routes: ['here and there'] }), /./],
    ['a host MAC that is none', { key: 'hostmac/h/h1', value: '"x"', modRevision: 2 }, /MAC/],
    ['a claim that is none', { key: 'claim/blue/10.0.0.5', value: '{}', modRevision: 2 }, /is no claim/],
  ] as const)
    test(`${what} is left out, with why, and nothing else is`, () => {
      const mirror = full();
      const before = mirror.objects();
      mirror.put(item);
      const [bad, ...more] = mirror.bad();
      assert.deepEqual([bad!.key, more], [item.key, []]);
      assert.match(bad!.why, why);
      const { hosts } = mirror.objects();
      assert.deepEqual(names(hosts), names(before.hosts));
      mirror.replace('', itemsOf(sample));
      assert.deepEqual([mirror.objects(), mirror.bad()], [before, []]);
    });

  test('fields of a later version are no fault', () => {
    const mirror = full();
    mirror.put(altered('port/blue/a1', { qos: 'gold', device: { kind: 'tap', name: 't', queues: 4 } }));
    assert.deepEqual(mirror.bad(), []);
    assert.deepEqual(mirror.objects().lports[0]!.device, { kind: 'tap', name: 't', netns: undefined });
  });

  test('a layout of a later version is refused as a whole', () => {
    const mirror = full();
    mirror.checkSchema();
    mirror.put({ key: 'meta/schema', value: '999', modRevision: 2 });
    assert.throws(() => mirror.checkSchema(), { code: 'STORE_NEWER', message: /layout 999/ });
  });

  test('is what a whole store has', async () => {
    const store = await fresh();
    await applyObjects(store, () => sample);
    await store.transact({ puts: [{ key: 'net/broken', value: '{' }] });
    assert.deepEqual(await readWhole(store), full().objects());
  });
});
