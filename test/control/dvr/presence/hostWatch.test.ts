import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { HostWatch } from '../../../../src/control/dvr/presence/hostWatch.js';
import { alivePut } from '../../../../src/store/presence.js';
import type { Store } from '../../../../src/store/store.js';
import { made, until } from '../awayStore.js';

describe('who looks at the hosts', () => {
  test('sees them come, go without a word, come back and stop, and logs each once', async () => {
    const { store, embedded, log, logger } = await made();
    const boot = (bootId: string, leaving = false) => ({ bootId, since: Date.now(), version: '1', process: '', leaving });
    const there = async (host: string, bootId: string) => {
      const lease = await embedded.grant(60);
      await embedded.transact({ puts: [alivePut(host, boot(bootId), lease.id)] });
      return lease;
    };
    await there('h1', 'self');
    const h2 = await there('h2', 'b2');
    const watch = new HostWatch(store, 'h1', logger);
    watch.start();
    const state = (host: string): string => {
      const known = watch.hosts.get(host);
      if (known === undefined) return 'none';
      return known.silentSince === undefined ? 'alive' : known.boot.leaving ? 'stopped' : 'silent';
    };
    await until(async () => state('h2') === 'alive');
    const h3 = await there('h3', 'b3');
    await until(async () => state('h3') === 'alive');
    await h2.revoke();
    await until(async () => state('h2') === 'silent');
    await embedded.transact({ puts: [alivePut('h3', boot('b3', true), h3.id)] });
    await h3.revoke();
    await until(async () => state('h3') === 'stopped');
    await there('h2', 'b2');
    await until(async () => state('h2') === 'alive');
    await there('h2', 'b2 again');
    await until(async () => watch.hosts.get('h2')?.boot.bootId === 'b2 again');
    watch.close();
    assert.deepEqual(log, [
      'a host is there',
      'a host is silent; its ports stay known, as it may forward on',
      'a host has stopped',
      'a host is back',
      'a host has begun anew',
    ]);
  });

  test('reads again what it has missed', async () => {
    const { embedded, log, logger } = await made();
    const watchers: { failed(error: Error): void }[] = [];
    const deaf = Object.create(embedded) as Store;
    Object.assign(deaf, {
      range: embedded.range.bind(embedded),
      watch: (_: string, __: number, watcher: { failed(error: Error): void }) => {
        watchers.push(watcher);
        return { close: () => {} };
      },
    });
    const lease = await embedded.grant(60);
    const put = (host: string) => alivePut(host, { bootId: host, since: 0, version: '', process: '', leaving: false }, lease.id);
    await embedded.transact({ puts: [put('h2')] });
    const watch = new HostWatch(deaf, 'h1', logger);
    watch.start();
    await until(async () => watchers.length === 1);
    await embedded.transact({ puts: [put('h3')], deletes: ['alive/h2'] });
    watchers[0]!.failed(new Error('compacted'));
    await until(async () => watchers.length === 2);
    watch.close();
    assert.deepEqual(
      [...watch.hosts].map(([name, { silentSince }]) => `${name} ${silentSince === undefined}`),
      ['h2 false', 'h3 true'],
    );
    assert.equal(log.length, 2);
  });

  test('knows nothing of them while the store is away; who takes its lease again in time was never silent', async () => {
    const { store, embedded, log, logger, outage } = await made();
    const watchers: { failed(error: Error): void }[] = [];
    Object.assign(store, {
      watch: (...[prefix, from, watcher]: Parameters<Store['watch']>) => {
        watchers.push(watcher);
        return embedded.watch(prefix, from, watcher);
      },
    });
    const there = async (host: string) => {
      const lease = await embedded.grant(60);
      const boot = { bootId: host, since: 0, version: '', process: '', leaving: false };
      await embedded.transact({ puts: [alivePut(host, boot, lease.id)] });
    };
    await there('h2');
    await there('h3');
    const watch = new HostWatch(store, 'h1', logger, 1500);
    watch.start();
    await until(async () => watchers.length === 1);
    assert.equal(watch.lostSince, undefined);
    outage(true);
    watchers[0]!.failed(new Error('gone'));
    assert.equal(watch.lostSince, undefined, 'it may be back at once');
    await until(async () => watch.lostSince !== undefined);
    // Their leases are over meanwhile.
    await embedded.transact({ deletes: ['alive/h2', 'alive/h3'] });
    outage(false);
    await until(async () => watchers.length === 2);
    const known = (host: string) => watch.hosts.get(host)!;
    assert.equal(watch.lostSince, undefined);
    assert.deepEqual(
      ['h2', 'h3'].map((host) => [known(host).silentSince, known(host).unsureSince !== undefined]),
      [
        [undefined, true],
        [undefined, true],
      ],
    );
    await there('h2');
    await until(async () => known('h2').unsureSince === undefined);
    assert.deepEqual(log, []);
    await until(async () => known('h3').silentSince !== undefined);
    watch.close();
    assert.equal(known('h2').silentSince, undefined);
    assert.deepEqual(log, ['a host is silent; its ports stay known, as it may forward on']);
  });

  test('a clock that is set back hides no loss of the store', async (t) => {
    const { store, logger, outage } = await made();
    let failed = (): void => {};
    Object.assign(store, {
      watch: (...[, , watcher]: Parameters<Store['watch']>) => {
        failed = () => watcher.failed(new Error('gone'));
        return { close: () => {} };
      },
    });
    const watch = new HostWatch(store, 'h1', logger);
    watch.start();
    const begun = Date.now();
    await pause(100);
    outage(true);
    failed();
    await pause(50);
    t.mock.method(Date, 'now', () => begun - 3_600_000);
    await pause(1200);
    assert.ok(watch.lostSince! >= begun);
    watch.close();
  });
});
