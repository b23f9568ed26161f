import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { KnownHost } from '../../../../src/control/dvr/presence/hostWatch.js';
import { Presence } from '../../../../src/control/dvr/presence/presence.js';
import { SnatArbiter } from '../../../../src/control/dvr/snat/snatArbiter.js';
import { readAlive } from '../../../../src/store/presence.js';
import { keyOfSnat, SNAT_SERVICE, type SnatOwner, snatOwnerIn } from '../../../../src/store/snatStore.js';
import type { Store } from '../../../../src/store/store.js';
import { fresh } from '../../../store/fresh.js';
import { until } from '../awayStore.js';
import { bed, cloud, SnatHost, TIMES } from './snatHosts.js';

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

test('5.6: a record that lasts is put by the lease as soon as the objects name another candidate, although a look is under way; until then the host is not done', async () => {
  const embedded = await fresh();
  const both = cloud(1, ({ name }) => ({ draining: name === 'k' }));
  const world = { objects: cloud(1, ({ name }) => ({ draining: name !== 'n' })), snatOwners: [] as SnatOwner[] };
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const store: Store = {
    range: (...all) => embedded.range(...all),
    watch: (...all) => embedded.watch(...all),
    grant: (seconds) => embedded.grant(seconds),
    close: async () => {},
    transact: async (one) => {
      await gate;
      const done = await embedded.transact(one);
      world.snatOwners = (await embedded.range(SNAT_SERVICE)).items.map((item) => snatOwnerIn(item)!);
      return done;
    },
  };
  const presence = await Presence.take(embedded, 'n', undefined, undefined, TIMES);
  presence.ready();
  const book = {
    ...{ host: 'n', reachable: true },
    get now() {
      const snatHosts = new Map(world.snatOwners.map(({ router, host }) => [router, host]));
      return { ...world, claims: [], revision: 1, snatHosts };
    },
  };
  const others = { hosts: new Map([['n', { boot: presence.boot } as KnownHost]]) };
  const room = { lacks: () => false, renew: () => {}, admitting: () => () => true };
  const arbiter = new SnatArbiter({ store, book, presence, others, log: { info() {}, warn() {} }, room } as never, 0);
  try {
    const first = arbiter.look();
    world.objects = both;
    void arbiter.changed();
    open();
    await first;
    assert.deepEqual([world.snatOwners.map(({ lasting }) => lasting), arbiter.isTurning], [[true], true]);
    // Nobody looks on: no timer was started.
    await until(async () => world.snatOwners[0]?.lasting === false);
    assert.equal(arbiter.isTurning, false);
  } finally {
    await presence.leave();
  }
});
