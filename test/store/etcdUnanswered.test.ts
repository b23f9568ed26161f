import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { EtcdStore } from '../../src/store/etcd.js';
import { EtcdProcess, etcdSkipReason } from './etcdProcess.js';

const WAIT_MS = 10_000;

test('a change that was sent and is not answered may have been made; one that could not be sent was not', {
  skip: etcdSkipReason(),
}, async () => {
  const etcd = await EtcdProcess.start();
  const store = new EtcdStore(etcd.access());
  const nowhere = new EtcdStore(etcd.access({ endpoints: ['http://127.0.0.1:1'] }));
  try {
    await store.transact({ puts: [{ key: 'a', value: '1' }] });
    etcd.freeze(true);
    await etcd.frozen();
    const second = store.transact({ puts: [{ key: 'a', value: '2' }] });
    await assert.rejects(second, { code: 'STORE_UNANSWERED', remedy: /windrose diff FILE/ });
    etcd.freeze(false);
    // Made when etcd goes on, or not if it finds that nobody waits for it any more: either is what was said.
    const now = async () => (await store.range('').catch(() => undefined))?.items[0]?.value;
    for (const end = Date.now() + WAIT_MS; (await now()) === undefined && Date.now() < end; ) await pause(50);
    assert.match(String(await now()), /^[12]$/);
    const third = nowhere.transact({ puts: [{ key: 'a', value: '3' }] });
    await assert.rejects(third, { code: 'STORE_UNREACHABLE', remedy: /in the configuration\.$/ });
  } finally {
    await store.close();
    await nowhere.close();
    etcd.close();
  }
});
