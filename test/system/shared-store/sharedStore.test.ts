import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { getJson } from '../../../src/cli/controlClient.js';
import type { NeighborRow } from '../../../src/types/show.js';
import { EtcdProcess, etcdSkipReason } from '../../store/etcdProcess.js';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { Cloud, type Vm } from '../support/cloud.js';
import { arp, EtherType, ethernet } from '../support/packets.js';
import { eventually } from '../support/scenario.js';

const blue = (name: string, host: string, last: number): Vm => ({
  ...{ name, host, mac: `fa:16:3e:00:0a:0${last - 10}`, address: `10.0.0.${last}/24`, gateway: '10.0.0.1' },
});
const b1: Vm = { name: 'b1', host: 'h1', mac: 'fa:16:3e:00:0b:01', address: '20.0.0.21/24', gateway: '20.0.0.1' };
const VIP = '10.0.0.50';
/** Changes whose time is taken: the machine may be busy with other tests during one of them. */
const CHANGES = 3;
/** Convergence (dvr.md 5.7). */
const CONVERGED_MS = 1000;

test('hosts with one etcd: what is applied or claimed at one reaches both, and an outage of it stops nothing (F69)', {
  skip: netnsSkipReason() || etcdSkipReason(),
  timeout: 90_000,
}, async (t) => {
  const guests = [blue('a1', 'h1', 11), blue('a3', 'h1', 13), b1, blue('a2', 'h2', 12)];
  const names = guests.map(({ name }) => name);
  const cloud = new Cloud(['h1', 'h2'], guests);
  let etcd: EtcdProcess | undefined;
  try {
    etcd = await EtcdProcess.start();
    cloud.sharedStore = `{ etcd: { endpoints: ["${etcd.endpoint}"] } }`;
    // Their hosts draw their own MACs, which the store keeps apart.
    const objects = scenarioFile('virtual-addresses', 'objects.yaml').replaceAll(/, mac: "fa:16:3f[^"]+"/g, '');
    await cloud.start(objects, names);
    const neighbor = async (host: string, address: string): Promise<string> => {
      const rows = (await getJson(cloud.socket(host), '/v1/show/neighbors')) as NeighborRow[];
      const row = rows.find((one) => one.address === address);
      return row === undefined ? 'none' : `${row.mac} ${row.state}`;
    };
    const both = (address: string, satisfied: (row: string) => boolean) =>
      Promise.all(['h1', 'h2'].map((host) => eventually(() => neighbor(host, address), satisfied)));
    const announce = (guest: string, mac: string): void => {
      const everybody = 'ff:ff:ff:ff:ff:ff';
      cloud.guestWire(guest).send(ethernet(everybody, mac, EtherType.Arp, arp(1, mac, VIP, '00:00:00:00:00:00', VIP)));
    };
    const ping = (): string => cloud.on('b1', ['sh', '-c', 'ping -c 1 -W 2 10.0.0.12 || true']);
    const logged = (host: string, sentence: string): number => cloud.process(host).stdout.split(`"msg":"${sentence}"`).length - 1;
    const storeUp = async (host: string): Promise<string | undefined> => {
      const { metrics } = cloud.process(host).readyLine() as { metrics: string };
      return /^windrose_store_up (\d)$/m.exec(await (await fetch(metrics)).text())?.[1];
    };

    await t.test('what is applied at one host is on both within 1 s', async () => {
      const first = await cloud.apply('h1', objects);
      assert.equal(first.code, 0, first.stderr);
      await both('10.0.0.12', (row) => row === 'fa:16:3e:00:0a:02 PERMANENT');
      for (const name of names) cloud.address(name);
      assert.match(ping(), /1 received/);
      const times: number[] = [];
      for (let i = 0; i < CHANGES; i++) {
        const address = `10.0.0.7${i}`;
        const { code, stderr } = await cloud.apply('h2', objects.replace('[10.0.0.13]', `[10.0.0.13, ${address}]`));
        const begun = performance.now();
        assert.equal(code, 0, stderr);
        await both(address, (row) => row === 'fa:16:3e:00:0a:03 PERMANENT');
        times.push(performance.now() - begun);
      }
      assert.ok(Math.min(...times) < CONVERGED_MS, `it took ${times.map(Math.round).join(', ')} ms`);
      const macs = await Promise.all(['h1', 'h2'].map((host) => getJson(cloud.socket(host), '/v1/show/hostmacs')));
      assert.deepEqual(
        ...(macs.map((rows) => (rows as { host: string; mac: string }[]).map(({ host, mac }) => `${host} ${mac}`)) as [
          string[],
          string[],
        ]),
      );
    });

    await t.test('a claim at h1 is a permanent neighbour at h2', async () => {
      announce('a1', 'fa:16:3e:00:0a:01');
      await both(VIP, (row) => row === 'fa:16:3e:00:0a:01 PERMANENT');
    });

    await t.test('the etcd is killed: pings go on, it is said once, and an apply is refused with what to do', async () => {
      await etcd!.kill();
      await eventually(
        () =>
          logged('h1', 'the store is lost; its last objects stay in use') +
          logged('h2', 'the store is lost; its last objects stay in use'),
        (n) => n === 2,
      );
      for (let i = 0; i < 3; i++) assert.match(ping(), /1 received/);
      assert.deepEqual(await Promise.all(['h1', 'h2'].map(storeUp)), ['0', '0']);
      const refused = await cloud.apply('h1', objects);
      assert.equal(refused.code, 1);
      assert.match(refused.stdout + refused.stderr, /does not answer .*etcdctl endpoint health/);
      announce('a3', 'fa:16:3e:00:0a:03');
      await pause(1000);
      assert.deepEqual(await both(VIP, () => true), Array(2).fill('fa:16:3e:00:0a:01 PERMANENT'));
      assert.equal(logged('h1', 'the store is lost; its last objects stay in use'), 1);
    });

    await t.test('it is back: a claim that was made meanwhile and a change are on both', async () => {
      await etcd!.begin();
      await both(VIP, (row) => row === 'fa:16:3e:00:0a:03 PERMANENT');
      assert.equal((await cloud.apply('h2', objects.replace('[10.0.0.13]', '[10.0.0.13, 10.0.0.80]'))).code, 0);
      await both('10.0.0.80', (row) => row === 'fa:16:3e:00:0a:03 PERMANENT');
      assert.deepEqual(await Promise.all(['h1', 'h2'].map(storeUp)), ['1', '1']);
      assert.deepEqual([logged('h1', 'the store is back'), logged('h2', 'the store is back')], [1, 1]);
      assert.match(ping(), /1 received/);
    });

    await t.test('a host that starts while it is away waits for it, and has all objects then', async () => {
      await etcd!.kill();
      await cloud.restart('h2', async (gateway) => {
        await eventually(() => gateway.stdout.includes('"msg":"waiting for the store"'), Boolean, 20_000);
        assert.equal(gateway.readyLine(), undefined);
        await etcd!.begin();
      });
      cloud.address('a2');
      assert.equal(await neighbor('h2', '10.0.0.80'), 'fa:16:3e:00:0a:03 PERMANENT');
      assert.match(ping(), /1 received/);
    });
    await cloud.stop();
  } finally {
    etcd?.close();
    cloud.close();
  }
});
