import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { getJson } from '../../../src/cli/controlClient.js';
import type { LportRow } from '../../../src/types/showObjects.js';
import { EtcdProcess, etcdSkipReason } from '../../store/etcdProcess.js';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { MobileGuest } from '../support/mobileGuest.js';
import { GUESTS, M, NorthSouth } from '../support/northSouth.js';
import { eventually } from '../support/scenario.js';
import { SteadyPing } from '../support/steadyPing.js';
import { Keepalived, keepalivedSkipReason } from '../vrrp/keepalived.js';

const FLOATING = '192.168.1.150';
const VIP = '10.0.0.50';
/** Failover of guests, and what a migration may cost (dvr.md F58, F60). */
const FAILOVER_MS = 3000;
const MIGRATION_MS = 1000;

/** The reference topology without guest a1, with one etcd; `change` of its objects. */
async function withStore(
  t: TestContext,
  guests: typeof GUESTS,
  change: (objects: string) => string,
  scene: (world: NorthSouth, objects: string) => Promise<void>,
  prepare: (world: NorthSouth) => void = () => {},
): Promise<void> {
  const world = new NorthSouth(guests);
  let etcd: EtcdProcess | undefined;
  try {
    etcd = await EtcdProcess.start();
    world.cloud.sharedStore = `{ etcd: { endpoints: ["${etcd.endpoint}"] } }`;
    prepare(world);
    const objects = change(scenarioFile('snat', 'objects.yaml'));
    await world.start(objects);
    await scene(world, objects);
    for (const host of ['h1', 'h2', 'n']) t.diagnostic(`${host}: ${JSON.stringify(await world.cloud.drops(host))}`);
    await world.stop();
  } finally {
    etcd?.close();
    world.close();
  }
}

/** Who the upstream has for the floating address, as it says. */
const atUpstream = (world: NorthSouth): string => world.up(`ip neigh show ${FLOATING}`).split(' ')[4] ?? 'nobody';

test('F58 a floating IP of an address that two guests share by keepalived', {
  skip: netnsSkipReason() || etcdSkipReason() || keepalivedSkipReason(),
  timeout: 120_000,
}, async (t) => {
  const shared = (objects: string): string =>
    objects
      .replaceAll(/(name: a[12], .*), netns/g, `$1, allowedPairs: [{ address: ${VIP} }], netns`)
      .replace('routers:\n', `  - { name: vip, network: blue, addresses: [${VIP}] }\nrouters:\n`)
      .concat(`floatingIps:\n  - { address: ${FLOATING}, network: ext, lport: vip }\n`);
  await withStore(t, GUESTS, shared, async (world) => {
    const { cloud } = world;
    const keepalived = {
      a1: new Keepalived(cloud, { name: 'a1', priority: 150, vip: VIP, peers: ['10.0.0.12'] }),
      a2: new Keepalived(cloud, { name: 'a2', priority: 100, vip: VIP, peers: ['10.0.0.11'] }),
    };
    const answered = () =>
      eventually(
        () => world.up(['sh', '-c', `ping -c 1 -W 1 ${FLOATING} || true`]),
        (out) => out.includes('1 received'),
        15_000,
      );
    keepalived.a1.start();
    await answered();
    // Until somebody has claimed the address it is the SNAT service's to answer for.
    const first = await eventually(
      () => atUpstream(world),
      (mac) => mac !== M.q,
      15_000,
    );
    keepalived.a2.start();
    await eventually(
      () => keepalived.a2.state,
      (state) => state === 'BACKUP',
      15_000,
    );
    const ping = new SteadyPing(cloud.sandbox, cloud.netns('up'), FLOATING);
    await eventually(() => ping.answered > 5, Boolean);
    const silences: number[] = [];
    for (const happens of [() => keepalived.a1.kill(), () => keepalived.a1.start()]) {
      const before = atUpstream(world);
      const begun = Date.now();
      await happens();
      await eventually(
        () => atUpstream(world),
        (mac) => mac !== before,
        15_000,
      );
      await eventually(() => ping.answeredSince(Date.now() - 200), Boolean, 15_000);
      silences.push(Math.round(ping.silence(begun)));
    }
    await ping.stop();
    t.diagnostic(`without an answer, ms: ${silences.join(', ')}`);
    assert.ok(Math.max(...silences) < FAILOVER_MS, `${silences}`);
    assert.equal(atUpstream(world), first, 'back where it was');
  });
});

for (const floatingMac of ['perHost', 'perFip'] as const)
  test(`F60 F48 a guest with a floating IP moves while it is asked, ${floatingMac}`, {
    skip: netnsSkipReason() || etcdSkipReason(),
    timeout: 120_000,
  }, async (t) => {
    const mobile = (objects: string): string =>
      objects
        .replace('external: true', `external: true, floatingMac: ${floatingMac}`)
        .replace('host: h1, tap: tap-a1, netns: "@a1"', 'host: h1, tap: tap-a1, netns: "@g1"')
        .concat(`floatingIps:\n  - { address: ${FLOATING}, network: ext, lport: a1 }\n`);
    let guest: MobileGuest;
    const scene = async (world: NorthSouth, objects: string): Promise<void> => {
      const { cloud } = world;
      const there = (host: string) =>
        eventually(
          async () =>
            ((await getJson(cloud.socket(host), '/v1/show/lports')) as LportRow[]).find(({ name }) => name === 'a1')?.state,
          (state) => state !== undefined && ['UP', 'DOWN'].includes(state),
          10_000,
        );
      await there('h1');
      guest.join('g1');
      guest.plug('g1');
      await eventually(
        () => world.up(['sh', '-c', `ping -c 1 -W 1 ${FLOATING} || true`]),
        (out) => out.includes('1 received'),
        15_000,
      );
      const before = atUpstream(world);
      const ping = new SteadyPing(cloud.sandbox, cloud.netns('up'), FLOATING);
      await eventually(() => ping.answered > 5, Boolean);
      const to = objects.replace(
        'host: h1, tap: tap-a1, netns: "@g1"',
        'host: h1, tap: tap-a1, netns: "@g1", migratingTo: h2, migratingNetns: "@g2"',
      );
      const { code, stdout, stderr } = await cloud.apply('h1', to);
      assert.equal(code, 0, stdout + stderr);
      await there('h2');
      guest.join('g2');
      world.watch('ext-h2');
      assert.ok(!world.seen('ext-h2').some(({ arp, from }) => arp && from === FLOATING), 'silent until the guest is there');
      const begun = Date.now();
      guest.plug('g2');
      guest.announce();
      await eventually(() => world.seen('ext-h2').some(({ arp, from }) => !arp && from === FLOATING), Boolean, 10_000);
      await eventually(() => ping.answeredSince(Date.now() - 200), Boolean);
      const silent = Math.round(ping.silence(begun));
      await ping.stop();
      t.diagnostic(`without an answer for ${silent} ms`);
      assert.ok(silent < MIGRATION_MS, `${silent} ms`);
      assert.equal(atUpstream(world) === before, floatingMac === 'perFip', `${before} and ${atUpstream(world)}`);
      assert.ok(
        world.seen('ext-h2').some(({ arp, from }) => arp && from === FLOATING),
        'it is announced',
      );
    };
    const guests = GUESTS.filter(({ name }) => name !== 'a1');
    await withStore(t, guests, mobile, scene, ({ cloud }) => {
      guest = new MobileGuest(cloud, 'a1', 'fa:16:3e:00:0a:01', '10.0.0.11/24', '10.0.0.1', ['g1', 'g2']);
    });
  });
