import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openStore } from '../../../../src/control/dvr/mirror/openStore.js';
import { ToldToStop } from '../../../../src/control/toldToStop.js';

/** Nobody listens on port 1. */
const away = {
  etcd: {
    ...{ endpoints: ['http://127.0.0.1:1', 'http://127.0.0.1:2'], prefix: '/w/' },
    ...{ tls: undefined, user: undefined, passwordFile: undefined },
  },
};

describe('a start whose store does not answer', () => {
  test('waits for it, says so once, and then why it gives up', async () => {
    const warned: unknown[] = [];
    const log = { warn: (about: unknown) => void warned.push(about), info: () => assert.fail('it has answered') };
    const begun = performance.now();
    await assert.rejects(openStore(away, log as never, undefined, 1200), {
      code: 'STORE_UNREACHABLE',
      message: /http:\/\/127\.0\.0\.1:1, http:\/\/127\.0\.0\.1:2 does not answer \(connect ECONNREFUSED 127\.0\.0\.1:\d+\)/,
      remedy: /etcdctl endpoint health/,
    });
    assert.ok(performance.now() - begun >= 1200);
    assert.deepEqual(
      warned.map((about) => (about as { seconds: number }).seconds),
      [1.2],
    );
  });

  test('ends at once when it is told to stop', async () => {
    const told = new Promise((resolve) => setTimeout(resolve, 100));
    const begun = performance.now();
    await assert.rejects(openStore(away, undefined, told), ToldToStop);
    assert.ok(performance.now() - begun < 5000);
  });

  test('does not wait for a password that it cannot read', async () => {
    const secret = { etcd: { ...away.etcd, user: 'u', passwordFile: '/nowhere/password' } };
    await assert.rejects(openStore(secret), { code: 'STORE_SECRET', message: /cannot be read, ENOENT/ });
  });
});
