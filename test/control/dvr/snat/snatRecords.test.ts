import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { readAlive } from '../../../../src/store/presence.js';
import { keyOfSnat, SNAT_SERVICE, snatOwnerIn } from '../../../../src/store/snatStore.js';
import { until } from '../awayStore.js';
import { bed, cloud, SnatHost } from './snatHosts.js';

describe('records of SNAT services that no lease ends (5.3, 5.6)', () => {
  test('it goes on when it is the only one that may have it: its record outlasts its lease', async () => {
    const { start, owners, embedded } = await bed(
      [],
      cloud(1, ({ name }) => ({ draining: name !== 'n' })),
    );
    const n = await start('n');
    await until(async () => n.own.length === 1);
    n.cut();
    await until(async () => (await readAlive(embedded)).alive.size === 0);
    await pause(400);
    assert.deepEqual([n.own, await owners()], [['r0'], ['r0 n']]);
    n.cut(false);
    await until(async () => (await readAlive(embedded)).alive.size === 1);
    assert.deepEqual([n.own, n.log, await owners()], [['r0'], ['r0 +'], ['r0 n']]);
  });

  test('one that was the only one keeps its service from a host that may have it since, which it cannot know; with a word, or a lease, it moves', async () => {
    const only = cloud(1, ({ name }) => ({ draining: name !== 'n' }));
    const both = cloud(1, ({ name }) => ({ draining: name === 'k' }));
    const { embedded, owners } = await bed([], only);
    const known = { n: only, m: only };
    const n = await SnatHost.start(embedded, 'n', () => known.n);
    await until(async () => n.own.length === 1);
    const m = await SnatHost.start(embedded, 'm', () => known.m, { goneMs: 100 });
    n.cut();
    await until(async () => m.others.get('n')?.silentSince !== undefined);
    known.m = both;
    m.take();
    await pause(1000);
    assert.deepEqual([n.own, m.own], [['r0'], []]);
    assert.match(m.log.join(), /r0 ! a silent host keeps the SNAT service/);
    n.cut(false);
    known.n = both;
    n.take();
    await until(async () => (await embedded.range(SNAT_SERVICE)).items.every((item) => snatOwnerIn(item)?.lasting === false));
    assert.deepEqual([n.own, m.own], [['r0'], []]);
    n.cut();
    await until(async () => n.own.length === 0);
    assert.deepEqual(m.own, []);
    await until(async () => m.own.length === 1);
    assert.deepEqual(await owners(), ['r0 m']);
  });

  test('a host that was the only one gives its service back when it is stopped', async () => {
    const { start, owners } = await bed(
      [],
      cloud(3, ({ name }) => ({ draining: name !== 'n' })),
    );
    const n = await start('n');
    await until(async () => n.own.length === 3);
    await n.stop();
    assert.deepEqual(await owners(), []);
  });

  test('a record of a host that does not exist, or that no lease ends, is put aside when nobody lives who could have put it', async () => {
    const { embedded } = await bed([], cloud(3));
    const of = { bootId: 'x' };
    for (const [router, record] of Object.entries({
      r0: { host: 'ghost', ...of },
      r1: { host: 'm', ...of },
      r2: { host: 'm', ...of, lasting: true },
    }))
      await embedded.transact({ puts: [{ key: keyOfSnat(router), value: JSON.stringify(record) }] });
    const world = { objects: cloud(3) };
    const n = await SnatHost.start(embedded, 'n', () => world.objects, { goneMs: 600 });
    await pause(400);
    assert.deepEqual(n.own, []);
    await until(async () => n.own.length === 2);
    assert.match(n.log.join(), /r0 ! the record of a SNAT service names a host that is gone/);
    await pause(400);
    assert.deepEqual(n.own, ['r0', 'r1'], 'm may serve r2');
    world.objects = { ...world.objects, hosts: world.objects.hosts.filter(({ name }) => name !== 'm') };
    n.take();
    await until(async () => n.own.length === 3);
  });
});
