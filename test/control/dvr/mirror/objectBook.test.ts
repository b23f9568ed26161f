import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../../../../src/config/config.js';
import { loadConfig } from '../../../../src/config/load.js';
import { ObjectBook } from '../../../../src/control/dvr/mirror/objectBook.js';
import { WindroseError } from '../../../../src/errors/catalog.js';
import { EmbeddedStore } from '../../../../src/store/embedded.js';
import { applyObjects } from '../../../../src/store/objectStore.js';
import type { Store, Transaction, Watcher } from '../../../../src/store/store.js';
import { formatMac } from '../../../../src/types/mac.js';
import { objectsOf, objectsText } from '../../../objects/sample.js';

const root = mkdtempSync(join(tmpdir(), 'windrose-book-'));
after(() => rmSync(root, { recursive: true }));
const file = join(root, 'objects.yaml');
let count = 0;
const place = (): string => join(root, `store${count++}`);

function config(objects = '', directory = place()): Config {
  const text = `name: gw1\nifaces: []\nhost: { name: h1 }\nstore: { directory: ${directory} }\n${objects}`;
  return loadConfig(text, join(root, 'gw1.yaml')).config!;
}

const NAMED = 'objects: objects.yaml\n';

describe('the objects of a host', () => {
  test('are those of the file at the start, and MACs stay over restarts', async () => {
    writeFileSync(file, objectsText());
    const where = config(NAMED);
    const book = await ObjectBook.open(where);
    assert.deepEqual(
      book.now.objects.lports.map(({ name }) => name),
      ['a1', 'a9', 'b2'],
    );
    await book.close();
    const again = await ObjectBook.open(where);
    assert.deepEqual(again.mac, book.mac);
    assert.deepEqual(again.now, book.now);
    await again.close();
  });

  test('are those of the store when no file is named', async () => {
    const where = config();
    const book = await ObjectBook.open(where);
    assert.deepEqual(book.now.objects.networks, []);
    assert.equal((await book.applyText(objectsText(), 'o.yaml', { dryRun: false })).ok, true);
    await book.close();
    const again = await ObjectBook.open(where);
    assert.equal(again.now.objects.networks.length, 2);
    await again.close();
  });

  test('a file with faults, or without this host, ends the start, and the store can be opened again', async () => {
    const where = config(NAMED);
    writeFileSync(file, objectsText({ hosts: 'hosts: [{ name: h2 }]', lports: 'lports: []' }));
    await assert.rejects(ObjectBook.open(where), {
      code: 'OBJECTS_REFUSED',
      message: /this host, h1, is not among the hosts \(h2\); keep it under hosts, or stop this gateway/,
    });
    writeFileSync(file, objectsText({ networks: 'networks: []' }));
    await assert.rejects(ObjectBook.open(where), {
      code: 'OBJECTS_REFUSED',
      message: /5 faults; the first: .*:6:29 subnets\[0\]\.network/,
    });
    writeFileSync(file, objectsText());
    await (await ObjectBook.open(where)).close();
  });

  test('applying tells the difference; a dry run and a refusal change nothing', async () => {
    const book = await ObjectBook.open(config());
    await book.applyText(objectsText(), 'o.yaml', { dryRun: false });
    const { revision } = book.now;
    const text = objectsText({ lports: 'lports:\n  - { name: a1, network: blue, addresses: [10.0.0.12] }' });
    const dry = await book.applyText(text, 'o.yaml', { dryRun: true });
    assert.deepEqual(
      [...new Set(dry.changes.map((line) => line.split(' ').slice(0, 3).join(' ').replace(/:$/, '')))],
      ['- lport a9', '- lport b2', '~ lport a1'],
    );
    assert.deepEqual([dry.ok, dry.dryRun, dry.revision, book.now.revision], [true, true, revision, revision]);
    const faulty = await book.applyText(text.replace('network: blue,', 'network: blau,'), 'o.yaml', { dryRun: false });
    assert.equal(faulty.ok, false);
    assert.deepEqual(faulty.changes, []);
    assert.equal(book.now.objects.lports.length, 3);
    writeFileSync(file, text);
    const done = await book.applyFile(file, false);
    assert.deepEqual([done.ok, done.changes, done.revision], [true, dry.changes, revision + 1]);
    assert.equal(book.now.objects.lports.length, 1);
    await book.close();
  });

  test('a watch tells of every change, and begins anew when the store ends it, with what was missed', async () => {
    const { book, store, embedded, log } = await watched();
    const told: number[] = [];
    const watch = book.watch(({ objects }) => told.push(objects.lports.length));
    await applyObjects(embedded, () => objectsOf());
    await until(() => told.length === 1);
    assert.deepEqual(told, [3]);
    store.deaf = true;
    await applyObjects(embedded, () => ({ ...objectsOf(), lports: objectsOf().lports.slice(1) }));
    store.end('canceled');
    store.deaf = false;
    await until(() => store.begun === 2);
    assert.deepEqual(told, [3, 2]);
    store.end('canceled');
    await until(() => store.begun === 3);
    assert.deepEqual([told.length, book.reachable, log], [2, true, []]);
    await applyObjects(embedded, () => ({ ...objectsOf(), lports: [] }));
    await until(() => told.length === 3);
    watch.close();
    await applyObjects(embedded, () => objectsOf());
    await pause(50);
    assert.deepEqual(told, [3, 2, 0]);
    await book.close();
  });

  test('a store that is lost is told once, its objects stay, and what changed meanwhile comes when it is back', async () => {
    const { book, store, embedded, log } = await watched();
    await applyObjects(embedded, () => objectsOf());
    await book.renew();
    const told: number[] = [];
    book.watch(({ objects }) => told.push(objects.lports.length));
    [store.away, store.deaf] = [true, true];
    await applyObjects(embedded, () => ({ ...objectsOf(), lports: [] }));
    store.end('gone');
    await until(() => !book.reachable);
    await pause(1200);
    assert.deepEqual([told, book.now.objects.lports.length], [[], 3]);
    await assert.rejects(book.applyText(objectsText(), 'o.yaml', { dryRun: false }), { code: 'STORE_UNREACHABLE' });
    [store.away, store.deaf] = [false, false];
    await until(() => told.length === 1);
    assert.deepEqual([told, book.reachable], [[0], true]);
    assert.deepEqual(log, ['the store is lost; its last objects stay in use', 'the store is back']);
    await book.close();
  });

  test('a record that cannot be read is left out, and said once; the others are followed, and it is when it is sound again', async () => {
    const { book, embedded, log } = await watched();
    const sound = objectsOf();
    await applyObjects(embedded, () => sound);
    await book.renew();
    const told: number[] = [];
    book.watch(({ objects }) => told.push(objects.lports.length));
    const { value } = (await embedded.range('port/blue/a1')).items[0]!;
    const put = (key: string, text: string) => embedded.transact({ puts: [{ key, value: text }] });
    await put('port/blue/a1', '{"name":"a1",');
    await until(() => told.length === 1);
    await put('claim/blue/10.0.0.77', '7');
    await until(() => told.length === 2);
    await put('port/blue/a1', value);
    await until(() => told.length === 3);
    assert.deepEqual(told, [2, 2, 3]);
    const sentence = 'a record of the store cannot be read; it is left out';
    assert.deepEqual(log, [sentence, sentence]);
    await book.close();
  });

  test('a layout of a later version that appears while it runs is not read: the last objects stay', async () => {
    const { book, embedded, log } = await watched();
    await applyObjects(embedded, () => objectsOf());
    await book.renew();
    book.watch(() => {});
    await embedded.transact({ puts: [{ key: 'meta/schema', value: '999' }], deletes: ['port/blue/a1'] });
    await until(() => !book.reachable);
    assert.equal(book.now.objects.lports.length, 3);
    await embedded.transact({ puts: [{ key: 'meta/schema', value: '1' }] });
    await until(() => book.reachable);
    assert.equal(book.now.objects.lports.length, 2);
    assert.deepEqual(log, ['the store is lost; its last objects stay in use', 'the store is back']);
    await book.close();
  });

  test('a store that says nothing is not waited for by a listing: it has what concerns this host', async () => {
    const { book, store } = await watched();
    store.slow = 6000;
    const begun = performance.now();
    assert.equal(await book.all(), book.now.objects);
    assert.ok(performance.now() - begun < 5000);
    store.slow = 0;
    await book.close();
  });

  test('a reading that began earlier is never taken for a later one', async () => {
    const { book, store, embedded } = await watched();
    store.slow = 30;
    const first = book.renew();
    await pause(5);
    await applyObjects(embedded, () => objectsOf());
    store.slow = 0;
    const [, later] = await Promise.all([first, book.renew()]);
    assert.equal(later.objects.lports.length, 3);
    assert.equal(book.now.objects.lports.length, 3);
    await book.close();
  });

  test("the host's MAC is the one the objects give it", async () => {
    writeFileSync(
      file,
      objectsText({ hosts: 'hosts: [{ name: h1, vtep: 192.0.2.1, mac: fa:16:3f:00:00:07 }, { name: h2, vtep: 192.0.2.2 }]' }),
    );
    const book = await ObjectBook.open(config(NAMED));
    assert.equal(formatMac(book.mac), 'fa:16:3f:00:00:07');
    await book.close();
  });
});

