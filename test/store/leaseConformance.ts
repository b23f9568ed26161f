import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { readKey } from '../../src/store/readKey.js';
import { keyOfSnat, releaseSnat, snatOwnerIn, takeSnat } from '../../src/store/snatStore.js';
import type { Outcome, Store } from '../../src/store/store.js';

/** What the suite has for its tests. */
export interface Bench {
  fresh(): Promise<Store>;
  put(store: Store, key: string, value: string): Promise<Outcome>;
  /** "a=1@3" */
  items(store: Store, prefix: string): Promise<string[]>;
  listen(store: Store, prefix: string, from: number): { readonly heard: string[] };
  until(holds: () => boolean): Promise<void>;
}

/** What leases must do in every store. */
export function leaseConformance({ fresh, put, items, listen, until }: Bench): void {
  test('keys of a lease are gone when it is revoked, all by one revision, and others are not', async () => {
    const store = await fresh();
    const { heard } = listen(store, '', 1);
    const lease = await store.grant(30);
    await store.transact({
      puts: [
        { key: 'a', value: '1', lease: lease.id },
        { key: 'b', value: '1', lease: lease.id },
        { key: 'c', value: '1' },
      ],
    });
    await put(store, 'b', '2');
    await lease.revoke();
    await until(() => heard.length === 3);
    assert.deepEqual(heard, ['1 a=1 b=1 c=1', '2 b=2', '3 -a']);
    assert.deepEqual(await items(store, ''), ['b=2@2', 'c=1@1']);
    assert.equal(await lease.keepAlive(), false);
    await assert.rejects(store.transact({ puts: [{ key: 'd', value: '1', lease: lease.id }] }), { code: 'STORE_REFUSED' });
    assert.deepEqual(await items(store, 'd'), []);
  });

  test('a lease lasts as long as it is kept alive, and ends by itself', async () => {
    const store = await fresh();
    const { heard } = listen(store, 'a', 1);
    const lease = await store.grant(2);
    await store.transact({ puts: [{ key: 'a', value: '1', lease: lease.id }] });
    for (let i = 0; i < 4; i++) {
      await pause(800);
      assert.equal(await lease.keepAlive(), true);
    }
    assert.deepEqual(await items(store, 'a'), ['a=1@1']);
    const begun = performance.now();
    await until(() => heard.length === 2);
    assert.deepEqual(heard, ['1 a=1', '2 -a']);
    assert.ok(performance.now() - begun > 1000);
    assert.equal(await lease.keepAlive(), false);
  });

  test('the SNAT service of a router is taken by one host, until its lease is over or it gives it up', async () => {
    const store = await fresh();
    const { heard } = listen(store, 'snat/', 1);
    const hosts = ['n', 'm'].map((host) => ({ router: 'r', host, bootId: `boot-${host}`, lasting: false }));
    const leases = [await store.grant(30), await store.grant(30)];
    const race = await Promise.all(hosts.map((owner, i) => takeSnat(store, owner, leases[i]!.id, 0)));
    assert.deepEqual(race.filter(Boolean), [true]);
    const [won, lost] = race[0] ? [0, 1] : [1, 0];
    await leases[won]!.revoke();
    assert.equal(await takeSnat(store, hosts[lost]!, leases[lost]!.id, 0), true);
    const owner = snatOwnerIn((await readKey(store, keyOfSnat('r')))!)!;
    await releaseSnat(store, { router: 'r', term: owner.term - 1 });
    await releaseSnat(store, owner);
    await until(() => heard.length === 4);
    const value = (i: number): string => `snat/r/active={"host":"${hosts[i]!.host}","bootId":"${hosts[i]!.bootId}"}`;
    assert.deepEqual(heard, [`1 ${value(won)}`, '2 -snat/r/active', `3 ${value(lost)}`, '4 -snat/r/active']);
  });

  test("a key that is put by another lease is that one's", async () => {
    const store = await fresh();
    const [first, second] = [await store.grant(30), await store.grant(30)];
    await store.transact({ puts: [{ key: 'a', value: '1', lease: first.id }] });
    await store.transact({ puts: [{ key: 'a', value: '2', lease: second.id }] });
    await first.revoke();
    assert.deepEqual(await items(store, 'a'), ['a=2@2']);
    await second.revoke();
    assert.deepEqual(await items(store, 'a'), []);
  });
}
