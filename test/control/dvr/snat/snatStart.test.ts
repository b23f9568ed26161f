import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fresh } from '../../../store/fresh.js';
import { until } from '../awayStore.js';
import { cloud, type Seat, SnatHost, TIMES } from './snatHosts.js';

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