/** A book whose store can be made slow, deaf, or to seem away. */
async function watched() {
  const embedded = await EmbeddedStore.open(place());
  const log: string[] = [];
  const note = (_: unknown, sentence: string): void => void log.push(sentence);
  const asked = <T>(answer: () => Promise<T>): Promise<T> =>
    store.away ? Promise.reject(new WindroseError('STORE_UNREACHABLE', 'there', 'gone')) : answer();
  const watchers: Watcher[] = [];
  const store = {
    /** How often everything was watched. */
    begun: 0,
    deaf: false,
    away: false,
    slow: 0,
    range: async (...all: Parameters<Store['range']>) => {
      const range = await asked(() => embedded.range(...all));
      await pause(store.slow);
      return range;
    },
    transact: (one: Transaction) => asked(() => embedded.transact(one)),
    grant: (seconds: number) => embedded.grant(seconds),
    close: () => embedded.close(),
    watch: (prefix: string, from: number, watcher: Watcher) => {
      if (prefix === 'meta/') store.begun++;
      watchers.push(watcher);
      const changed: Watcher['changed'] = (...all) => store.deaf || watcher.changed(...all);
      return embedded.watch(prefix, from, { ...watcher, changed });
    },
    /** Every watch. */
    end: (why: string) => {
      for (const watcher of watchers.splice(0)) watcher.failed(new Error(why));
    },
  };
  const book = await ObjectBook.open(config(), async () => store, { info: note, warn: note } as never);
  return { book, store, embedded, log };
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 5000; !holds(); await pause(2)) assert.ok(Date.now() < end, 'in time');
}
