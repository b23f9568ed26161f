import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { takeSnat } from '../../../../src/store/snatStore.js';
import { fresh } from '../../../store/fresh.js';
import { until } from '../awayStore.js';
import { bed, cloud, type Seat, SnatHost, TIMES } from './snatHosts.js';

/** Hosts that start one after the other, `apart` milliseconds between them. */
async function started(routers: number, seats: Readonly<Record<string, Seat>>, apart: number): Promise<SnatHost[]> {
  const store = await fresh();
  const objects = cloud(routers);
  const hosts: SnatHost[] = [];
  for (const [name, seat] of Object.entries(seats)) {
    hosts.push(await SnatHost.start(store, name, () => objects, seat));
    await pause(apart);
  }
  return hosts;
}

const counts = (hosts: readonly SnatHost[]): number[] => hosts.map(({ own }) => own.length);
const served = (hosts: readonly SnatHost[]): number => new Set(hosts.flatMap(({ own }) => own)).size;

describe('SNAT services when a cloud starts (5.3)', () => {
  test('hosts that start one after the other share them evenly, and nothing moves later', async () => {
    const seat = { graceMs: 3000 };
    const hosts = await started(30, { n: seat, m: seat, k: seat }, 300);
    await until(async () => served(hosts) === 30);
    assert.deepEqual(counts(hosts), [10, 10, 10]);
    await pause(1000);
    assert.deepEqual(
      hosts.flatMap(({ log }) => log.filter((line) => line.includes(' - '))),
      [],
    );
  });

  test('what is left to a host that never comes the others share when it has had its time', async () => {
    const seat = { graceMs: 3000 };
    const began = performance.now();
    const hosts = await started(30, { n: seat, m: seat }, 200);
    await until(async () => served(hosts) === 20);
    assert.deepEqual(counts(hosts), [10, 10]);
    await until(async () => served(hosts) === 30);
    assert.ok(performance.now() - began > 3000);
    const [n, m] = counts(hosts) as [number, number];
    assert.ok(Math.abs(n - m) <= 1, `${n} and ${m}`);
  });

  test('a host that is full asks for no more, and the others have the rest', async () => {
    const hosts = await started(12, { n: { most: 2 }, m: {}, k: {} }, 0);
    await until(async () => served(hosts) === 12);
    assert.equal(hosts[0]!.own.length, 2);
    await pause(700);
    assert.deepEqual([served(hosts), hosts[0]!.own.length], [12, 2]);
  });

  test('when all are full some routers have no host, and the rest are served', async () => {
    const seat = { most: 3 };
    const hosts = await started(12, { n: seat, m: seat, k: seat }, 0);
    await until(async () => served(hosts) === 9);
    await pause(1500);
    assert.deepEqual(counts(hosts), [3, 3, 3]);
  });
});

test('how long workers may serve is said until the lease is unsafe, not while main hangs, and again only for what a new lease has', async () => {
  const store = await fresh();
  const objects = cloud(2);
  const n = await SnatHost.start(store, 'n', () => objects);
  await until(async () => n.own.length === 2);
  n.servable.splice(0);
  await until(async () => n.servable.length > 1);
  const most = (TIMES.leaseSeconds - TIMES.marginSeconds) * 1000;
  assert.ok(
    n.servable.every((ms) => ms > 0 && ms <= most),
    n.servable.join(),
  );
  // Another host takes both as soon as the lease is over; n follows nothing meanwhile, as if main were busy.
  n.follows = false;
  n.cut();
  const m = await SnatHost.start(store, 'm', () => objects, { graceMs: 0 });
  await until(async () => m.own.length === 2);
  assert.equal(n.own.length, 2, 'its workers have them still');
  n.servable.splice(0);
  n.cut(false);
  await until(async () => n.presence.held);
  await pause(600);
  assert.ok(n.servable.length > 1 && n.servable.every((ms) => ms === 0), n.servable.join());
  n.follows = true;
  n.take();
  await until(async () => n.servable.at(-1)! > 0);
  assert.deepEqual(n.own, []);
});

describe('a host whose workers do not forward yet (5.3)', () => {
  /** n drains, with the only other host starting. */
  const drained = ({ name }: { readonly name: string }) => ({ draining: name === 'n' || name === 'k' });

  test('takes nothing, and others count it out', async () => {
    const hosts = await started(6, { n: {}, m: { starting: true } }, 0);
    await until(async () => counts(hosts).join() === '6,0');
    await pause(1000);
    assert.deepEqual(counts(hosts), [6, 0]);
    const [n, m] = hosts as [SnatHost, SnatHost];
    await n.stop();
    await pause(1000);
    assert.deepEqual(m.own, []);
    m.presence.ready();
    await until(async () => m.own.length === 6);
  });

  test('is waited for by a host that drains: what that one has it serves until another is ready, and hands over then', async () => {
    const { embedded, owners, on, change } = await bed(['n'], cloud(2));
    await until(async () => on('n').own.length === 2);
    const objects = cloud(2, drained);
    const m = await SnatHost.start(embedded, 'm', () => objects, { starting: true });
    change(objects);
    await pause(TIMES.leaseSeconds * 1000 + 500);
    assert.deepEqual([on('n').own, await owners(), m.own], [['r0', 'r1'], ['r0 n', 'r1 n'], []]);
    const begun = performance.now();
    m.presence.ready();
    await until(async () => m.own.length === 2);
    assert.deepEqual([on('n').own, await owners()], [[], ['r0 m', 'r1 m']]);
    assert.ok(performance.now() - begun < 1500, `${performance.now() - begun} ms`);
  });

  test('gives up at once what no other host may have', async () => {
    const { on, change, owners } = await bed(['n'], cloud(2));
    await until(async () => on('n').own.length === 2);
    change(cloud(2, () => ({ draining: true })));
    await until(async () => (await owners()).length === 0);
    assert.deepEqual(on('n').own, []);
  });

  test('does not take over what it had before it was killed until it forwards', async () => {
    const store = await fresh();
    const old = await store.grant(60);
    await takeSnat(store, { router: 'r0', host: 'n', bootId: 'before', lasting: false }, old.id, 0);
    const objects = cloud(1);
    const n = await SnatHost.start(store, 'n', () => objects, { starting: true });
    await pause(700);
    assert.deepEqual(n.own, []);
    n.presence.ready();
    await until(async () => n.own.length === 1);
  });
});
