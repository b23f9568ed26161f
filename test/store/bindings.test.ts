import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Objects } from '../../src/objects/model.js';
import { type Activation, activatePort } from '../../src/store/bindings.js';
import { putClaim } from '../../src/store/claimStore.js';
import { applyObjects, readStore } from '../../src/store/objectStore.js';
import type { Store } from '../../src/store/store.js';
import { ip, MAC, mac, prefix, sample } from '../support/dvrSample.js';
import { migratingTo, withPort } from '../support/migrating.js';
import { fresh } from './fresh.js';

const a1 = { network: 'blue', name: 'a1' };
const coming = withPort(migratingTo(sample, 'a1', 'h2'), 'a1', {
  migratingNetns: 'vm-b',
  allowedPairs: [{ prefix: prefix('10.0.0.50/32'), mac: undefined }],
});
const hostPorts = async (store: Store): Promise<string[]> =>
  (await store.range('hostport/')).items.map(({ key }) => key).filter((key) => key.endsWith('/a1'));
const portIn = ({ lports }: Objects) => lports.find(({ name }) => name === 'a1')!;
/** Without its revision. */
const told = ({ outcome, ...rest }: Activation): unknown[] => [
  outcome,
  ...Object.values(rest).filter((one) => typeof one !== 'number'),
];

test('a port that is migrating is found by both hosts, and is bound to the new one in one transaction, with its device there', async () => {
  const store = await fresh();
  await applyObjects(store, () => coming);
  assert.deepEqual(await hostPorts(store), ['hostport/h1/blue/a1', 'hostport/h2/blue/a1']);
  const before = (await readStore(store)).revision;
  assert.deepEqual(told(await activatePort(store, a1, 'h2')), ['activated', 'h2', 'h1']);
  const { objects, revision } = await readStore(store);
  assert.equal(revision, before + 1);
  const { host, migratingTo: to, migratingNetns, device } = portIn(objects);
  assert.deepEqual([host, to, migratingNetns, device!.netns], ['h2', undefined, undefined, 'vm-b']);
  assert.deepEqual(await hostPorts(store), ['hostport/h2/blue/a1']);
});

test('again it changes nothing; one that is not migrating, or to another host, or not there says so', async () => {
  const store = await fresh();
  await applyObjects(store, () => coming);
  assert.deepEqual(told(await activatePort(store, a1, 'n')), ['not-migrating', 'h1']);
  await activatePort(store, a1);
  const { revision } = await readStore(store);
  assert.deepEqual(told(await activatePort(store, a1)), ['not-migrating', 'h2']);
  assert.deepEqual(told(await activatePort(store, { network: 'blue', name: 'a7' })), ['unknown']);
  assert.equal((await readStore(store)).revision, revision);
});

test('what it has claimed goes with it; claims of others stay as they are', async () => {
  const store = await fresh();
  await applyObjects(store, () => coming);
  const claim = { network: 'blue', address: ip('10.0.0.50'), mac: mac(MAC.a1), port: 'a1', host: 'h1' };
  await putClaim(store, claim);
  await putClaim(store, { ...claim, address: ip('10.0.0.51'), port: 'a3' });
  await activatePort(store, a1);
  const { claims } = await readStore(store);
  assert.deepEqual(
    claims.map(({ port, host, seq }) => [port, host, seq]),
    [
      ['a1', 'h2', 1],
      ['a3', 'h1', 1],
    ],
  );
});

test("an address that another port claims meanwhile is that port's", async () => {
  const store = await fresh();
  await applyObjects(store, () => coming);
  const claim = { network: 'blue', address: ip('10.0.0.50'), mac: mac(MAC.a1), port: 'a1', host: 'h1' };
  await putClaim(store, claim);
  const { transact } = store;
  store.transact = async (transaction) => {
    store.transact = transact;
    await putClaim(store, { ...claim, mac: mac(MAC.a3), port: 'a3' });
    return transact.call(store, transaction);
  };
  assert.deepEqual(told(await activatePort(store, a1, 'h2')), ['activated', 'h2', 'h1']);
  const { claims } = await readStore(store);
  assert.deepEqual(
    claims.map(({ port, host, seq }) => [port, host, seq]),
    [['a3', 'h1', 2]],
  );
});

test('who changes the port meanwhile is not overruled: it is looked at anew', async () => {
  const store = await fresh();
  await applyObjects(store, () => coming);
  // Between looking and binding somebody ends the migration, and somebody else changes its addresses.
  const racing = (meanwhile: Objects): Store => {
    let first = true;
    return {
      range: (prefix) => store.range(prefix),
      transact: async (transaction) => {
        if (first) await applyObjects(store, () => meanwhile);
        first = false;
        return store.transact(transaction);
      },
      watch: () => assert.fail(),
      ...{ grant: () => assert.fail(), close: async () => {} },
    };
  };
  const aborted = withPort(coming, 'a1', { migratingTo: undefined, migratingNetns: undefined });
  assert.deepEqual(told(await activatePort(racing(aborted), a1, 'h2')), ['not-migrating', 'h1']);
  await applyObjects(store, () => coming);
  const changed = withPort(coming, 'a1', { addresses: [ip('10.0.0.77')] });
  assert.deepEqual(told(await activatePort(racing(changed), a1, 'h2')), ['activated', 'h2', 'h1']);
  assert.deepEqual(portIn((await readStore(store)).objects).addresses, [ip('10.0.0.77')]);
});

test('two hosts, and an operator, at the same time: one has done it', async () => {
  const store = await fresh();
  await applyObjects(store, () => coming);
  const all = await Promise.all([activatePort(store, a1, 'h2'), activatePort(store, a1), activatePort(store, a1)]);
  assert.deepEqual(all.map(({ outcome }) => outcome).sort(), ['activated', 'not-migrating', 'not-migrating']);
});

test('keys of a later version stay in the record; a record of an earlier one is read', async () => {
  const store = await fresh();
  await applyObjects(store, () => coming);
  const [item] = (await store.range('port/blue/a1')).items;
  const { migratingNetns: _, ...record } = JSON.parse(item!.value);
  await store.transact({ puts: [{ key: item!.key, value: JSON.stringify({ ...record, later: 7 }) }] });
  await activatePort(store, a1);
  assert.equal(JSON.parse((await store.range('port/blue/a1')).items[0]!.value).later, 7);
});

test('nothing is bound in a store of a later layout, nor in one that is upgraded meanwhile', async () => {
  const store = await fresh();
  await applyObjects(store, () => coming);
  const { transact } = store;
  store.transact = async (transaction) => {
    await transact.call(store, { puts: [{ key: 'meta/schema', value: '999' }] });
    return transact.call(store, transaction);
  };
  for (const of of ['upgraded meanwhile', 'before']) await assert.rejects(activatePort(store, a1), { code: 'STORE_NEWER' }, of);
  assert.deepEqual(await hostPorts(store), ['hostport/h1/blue/a1', 'hostport/h2/blue/a1']);
});
