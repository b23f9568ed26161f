import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../../../src/config/config.js';
import { loadConfig } from '../../../src/config/load.js';
import { ObjectBook } from '../../../src/control/dvr/objectBook.js';
import { EmbeddedStore } from '../../../src/store/embedded.js';
import { applyObjects } from '../../../src/store/objectStore.js';
import type { Store, Watcher } from '../../../src/store/store.js';
import { formatMac } from '../../../src/types/mac.js';
import { objectsOf, objectsText } from '../../objects/sample.js';

const root = mkdtempSync(join(tmpdir(), 'windrose-book-'));
after(() => rmSync(root, { recursive: true }));
const file = join(root, 'objects.yaml');
let count = 0;

function config(objects = '', directory = join(root, `store${count++}`)): Config {
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
    assert.equal((await book.applyText(objectsText(), 'o.yaml', false)).ok, true);
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
      message: /this host, h1, is not among the hosts \(h2\)/,
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
    await book.applyText(objectsText(), 'o.yaml', false);
    const { revision } = book.now;
    const text = objectsText({ lports: 'lports:\n  - { name: a1, network: blue, addresses: [10.0.0.12] }' });
    const dry = await book.applyText(text, 'o.yaml', true);
    assert.deepEqual(
      dry.changes.map((line) => line.split(':')[0]),
      ['- lport a9', '- lport b2', '~ lport a1'],
    );
    assert.deepEqual([dry.ok, dry.dryRun, dry.revision, book.now.revision], [true, true, revision, revision]);
    const faulty = await book.applyText(text.replace('network: blue,', 'network: blau,'), 'o.yaml', false);
    assert.equal(faulty.ok, false);
    assert.deepEqual(faulty.changes, []);
    assert.equal(book.now.objects.lports.length, 3);
    writeFileSync(file, text);
    const done = await book.applyFile(file, false);
    assert.deepEqual([done.ok, done.changes, done.revision], [true, dry.changes, revision + 1]);
    assert.equal(book.now.objects.lports.length, 1);
    await book.close();
  });

  test('a watch tells of every change, and begins anew when the store ends it', async () => {
    const where = config();
    const embedded = await EmbeddedStore.open(where.store.directory);
    const watchers: Watcher[] = [];
    const store: Store = {
      range: (...all) => embedded.range(...all),
      transact: (one) => embedded.transact(one),
      close: () => embedded.close(),
      watch: (prefix, from, watcher) => {
        watchers.push(watcher);
        return embedded.watch(prefix, from, watcher);
      },
    };
    const book = await ObjectBook.open(where, async () => store);
    const told: number[] = [];
    const watch = book.watch(({ objects }) => told.push(objects.lports.length));
    await applyObjects(embedded, () => objectsOf());
    await pause(5);
    assert.deepEqual(told, [3]);
    watchers[0]!.failed(new Error('canceled'));
    await pause(5);
    assert.deepEqual(told, [3, 3]);
    assert.equal(watchers.length, 2);
    watch.close();
    await applyObjects(embedded, () => ({ ...objectsOf(), lports: [] }));
    await pause(5);
    assert.equal(told.length, 2);
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
