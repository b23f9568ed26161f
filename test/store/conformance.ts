import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Store } from '../../src/store/store.js';

/** What every store must do, whichever it is. `open` gives an empty one. */
export function conformance(name: string, open: () => Promise<Store>): void {
  const opened: Store[] = [];
  const fresh = async (): Promise<Store> => {
    const store = await open();
    opened.push(store);
    return store;
  };
  const put = (store: Store, key: string, value: string) => store.transact({ puts: [{ key, value }] });
  const items = async (store: Store, prefix: string, revision?: number): Promise<string[]> =>
    (await store.range(prefix, revision)).items.map(({ key, value, modRevision }) => `${key}=${value}@${modRevision}`);
  /** What a watcher hears, "3 a=1 -b". */
  const listen = (store: Store, prefix: string, from: number) => {
    const heard: string[] = [];
    const { close } = store.watch(prefix, from, {
      changed: (revision, changes) =>
        heard.push(
          [revision, ...changes.map(({ key, value }) => (value === undefined ? `-${key}` : `${key}=${value}`))].join(' '),
        ),
      failed: (error) => heard.push(error.name),
    });
    return { heard, close };
  };

  describe(name, () => {
    after(async () => {
      for (const store of opened) await store.close();
    });

    test('an empty store is at revision 0', async () => {
      assert.deepEqual(await (await fresh()).range(''), { revision: 0, items: [] });
    });

    test('a range is of a prefix, in order of keys', async () => {
      const store = await fresh();
      for (const key of ['b/2', 'a/1', 'b/1', 'b', 'c/1']) await put(store, key, 'x');
      assert.deepEqual(await items(store, 'b/'), ['b/1=x@3', 'b/2=x@1']);
      assert.equal((await store.range('b/')).revision, 5);
    });

    test('a transaction is one revision, and deletes what is there', async () => {
      const store = await fresh();
      await put(store, 'a', '1');
      const outcome = await store.transact({ puts: [{ key: 'b', value: '2' }], deletes: ['a', 'never'] });
      assert.deepEqual(outcome, { done: true, revision: 2 });
      assert.deepEqual(await items(store, ''), ['b=2@2']);
    });

    test('a transaction that changes nothing is no revision', async () => {
      const store = await fresh();
      assert.deepEqual(await store.transact({ deletes: ['a'] }), { done: true, revision: 0 });
    });

    test('all comparisons must hold, or nothing is done', async () => {
      const store = await fresh();
      await put(store, 'a', '1');
      const compares = [
        { key: 'a', modRevision: 1 },
        { key: 'b', modRevision: 0 },
      ];
      assert.equal((await store.transact({ compares, puts: [{ key: 'b', value: '1' }] })).done, true);
      assert.deepEqual(await store.transact({ compares, puts: [{ key: 'a', value: '2' }] }), {
        done: false,
        revision: 2,
        failed: ['b'],
      });
      assert.deepEqual(await items(store, ''), ['a=1@1', 'b=1@2']);
    });

    test('of many that want the same key one gets it', async () => {
      const store = await fresh();
      const wanted = Array.from({ length: 50 }, (_, i) =>
        store.transact({ compares: [{ key: 'k', modRevision: 0 }], puts: [{ key: 'k', value: String(i) }] }),
      );
      assert.equal((await Promise.all(wanted)).filter(({ done }) => done).length, 1);
    });

    test('a key stands once in a transaction', async () => {
      const store = await fresh();
      await assert.rejects(store.transact({ puts: [{ key: 'a', value: '1' }], deletes: ['a'] }));
      assert.deepEqual(await items(store, ''), []);
    });

    test('a range of an earlier revision is as it was', async () => {
      const store = await fresh();
      await put(store, 'a', '1');
      await put(store, 'b', '1');
      await put(store, 'a', '2');
      await store.transact({ deletes: ['b'] });
      assert.deepEqual(await items(store, '', 2), ['a=1@1', 'b=1@2']);
      assert.deepEqual(await items(store, '', 3), ['a=2@3', 'b=1@2']);
      assert.deepEqual(await items(store, '', 0), []);
    });

    test('a watch tells whole revisions of its prefix in order, from the past on', async () => {
      const store = await fresh();
      await put(store, 'p/a', '1');
      await store.transact({
        puts: [
          { key: 'p/b', value: '2' },
          { key: 'q/b', value: '2' },
        ],
        deletes: ['p/a'],
      });
      const { heard, close } = listen(store, 'p/', 2);
      await put(store, 'q/c', '3');
      await put(store, 'p/c', '4');
      await turn();
      assert.deepEqual(heard, ['2 p/b=2 -p/a', '4 p/c=4']);
      close();
      await put(store, 'p/c', '5');
      await turn();
      assert.equal(heard.length, 2);
    });

    test('a watch from the revision behind a range misses nothing and tells nothing twice', async () => {
      const store = await fresh();
      const seen = new Map<string, string>();
      const writing = Promise.all(Array.from({ length: 100 }, (_, i) => put(store, `k${i % 7}`, String(i))));
      const { revision, items: first } = await store.range('k');
      for (const { key, value } of first) seen.set(key, value);
      const revisions: number[] = [];
      store.watch('k', revision + 1, {
        changed: (at, changes) => {
          revisions.push(at);
          for (const { key, value } of changes) seen.set(key, value!);
        },
        failed: (error) => assert.fail(error),
      });
      await writing;
      await turn();
      assert.deepEqual(
        revisions,
        Array.from({ length: 100 - revision }, (_, i) => revision + 1 + i),
      );
      assert.deepEqual(
        [...seen].sort(),
        (await store.range('k')).items.map(({ key, value }) => [key, value]),
      );
    });
  });
}
