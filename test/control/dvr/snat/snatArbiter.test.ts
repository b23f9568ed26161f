import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { keyOfSnat, takeSnat } from '../../../../src/store/snatStore.js';
import { until } from '../awayStore.js';
import { bed, cloud, TIMES } from './snatHosts.js';

describe('which SNAT services a host has (5.3, 5.6)', () => {
  test('every router has one host, and all hosts know where', async () => {
    const { hosts, owners, served } = await bed(['n', 'm', 'k'], cloud(9));
    const all = [...hosts.values()];
    await until(() => served(9, all));
    assert.equal((await owners()).length, 9);
    await until(async () => all.every(({ applied }) => applied?.size === 9));
    assert.deepEqual(all[0]!.applied, all[1]!.applied);
    // The first one was there before the others, and a living owner is left alone.
    await pause(400);
    assert.ok(await served(9, all));
  });

  test('pitfall 15: a host that goes without a word loses all of its services with its lease, and the others share them', async () => {
    const { on, served, hosts } = await bed(['n', 'm', 'k'], cloud(8));
    await until(() => served(8, [...hosts.values()]));
    await until(async () => on('m').others.size === 3);
    const lost = on('n').own;
    assert.ok(lost.length > 0);
    await on('n').die();
    const begun = performance.now();
    await until(() => served(8, [on('m'), on('k')]));
    assert.ok(performance.now() - begun < TIMES.leaseSeconds * 1000 + 1500, 'soon after the end of the lease');
    const [m, k] = [on('m').own.length, on('k').own.length];
    assert.ok(Math.abs(m - k) <= 1, `${m} and ${k}`);
  });

  test('a host that stops as it was told to hands them over at once', async () => {
    const { on, served, hosts } = await bed(['n', 'm'], cloud(4));
    await until(() => served(4, [...hosts.values()]));
    const begun = performance.now();
    await on('n').stop();
    await until(() => served(4, [on('m')]));
    assert.ok(performance.now() - begun < 500, `${performance.now() - begun} ms`);
  });

  test('pitfall 54: one that is draining gives them up, and stops before another one begins', async () => {
    const { on, served, change, hosts } = await bed(['n', 'm'], cloud(4));
    await until(() => served(4, [...hosts.values()]));
    const had = on('n').own;
    assert.ok(had.length > 0);
    // Main of n hangs: nobody takes what n may still serve.
    on('n').follows = false;
    change(cloud(4, ({ name }) => ({ draining: name === 'n' })));
    await pause(900);
    assert.deepEqual([on('n').own, on('m').own.length], [had, 4 - had.length]);
    on('n').follows = true;
    on('n').take();
    assert.deepEqual(on('n').own, []);
    await until(() => served(4, [on('m')]));
    assert.ok(on('n').log.includes(`${had[0]} - it may not have it any more`), on('n').log.join());
    await pause(900);
    assert.deepEqual(on('n').own, [], 'and does not take it again');
  });

  test('a living owner is left alone, also by a host that is preferred', async () => {
    const objects = cloud(2);
    const preferred = objects.routers.map((one) => ({
      ...one,
      gateways: one.gateways.map((gateway) => ({ ...gateway, hosts: ['m', 'n'] })),
    }));
    const { on, start, hosts } = await bed(['n'], { ...objects, routers: preferred });
    await until(async () => on('n').own.length === 2);
    hosts.set('m', await start('m'));
    await pause(1200);
    assert.deepEqual([on('n').own.length, on('m').own.length], [2, 0]);
    await on('n').stop();
    await until(async () => on('m').own.length === 2);
  });

  test('of candidates that are there when nobody has it the preferred one takes it at once', async () => {
    const { on, change, hosts } = await bed(['n', 'm', 'k'], cloud(0));
    await until(async () => [...hosts.values()].every(({ others }) => others.size === 3));
    const objects = cloud(3);
    const ordered = objects.routers.map((one) => ({
      ...one,
      gateways: one.gateways.map((gateway) => ({ ...gateway, hosts: ['k', 'm', 'n'] })),
    }));
    change({ ...objects, routers: ordered });
    await until(async () => on('k').own.length === 3);
    assert.deepEqual([on('n').log, on('m').log], [[], []]);
  });

  test('F67 one that cannot renew its lease stops before it is over, when another one may have it, and stays silent when it is back', async () => {
    const { start, owners } = await bed(
      [],
      cloud(1, ({ name }) => ({ draining: name === 'k' })),
    );
    const n = await start('n');
    await until(async () => n.own.length === 1);
    const m = await start('m');
    n.cut();
    const cut = performance.now();
    await until(async () => n.own.length === 0);
    const stopped = performance.now() - cut;
    assert.deepEqual(await owners(), ['r0 n'], 'its record is there still');
    assert.ok(stopped < TIMES.leaseSeconds * 1000 && stopped > 300, `${stopped} ms`);
    await until(async () => m.own.length === 1);
    assert.ok(performance.now() - cut > stopped);
    n.cut(false);
    await until(async () => n.presence.held);
    await pause(600);
    assert.deepEqual([n.own, m.own], [[], ['r0']]);
    assert.deepEqual(n.log, ['r0 +', 'r0 - it cannot renew its lease, and another host may have it']);
  });

  test('after the store was away for all of them each takes what it had, and nothing moves', async () => {
    const { on, owners, served, hosts } = await bed(
      ['n', 'm'],
      cloud(6, ({ name }) => ({ draining: name === 'k' })),
    );
    const all = [...hosts.values()];
    await until(() => served(6, all));
    const had = all.map(({ own }) => own);
    assert.ok(had.every(({ length }) => length > 0));
    for (const host of all) host.cut();
    await until(async () => (await owners()).length === 0);
    assert.deepEqual([on('n').own, on('m').own], [[], []]);
    await pause(300);
    for (const host of all) host.cut(false);
    await until(() => served(6, all));
    assert.deepEqual(
      all.map(({ own }) => own),
      had,
    );
  });

  test('a gateway that begins anew under its name takes its services over while the old lease lasts', async () => {
    const { embedded, start, owners } = await bed([], cloud(2));
    const old = await embedded.grant(1);
    const router = { host: 'n', bootId: 'before', lasting: false };
    for (const name of ['r0', 'r1']) await takeSnat(embedded, { router: name, ...router }, old.id, 0);
    const m = await start('m');
    const n = await start('n');
    assert.deepEqual(n.own, [], 'not before the record is its own');
    await until(async () => n.own.length === 2);
    await old.revoke();
    await pause(700);
    assert.deepEqual([await owners(), m.own], [['r0 n', 'r1 n'], []]);
  });

  test('a record that nobody can read is replaced; one of another term is neither replaced nor deleted', async () => {
    const { embedded, start } = await bed([], cloud(1));
    await embedded.transact({ puts: [{ key: keyOfSnat('r0'), value: '[' }] });
    const n = await start('n');
    await until(async () => n.own.length === 1);
    const lease = await embedded.grant(5);
    const other = { router: 'r0', host: 'm', bootId: 'x', lasting: false };
    assert.deepEqual(
      [await takeSnat(embedded, other, lease.id, 0), await takeSnat(embedded, other, lease.id, 1)],
      [false, false],
    );
  });

  test('a router that is gone, or down, has no record any more', async () => {
    const { on, change, owners } = await bed(['n'], cloud(2));
    await until(async () => on('n').own.length === 2);
    change(cloud(1));
    await until(async () => (await owners()).join() === 'r0 n');
    assert.deepEqual(on('n').own, ['r0']);
  });
});
