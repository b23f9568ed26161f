import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Store } from '../../src/store/store.js';
import { leaseConformance } from './leaseConformance.js';

/** Until a watch has told what it must. */
const TOLD_MS = 5000;
/** A watch that tells what it must not would have done so by then. */
const SILENT_MS = 50;

/**
 * What every store must do, whichever it is. `open` gives an empty one. Revisions are counted from where it stands, for a store may count what
 * is written beside it as well; nobody else writes meanwhile.
 */
export function conformance(name: string, open: () => Promise<Store>): void {
  const opened: Store[] = [];
  const fresh = async (): Promise<Store> => {
    const store = await open();
    opened.push(store);
    bases.set(store, (await store.range('')).revision);
    return store;
  };
  const put = (store: Store, key: string, value: string) => store.transact({ puts: [{ key, value }] });
  const bases = new Map<Store, number>();
  const at = (store: Store, revision: number): number => bases.get(store)! + revision;
  const items = async (store: Store, prefix: string, revision?: number): Promise<string[]> => {
    const asked = revision === undefined ? undefined : at(store, revision);
    return (await store.range(prefix, asked)).items.map(
      ({ key, value, modRevision }) => `${key}=${value}@${modRevision - at(store, 0)}`,
    );
  };
  /** What a watcher hears, "3 a=1 -b". */
  const listen = (store: Store, prefix: string, from: number) => {
    const heard: string[] = [];
    const { close } = store.watch(prefix, at(store, from), {
      changed: (revision, changes) =>
        heard.push(
          [
            revision - at(store, 0),
            ...changes.map(({ key, value }) => (value === undefined ? `-${key}` : `${key}=${value}`)),
          ].join(' '),
        ),
      failed: (error) => heard.push(error.name),
    });
    return { heard, close };
  };

  const until = async (holds: () => boolean): Promise<void> => {
    for (const end = Date.now() + TOLD_MS; !holds() && Date.now() < end; ) await pause(2);
  };

  describe(name, () => {
    after(async () => {
      for (const store of opened) await store.close();
    });

    test('an empty store has nothing, and nothing was before anything', async () => {
      const store = await fresh();
      assert.deepEqual(await store.range(''), { revision: at(store, 0), items: [] });
      assert.deepEqual(await store.range('', 0), { revision: 0, items: [] });
    });

    test('a range is of a prefix, in order of keys', async () => {
      const store = await fresh();
      for (const key of ['b/2', 'a/1', 'b/1', 'b', 'c/1']) await put(store, key, 'x');
      assert.deepEqual(await items(store, 'b/'), ['b/1=x@3', 'b/2=x@1']);
      assert.equal((await store.range('b/')).revision, at(store, 5));
    });

    test('a transaction is one revision, and deletes what is there', async () => {
      const store = await fresh();
      await put(store, 'a', '1');
      const outcome = await store.transact({ puts: [{ key: 'b', value: '2' }], deletes: ['a', 'never'] });
      assert.deepEqual(outcome, { done: true, revision: at(store, 2) });
      assert.deepEqual(await items(store, ''), ['b=2@2']);
    });

    test('a transaction that changes nothing is no revision', async () => {
      const store = await fresh();
      assert.deepEqual(await store.transact({ deletes: ['a'] }), { done: true, revision: at(store, 0) });
    });

    test('all comparisons must hold, or nothing is done', async () => {
      const store = await fresh();
      await put(store, 'a', '1');
      const compares = [
        { key: 'a', modRevision: at(store, 1) },
        { key: 'b', modRevision: 0 },
      ];
      assert.equal((await store.transact({ compares, puts: [{ key: 'b', value: '1' }] })).done, true);
      assert.deepEqual(await store.transact({ compares, puts: [{ key: 'a', value: '2' }] }), {
        done: false,
        revision: at(store, 2),
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

    test('a transaction of many keys is one revision, compared as a whole', async () => {
      const store = await fresh();
      const puts = (value: string) => Array.from({ length: 700 }, (_, i) => ({ key: `many/${i}`, value }));
      const { heard } = listen(store, 'many/', 1);
      const compares = puts('').map(({ key }) => ({ key, modRevision: 0 }));
      assert.deepEqual(await store.transact({ compares, puts: puts('1') }), { done: true, revision: at(store, 1) });
      assert.deepEqual(await store.transact({ compares: [...compares, { key: 'x', modRevision: 0 }], puts: puts('2') }), {
        done: false,
        revision: at(store, 1),
        failed: compares.map(({ key }) => key),
      });
      const standing = compares.map(({ key }) => ({ key, modRevision: at(store, 1) }));
      const both = await Promise.all(
        ['2', '3'].map((value) => store.transact({ compares: standing, puts: puts(value).slice(100), deletes: ['many/0'] })),
      );
      assert.deepEqual(both.map(({ done }) => done).sort(), [false, true]);
      await until(() => heard.length === 2);
      assert.deepEqual(
        heard.map((line) => [line.split(' ')[0], line.split(' ').length - 1]),
        [
          ['1', 700],
          ['2', 601],
        ],
      );
      assert.equal((await items(store, 'many/')).length, 699);
    });

    test('a revision that has not been cannot be seen', async () => {
      const store = await fresh();
      await assert.rejects(store.range('', at(store, 1)), RangeError);
    });

    test('values are as they were written, and keys that begin alike are not taken for each other', async () => {
      const store = await fresh();
      await put(store, 'ü/ä', 'line\nbreak ü 🌹');
      await put(store, 'ü', '');
      assert.deepEqual(await items(store, 'ü/'), ['ü/ä=line\nbreak ü 🌹@1']);
      assert.deepEqual(await items(store, 'ü'), ['ü=@2', 'ü/ä=line\nbreak ü 🌹@1']);
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
      await until(() => heard.length === 2);
      assert.deepEqual(heard, ['2 p/b=2 -p/a', '4 p/c=4']);
      close();
      await put(store, 'p/c', '5');
      await pause(SILENT_MS);
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
        changed: (told, changes) => {
          revisions.push(told);
          for (const { key, value } of changes) seen.set(key, value!);
        },
        failed: (error) => assert.fail(error),
      });
      await writing;
      await until(() => revisions.at(-1) === at(store, 100));
      assert.deepEqual(
        revisions,
        Array.from({ length: at(store, 100) - revision }, (_, i) => revision + 1 + i),
      );
      assert.deepEqual(
        [...seen].sort(),
        (await store.range('k')).items.map(({ key, value }) => [key, value]),
      );
    });

    leaseConformance({ fresh, put, items, listen, until });
  });
}
