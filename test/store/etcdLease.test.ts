import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { grantLease } from '../../src/store/etcdLease.js';

/** What a lease does to the streams of the client; what etcd makes of it is among the tests of the store. */

/** A stream that answers a question with `TTL`, and what was done to it. */
class FakeStream extends EventEmitter {
  readonly calls: string[] = [];
  constructor(
    private readonly ttl: string,
    private readonly afterMs: number,
  ) {
    super();
  }
  write(): void {
    this.calls.push('write');
    setTimeout(() => this.emit('data', { TTL: this.ttl }), this.afterMs);
  }
  end(): void {
    this.calls.push('end');
  }
  cancel(): void {
    if (!this.calls.includes('cancel')) setImmediate(() => this.emit('error', new Error('1 CANCELLED')));
    this.calls.push('cancel');
  }
}

async function renewals(ttls: readonly string[], afterMs = 0): Promise<{ answers: boolean[]; calls: string[][] }> {
  const streams = ttls.map((ttl) => new FakeStream(ttl, afterMs));
  const left = [...streams];
  const etcd = { leaseClient: { leaseGrant: async () => ({ ID: '7' }), leaseKeepAlive: async () => left.shift() } };
  const ask = <T>(call: (client: typeof etcd) => Promise<T>): Promise<T> => call(etcd);
  const lease = await grantLease({ read: ask, write: ask } as unknown as Parameters<typeof grantLease>[0], 10);
  const answers: boolean[] = [];
  for (const _ of ttls) answers.push(await lease.keepAlive());
  return { answers, calls: streams.map(({ calls }) => calls) };
}

test('a stream is ended before it is cancelled: the client takes one that could still be written for a broken connection', async () => {
  const { answers, calls } = await renewals(['10', '10']);
  assert.deepEqual(answers, [true, true]);
  for (const one of calls) assert.deepEqual(one.slice(0, 3), ['write', 'end', 'cancel']);
});

test('a lease of which nothing is left is told to be over', async () => {
  assert.deepEqual((await renewals(['0'])).answers, [false]);
});

test('an etcd that takes three seconds to answer renews a lease', async () => {
  assert.deepEqual((await renewals(['10'], 3000)).answers, [true]);
});
