import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { EtcdStore } from '../../src/store/etcd.js';
import { EtcdProcess, etcdSkipReason } from './etcdProcess.js';

test('a watch that is closed, also before etcd has answered, is none of etcd any more', { skip: etcdSkipReason() }, async (t) => {
  const etcd = await EtcdProcess.start();
  const store = new EtcdStore(etcd.access());
  t.after(async () => {
    await store.close();
    etcd.close();
  });
  const watchers = async (): Promise<number> => {
    const metrics = await (await fetch(`${etcd.endpoint}/metrics`)).text();
    return Number(/^etcd_debugging_mvcc_watcher_total (\d+)$/m.exec(metrics)![1]);
  };
  const silent = { changed: () => {}, failed: () => {} };
  const { revision } = await store.transact({ puts: [{ key: 'a', value: '1' }] });
  const kept = store.watch('a/', revision, silent);
  await pause(300);
  const before = await watchers();
  const some = Array.from({ length: 5 }, (_, i) => store.watch(`b${i}/`, revision, silent));
  for (const one of some) one.close();
  await pause(300);
  const after = await watchers();
  kept.close();
  assert.equal(after, before);
});
