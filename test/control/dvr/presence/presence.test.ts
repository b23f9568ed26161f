import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { after, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Presence } from '../../../../src/control/dvr/presence/presence.js';
import { runs, thisProcess } from '../../../../src/control/dvr/presence/sameProcess.js';
import { ToldToStop } from '../../../../src/control/toldToStop.js';
import { changedPut } from '../../../../src/store/objectKeys.js';
import { alivePut, readAlive, readApplied, readSeen, SEEN } from '../../../../src/store/presence.js';
import type { Store } from '../../../../src/store/store.js';
import { made, until } from '../awayStore.js';

const TIMES = { leaseSeconds: 0.6, keepAliveMs: 150, waitMs: 1500, marginSeconds: 0.1 };

const leaving: Presence[] = [];
const take = async (store: Store, host: string, logger?: never, times = TIMES): Promise<Presence> => {
  const presence = await Presence.take(store, host, logger, undefined, times);
  leaving.push(presence);
  return presence;
};

describe('the lease of a host', () => {
  after(async () => {
    for (const one of leaving) await one.leave();
  });

  test('is kept, tells the revision that is gone by when it changes, and is given back', async () => {
    const { store } = await made();
    const presence = await take(store, 'h1');
    let revision: number | undefined;
    presence.tell(() => revision);
    await pause(1000);
    const { alive } = await readAlive(store);
    assert.equal(alive.get('h1')?.bootId, presence.boot.bootId);
    assert.equal((await readApplied(store)).size, 0);
    revision = 1;
    await until(async () => (await readApplied(store)).get('h1')?.revision === 1);
    const before = (await store.range('')).revision;
    revision = 2;
    await pause(500);
    assert.equal((await store.range('')).revision, before, 'a revision that changed no object is not told');
    await store.transact({ puts: [changedPut()] });
    revision = 20;
    await until(async () => (await readApplied(store)).get('h1')?.revision === 20);
    await presence.leave();
    // It is not taken again by a renewal that was due.
    await pause(2 * TIMES.keepAliveMs);
    assert.deepEqual([(await readAlive(store)).alive.size, (await readApplied(store)).size], [0, 0]);
    assert.ok((await readSeen(store)).get('h1')!.left! >= presence.boot.since);
  });

  test('tells a revision that went back, as that of a store that was restored from an earlier state', async () => {
    const { store } = await made();
    const presence = await take(store, 'h1');
    let revision = 1000;
    presence.tell(() => revision);
    const told = async (): Promise<number | undefined> => (await readApplied(store)).get('h1')?.revision;
    await until(async () => (await told()) === 1000);
    revision = 40;
    await until(async () => (await told()) === 40);
  });

  test('stays safe with a store that is slow: a renewal waits for no message, and counts from when it was asked for', async () => {
    const { embedded } = await made();
    const slow = <T>(answer: () => Promise<T>): Promise<T> => pause(800).then(answer);
    const store: Store = {
      range: (...all) => slow(() => embedded.range(...all)),
      transact: (one) => slow(() => embedded.transact(one)),
      watch: (...all) => embedded.watch(...all),
      grant: async (seconds) => {
        const { id, keepAlive, revoke } = await embedded.grant(seconds);
        return { id, keepAlive: () => slow(keepAlive), revoke };
      },
      close: async () => {},
    };
    const presence = await take(store, 'h1', undefined, {
      leaseSeconds: 3.3,
      keepAliveMs: 900,
      waitMs: 6000,
      marginSeconds: 0.5,
    });
    let revision = 0;
    presence.tell(() => revision);
    for (const end = performance.now() + 7000; performance.now() < end; await pause(20)) {
      revision += 10;
      if (revision % 200 === 0) await embedded.transact({ puts: [changedPut()] });
      assert.ok(presence.safe);
    }
    assert.ok((await readApplied(embedded)).get('h1')!.revision > 0);
  });

  test('says that it starts until its workers forward, also by a lease that it takes again', async () => {
    const { store, embedded, outage } = await made();
    const presence = await take(store, 'h1');
    const starting = async (): Promise<boolean | undefined> => (await readAlive(embedded)).alive.get('h1')?.starting;
    assert.equal(await starting(), true);
    // What cannot be told at once is told when the store answers.
    outage(true);
    presence.ready();
    await pause(50);
    assert.equal(await starting(), true);
    outage(false);
    await until(async () => (await starting()) === undefined);
    await embedded.transact({ deletes: ['alive/h1'] });
    await presence.leave();
  });

  test('a second gateway of the name is refused at once while the process of the first can be seen', async () => {
    const { store } = await made();
    const first = await take(store, 'h1');
    const begun = performance.now();
    await assert.rejects(Presence.take(store, 'h1', undefined, undefined, TIMES), {
      code: 'HOST_TAKEN',
      message: new RegExp(`another gateway runs as host h1 \\(boot ${first.boot.bootId.slice(0, 8)}, since `),
      remedy: /a name of its own/,
    });
    assert.ok(performance.now() - begun < TIMES.waitMs);
    await (await take(store, 'h10')).leave();
    assert.equal(first.held, true);
  });

  test('of two that take a name at the same moment one has it, and the other is refused', async () => {
    const { store } = await made();
    const both = await Promise.allSettled([take(store, 'h1'), take(store, 'h1')]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const [refused] = both.flatMap((one) => (one.status === 'rejected' ? [one.reason as { code: string }] : []));
    assert.equal(refused!.code, 'HOST_TAKEN');
  });

  test('one of another machine is waited for: refused while it lives, taken over when its lease is over', async () => {
    const { store } = await made();
    const stranger = { bootId: 'other', since: Date.now(), version: '', process: 'boot pid:[1] 1 1', leaving: false };
    const lease = await store.grant(60);
    await store.transact({ puts: [alivePut('h1', stranger, lease.id)] });
    const begun = performance.now();
    await assert.rejects(Presence.take(store, 'h1', undefined, undefined, TIMES), { code: 'HOST_TAKEN' });
    assert.ok(performance.now() - begun >= TIMES.waitMs);
    const [taken] = await Promise.all([take(store, 'h1'), pause(300).then(() => lease.revoke())]);
    assert.equal((await readAlive(store)).alive.get('h1')?.bootId, taken.boot.bootId);
  });

  test('who waits for one stops when it is told to', async () => {
    const { store } = await made();
    const lease = await store.grant(60);
    await store.transact({ puts: [{ key: 'alive/h1', value: 'no JSON', lease: lease.id }] });
    await assert.rejects(Presence.take(store, 'h1', undefined, pause(100), TIMES), ToldToStop);
  });

  test('of a process that is dead is taken at once', async () => {
    const child = spawn('sleep', ['60']);
    const { stdout } = spawnSync('cat', [`/proc/${child.pid}/stat`], { encoding: 'utf8' });
    const [boot, namespace] = thisProcess().split(' ');
    const dead = `${boot} ${namespace} ${child.pid} ${stdout.slice(stdout.lastIndexOf(')') + 2).split(' ')[19]}`;
    assert.equal(runs(dead), true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.deepEqual(
      [runs(dead), runs(`${boot} pid:[1] 1 1`), runs(''), runs(thisProcess())],
      [false, undefined, undefined, true],
    );
    const { store } = await made();
    const lease = await store.grant(60);
    const other = { bootId: 'other', since: Date.now(), version: '', process: dead, leaving: false };
    await store.transact({ puts: [alivePut('h1', other, lease.id)] });
    const begun = performance.now();
    await take(store, 'h1');
    assert.ok(performance.now() - begun < 1000);
  });

  test('a store that is away is said when the lease is over, and it is taken again when it is back', async () => {
    const { store, log, logger, outage } = await made();
    const presence = await take(store, 'h1', logger);
    presence.tell(() => 3);
    await until(async () => (await readApplied(store)).size === 1);
    outage(true);
    await pause(200);
    assert.deepEqual([presence.held, log], [true, []]);
    await until(async () => !presence.held);
    await pause(500);
    outage(false);
    await until(async () => presence.held);
    await until(async () => (await readApplied(store)).get('h1')?.revision === 3);
    assert.equal((await readAlive(store)).alive.get('h1')?.bootId, presence.boot.bootId);
    assert.deepEqual(log, [
      'the lease of this host is lost; it forwards on, and the others may take it for silent',
      'the lease of this host is taken again',
    ]);
  });

  test('a name that another gateway took meanwhile is left to it, and that is said once', async () => {
    const { store, embedded, log, logger, outage } = await made();
    const presence = await take(store, 'h1', logger);
    outage(true);
    await until(async () => !presence.held);
    const lease = await embedded.grant(60);
    const other = { bootId: 'other', since: Date.now(), version: '', process: '', leaving: false };
    await embedded.transact({ puts: [alivePut('h1', other, lease.id)] });
    outage(false);
    await until(async () => log.some((line) => /another gateway has taken the name/.test(line)));
    await pause(500);
    assert.deepEqual([presence.held, log.length], [false, 2]);
    await lease.revoke();
    await until(async () => presence.held);
  });
});

test('what somebody else has written is no host', async () => {
  const { store } = await made();
  await store.transact({
    puts: [
      { key: 'alive/h1', value: '[' },
      { key: 'alive/h2', value: '{"bootId":1}' },
      { key: 'applied/h1', value: 'null' },
      { key: `${SEEN}h1`, value: '"x"' },
    ],
  });
  assert.deepEqual(
    [(await readAlive(store)).alive.size, (await readApplied(store)).size, (await readSeen(store)).size],
    [0, 0, 0],
  );
});
