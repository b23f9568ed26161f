import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { WindroseError } from '../../src/errors/catalog.js';
import { EmbeddedStore } from '../../src/store/embedded.js';
import { seal } from '../../src/store/sealed.js';
import { conformance } from './conformance.js';

const root = mkdtempSync(join(tmpdir(), 'windrose-store-'));
after(() => rmSync(root, { recursive: true }));
let count = 0;
const place = (): string => join(root, String(count++));
const put = (store: EmbeddedStore, key: string, value: string) => store.transact({ puts: [{ key, value }] });
const refused =
  (code: string, detail = /./) =>
  (error: unknown) =>
    error instanceof WindroseError && error.code === code && detail.test(error.message);

conformance('the embedded store', () => EmbeddedStore.open(place()));

async function reopened(directory: string): Promise<{ revision: number; items: string[] }> {
  const store = await EmbeddedStore.open(directory);
  const { revision, items } = await store.range('');
  await store.close();
  return { revision, items: items.map(({ key, value, modRevision }) => `${key}=${value}@${modRevision}`) };
}

describe('the embedded store on its disk', () => {
  test('what was written is there after a restart, and revisions go on', async () => {
    const directory = place();
    const store = await EmbeddedStore.open(directory);
    await put(store, 'a', '1');
    await put(store, 'ü', 'line\nbreak');
    await store.transact({ deletes: ['a'] });
    await store.close();
    assert.deepEqual(await reopened(directory), { revision: 3, items: ['ü=line\nbreak@2'] });
    const again = await EmbeddedStore.open(directory);
    assert.deepEqual(await put(again, 'b', '1'), { done: true, revision: 4 });
    await again.close();
  });

  test('keys of leases end with the process, on the log and in a snapshot, and revisions go on', async () => {
    for (const snapshotEvery of [2, 4096]) {
      const directory = place();
      const store = await EmbeddedStore.open(directory, { snapshotEvery });
      const { id: lease } = await store.grant(30);
      await put(store, 'a', '1');
      await store.transact({
        puts: [
          { key: 'a', value: '2', lease },
          { key: 'b', value: '2', lease },
          { key: 'c', value: '2' },
        ],
      });
      assert.equal((await store.range('')).items.length, 3);
      await store.close();
      assert.deepEqual(await reopened(directory), { revision: 2, items: ['c=2@2'] });
    }
  });

  test('half a line at the end is nothing, wherever it is torn', async () => {
    const directory = place();
    const store = await EmbeddedStore.open(directory);
    await put(store, 'a', '1');
    const first = readFileSync(join(directory, 'log')).length;
    await store.transact({
      puts: [
        { key: 'a', value: '2' },
        { key: 'b', value: '2' },
      ],
    });
    await store.close();
    const whole = readFileSync(join(directory, 'log'));
    for (let cut = first; cut < whole.length; cut++) {
      const torn = place();
      await (await EmbeddedStore.open(torn)).close();
      writeFileSync(join(torn, 'log'), whole.subarray(0, cut));
      assert.deepEqual(await reopened(torn), { revision: 1, items: ['a=1@1'] }, `cut at ${cut}`);
      assert.equal(readFileSync(join(torn, 'log')).length, first);
    }
  });

  test('a line that decayed in the middle is refused, and so is a revision that is missing', async () => {
    const directory = place();
    const store = await EmbeddedStore.open(directory);
    for (const value of ['1', '2', '3']) await put(store, 'a', value);
    await store.close();
    const log = join(directory, 'log');
    const lines = readFileSync(log, 'utf8');
    writeFileSync(log, lines.replace('"2"', '"7"'));
    await assert.rejects(EmbeddedStore.open(directory), refused('STORE_CORRUPT', /not whole/));
    writeFileSync(
      log,
      lines
        .split('\n')
        .filter((_, i) => i !== 1)
        .join('\n'),
    );
    await assert.rejects(EmbeddedStore.open(directory), refused('STORE_CORRUPT', /revision 2 is missing/));
    writeFileSync(log, lines);
    assert.equal((await reopened(directory)).revision, 3);
  });

  test('a snapshot takes the place of the log, and what is older cannot be told', async () => {
    const directory = place();
    const store = await EmbeddedStore.open(directory, { snapshotEvery: 10, keep: 3 });
    for (let i = 1; i <= 25; i++) await put(store, `k${i % 4}`, String(i));
    await assert.rejects(store.range('', 10), { name: 'CompactedError', oldest: 17 });
    assert.equal((await store.range('', 20)).items.length, 4);
    const failures: string[] = [];
    store.watch('', 5, { changed: () => assert.fail('told'), failed: (error) => failures.push(error.message) });
    await turn();
    assert.deepEqual(failures, ['revisions below 18 are compacted']);
    await store.close();
    assert.equal(readFileSync(join(directory, 'log'), 'utf8').split('\n').length - 1, 5);
    assert.deepEqual(await reopened(directory), { revision: 25, items: ['k0=24@24', 'k1=25@25', 'k2=22@22', 'k3=23@23'] });
  });

  test('a log that a snapshot has already taken in is passed over', async () => {
    const directory = place();
    const store = await EmbeddedStore.open(directory, { snapshotEvery: 4 });
    for (const value of ['1', '2', '3']) await put(store, 'a', value);
    const log = readFileSync(join(directory, 'log'));
    await put(store, 'a', '4');
    await store.close();
    assert.ok(existsSync(join(directory, 'snapshot')));
    writeFileSync(join(directory, 'log'), log);
    assert.deepEqual(await reopened(directory), { revision: 4, items: ['a=4@4'] });
  });

  test('a snapshot that is damaged, or of a later version, is refused', async () => {
    const directory = place();
    const store = await EmbeddedStore.open(directory, { snapshotEvery: 2 });
    await put(store, 'a', '1');
    await put(store, 'b', '1');
    await store.close();
    const file = join(directory, 'snapshot');
    const whole = readFileSync(file, 'utf8');
    writeFileSync(file, whole.slice(0, -20));
    await assert.rejects(EmbeddedStore.open(directory), refused('STORE_CORRUPT'));
    writeFileSync(file, whole.split('\n').slice(0, 2).join('\n') + '\n');
    await assert.rejects(EmbeddedStore.open(directory), refused('STORE_CORRUPT', /missing/));
    writeFileSync(file, seal({ form: 2, revision: 1, items: 0 }));
    await assert.rejects(EmbeddedStore.open(directory), refused('STORE_NEWER'));
  });

  test('one at a time has it open; what a dead one left does not hinder', async () => {
    const directory = place();
    const store = await EmbeddedStore.open(directory);
    await assert.rejects(EmbeddedStore.open(directory), refused('STORE_IN_USE'));
    await put(store, 'a', '1');
    rmSync(join(directory, 'lock'));
    await assert.rejects(put(store, 'a', '2'), refused('STORE_IN_USE', /taken away/));
    await store.close();
    assert.deepEqual(await reopened(directory), { revision: 1, items: ['a=1@1'] });
  });

  test('a path that is too long for a socket', async () => {
    const directory = join(place(), 'x'.repeat(120));
    const store = await EmbeddedStore.open(directory);
    await assert.rejects(EmbeddedStore.open(directory), refused('STORE_IN_USE'));
    await store.close();
    assert.equal(existsSync(join(directory, 'lock')), false);
  });

  test('a directory that cannot be made', async () => {
    const file = place();
    appendFileSync(file, '');
    await assert.rejects(EmbeddedStore.open(join(file, 'store')), refused('STORE_UNWRITABLE', /ENOTDIR/));
  });

  test('nothing is written after close', async () => {
    const store = await EmbeddedStore.open(place());
    await store.close();
    await assert.rejects(put(store, 'a', '1'), /closed/);
  });
});
