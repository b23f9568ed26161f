import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { EtcdStore } from '../../src/store/etcd.js';
import { applyObjects, hostMacOf, readStore } from '../../src/store/objectStore.js';
import type { Store } from '../../src/store/store.js';
import { formatMac } from '../../src/types/mac.js';
import { objectsOf } from '../objects/sample.js';
import { conformance } from './conformance.js';
import { EtcdProcess, etcdSkipReason } from './etcdProcess.js';

const skip = etcdSkipReason();
const put = (store: Store, key: string, value: string) => store.transact({ puts: [{ key, value }] });

describe('with an etcd', { skip }, () => {
  let etcd: EtcdProcess;
  let count = 0;
  const opened: Store[] = [];
  const fresh = (more = {}): EtcdStore => {
    const store = new EtcdStore(etcd.access({ prefix: `/test/${count++}/`, ...more }));
    opened.push(store);
    return store;
  };
  /** What a watcher hears: revisions, and how it ended. */
  const listen = (store: Store, from: number) => {
    const heard: unknown[] = [];
    store.watch('', from, {
      changed: (revision, changes) => heard.push([revision, ...changes.map(({ key }) => key)]),
      failed: (error) => heard.push(error),
    });
    return heard;
  };
  before(async () => {
    etcd = await EtcdProcess.start();
  });
  after(async () => {
    for (const store of opened) await store.close();
    etcd?.close();
  });

  conformance('the store in etcd', async () => new EtcdStore(etcd.access({ prefix: `/test/${count++}/` })));

  test('a large transaction is not held up by keys of other folders that change all the time', async () => {
    const [store, other] = [fresh({ prefix: '/busy/' }), fresh({ prefix: '/busy/' })];
    const puts = Array.from({ length: 500 }, (_, i) => ({ key: `port/${i}`, value: '1' }));
    let stop = false;
    const saying = (async () => {
      for (let i = 0; !stop; i++) await put(other, `applied/${i % 10}`, String(i));
    })();
    const compares = puts.map(({ key }) => ({ key, modRevision: 0 }));
    assert.equal((await store.transact({ compares, puts })).done, true);
    stop = true;
    await saying;
    assert.equal((await store.range('port/')).items.length, 500);
  });

  test('what is below other prefixes is not seen, whatever they begin with', async () => {
    const store = fresh({ prefix: '/a/' });
    await put(store, 'k', '1');
    for (const prefix of ['/', '/a/b/', '/a0/', '/b/']) await put(fresh({ prefix }), 'x', '1');
    const { revision, items } = await store.range('');
    assert.deepEqual(
      items.map(({ key }) => key),
      ['b/x', 'k'],
    );
    const heard = listen(fresh({ prefix: '/b/' }), revision - 4);
    await until(() => heard.length === 1);
    await put(store, 'k', '2');
    await pause(50);
    assert.deepEqual(heard, [[revision, 'x']]);
  });

  test('of 50 hosts that start at the same time each gets a MAC of its own, from few that are drawn', async () => {
    const prefix = `/test/${count++}/`;
    const drawn = () => Uint8Array.of(0xfa, 0x16, 0x3f, 0, 0, Math.floor(Math.random() * 256));
    const macs = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const store = fresh({ prefix });
        const mac = await hostMacOf(store, `h${i}`, drawn);
        assert.deepEqual(await hostMacOf(store, `h${i}`, drawn), mac);
        return formatMac(mac);
      }),
    );
    assert.equal(new Set(macs).size, 50);
    assert.equal((await fresh({ prefix }).range('hostmac/')).items.length, 100);
  });

  test('objects of many keys are applied at once, while hosts draw their MACs beside it; of two that apply none is lost', async () => {
    const prefix = `/test/${count++}/`;
    const store = fresh({ prefix });
    const sample = objectsOf();
    const port = sample.lports[0]!;
    const many = (word: string) =>
      Array.from({ length: 60 }, (_, i) => ({
        ...port,
        name: `${word}${i}`,
        mac: Uint8Array.of(2, 0, 0, word.charCodeAt(0), 0, i),
      }));
    await applyObjects(store, () => sample);
    const more = (word: string) =>
      applyObjects(fresh({ prefix }), (now) => ({
        ...now,
        lports: [...now.lports, ...many(word).map((one) => ({ ...one, addresses: [] }))],
      }));
    const drawing = Array.from({ length: 5 }, (_, i) => hostMacOf(fresh({ prefix }), `x${i}`));
    await Promise.all([more('p'), more('q'), ...drawing]);
    assert.equal((await readStore(store)).objects.lports.length, sample.lports.length + 120);
    await applyObjects(store, () => sample);
    assert.equal((await readStore(store)).objects.lports.length, sample.lports.length);
  });

  test('a key that was deleted meanwhile ends a large transaction, too', async () => {
    const store = fresh();
    const puts = Array.from({ length: 200 }, (_, i) => ({ key: `k${i}`, value: '1' }));
    const { revision } = await store.transact({ puts });
    const compares = puts.map(({ key }) => ({ key, modRevision: revision }));
    const large = fresh();
    // The same prefix, and its reading is made to come before the deletion.
    const slow = new EtcdStore(etcd.access({ prefix: `/test/${count - 2}/` }));
    opened.push(slow);
    const range = slow.range.bind(slow);
    let readings = 0;
    slow.range = async (...all) => {
      const read = await range(...all);
      if (readings++ === 0) await store.transact({ compares: [{ key: 'k7', modRevision: revision }], deletes: ['k7'] });
      return read;
    };
    const outcome = await slow.transact({ compares, puts: puts.map(({ key }) => ({ key, value: '2' })) });
    assert.deepEqual([outcome.done, outcome.done ? [] : outcome.failed, readings], [false, ['k7'], 2]);
    assert.deepEqual((await store.range('')).items.length, 199);
    assert.deepEqual((await large.range('')).items, []);
  });

  test('a revision that is compacted cannot be read, and a watch from it ends', async () => {
    const store = fresh();
    const { revision } = await put(store, 'a', '1');
    for (const value of ['2', '3', '4']) await put(store, 'a', value);
    await etcd.compact(revision + 2);
    await assert.rejects(store.range('', revision), { name: 'CompactedError' });
    assert.equal((await store.range('', revision + 2)).items[0]!.value, '3');
    const heard = listen(store, revision);
    await until(() => heard.length === 1);
    assert.deepEqual([(heard[0] as Error).name, (heard[0] as { oldest: number }).oldest], ['CompactedError', revision + 2]);
  });

  test('what is too large is refused, and says what to do', async () => {
    // The second is too large for its gRPC already.
    for (const [octets, message] of [
      [1_700_000, /request is too large/],
      [4_000_000, /larger than max/],
    ] as const)
      await assert.rejects(put(fresh(), 'a', 'x'.repeat(octets)), {
        code: 'STORE_TOO_LARGE',
        message,
        remedy: /--max-request-bytes/,
      });
  });

  test('an outage ends watches and fails calls; afterwards all is there, and a watch from the gap tells what was missed', async () => {
    const store = fresh();
    const { revision } = await put(store, 'a', '1');
    const heard = listen(store, revision);
    await until(() => heard.length === 1);
    await etcd.kill();
    await until(() => heard.length === 2);
    assert.equal((heard[1] as { code: string }).code, 'STORE_UNREACHABLE');
    await assert.rejects(store.range(''), {
      code: 'STORE_UNREACHABLE',
      message: /127\.0\.0\.1:\d+ does not answer \(connect ECONNREFUSED 127\.0\.0\.1:\d+\)/,
    });
    await assert.rejects(put(store, 'a', '2'), { code: 'STORE_UNREACHABLE' });
    await etcd.begin();
    await until(async () => (await store.range('').catch(() => undefined)) !== undefined);
    await put(store, 'a', '3');
    const again = listen(store, revision + 1);
    await put(store, 'b', '1');
    await until(() => again.length === 2);
    assert.deepEqual(again, [
      [revision + 1, 'a'],
      [revision + 2, 'b'],
    ]);
  });

  test('an https endpoint that speaks http is told as what it is', async () => {
    const store = fresh({ endpoints: [etcd.endpoint.replace('http:', 'https:')] });
    await assert.rejects(store.range(''), { code: 'STORE_UNREACHABLE', message: /; does the endpoint speak http\?\)/ });
  });

  test('a member that is gone is passed over, for readings, transactions and watches', async () => {
    const { endpoints } = etcd.access();
    for (let i = 0; i < 3; i++) {
      const store = fresh({ endpoints: ['http://127.0.0.1:1', ...endpoints, 'http://127.0.0.1:2'] });
      const { done, revision } = await put(store, 'a', '1');
      assert.equal(done, true);
      const heard = listen(store, revision);
      await until(() => heard.length === 1);
      assert.deepEqual(heard, [[revision, 'a']]);
    }
  });

  test('watches that end, and leases that are renewed, leave the connection to the others', async () => {
    // By another name, for stores share connections to the same one.
    const store = fresh({ endpoints: [etcd.endpoint.replace('127.0.0.1', 'localhost')] });
    const { revision } = await put(store, 'a', '1');
    store.watch('', revision, { changed: () => {}, failed: () => {} }).close();
    const heard = listen(store, revision);
    const lease = await store.grant(10);
    await until(() => heard.length === 1);
    const before = connectionsTo(etcd.endpoint);
    for (let i = 0; i < 3; i++) assert.equal(await lease.keepAlive(), true);
    await put(store, 'b', '1');
    await until(() => heard.length === 2);
    assert.ok(before.length > 0);
    assert.deepEqual(connectionsTo(etcd.endpoint), before);
    await lease.revoke();
  });

  test('nothing is asked or told after close', async () => {
    const store = fresh();
    const { revision } = await put(store, 'a', '1');
    const heard = listen(store, revision + 1);
    const last = put(store, 'a', '2');
    await store.close();
    await last;
    await assert.rejects(put(store, 'a', '3'), /closed/);
    await pause(50);
    assert.deepEqual(heard, []);
  });
});

/** Own ports of the connections that this process has to an endpoint. */
function connectionsTo(endpoint: string): string[] {
  const { port } = new URL(endpoint);
  const lines = execFileSync('ss', ['-Htnp', 'state', 'established', `dport = :${port}`], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes(`pid=${process.pid},`)).map((line) => line.trim().split(/\s+/)[2]!);
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; !(await holds()); await pause(5)) assert.ok(Date.now() < end, 'in time');
}
