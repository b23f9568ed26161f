import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { getJson } from '../../../src/cli/controlClient.js';
import type { NeighborRow } from '../../../src/types/show.js';
import type { HostRow } from '../../../src/types/showObjects.js';
import { EtcdProcess, etcdSkipReason } from '../../store/etcdProcess.js';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { Cloud, guestOf } from '../support/cloud.js';
import { GatewayProcess } from '../support/gatewayProcess.js';
import { eventually } from '../support/scenario.js';

/** Lease 10 s, renewed every 3 (dvr.md 5.6); etcd looks for those that are over twice a second. */
const SILENT_MS = 13_000;

test('hosts come, go without a word, stop, come back and leave: the others see it, and what they know of them stays', {
  skip: netnsSkipReason() || etcdSkipReason(),
  timeout: 180_000,
}, async (t) => {
  const cloud = new Cloud(['h1', 'h2'], [guestOf('a1', 'h1', '0a:01', '10.0.0.11'), guestOf('a2', 'h2', '0a:02', '10.0.0.12')]);
  let etcd: EtcdProcess | undefined;
  try {
    etcd = await EtcdProcess.start();
    cloud.sharedStore = `{ etcd: { endpoints: ["${etcd.endpoint}"] } }`;
    const objects = scenarioFile('hosts', 'objects.yaml');
    await cloud.start(objects, ['a1', 'a2']);
    const applied = await cloud.apply('h1', objects);
    assert.equal(applied.code, 0, applied.stderr);
    /** Configuration of another gateway: a host without tunnels. */
    const more = (name: string, host: string): string => {
      const file = join(cloud.folder, `${name}.yaml`);
      const lines = [
        `name: ${cloud.netns('h1')}-${name}`,
        'ifaces: []',
        `host: { name: ${host} }`,
        `store: ${cloud.sharedStore}`,
      ];
      writeFileSync(file, [...lines, `control: { socket: ${cloud.socket(name)} }`, 'metrics: off', ''].join('\n'));
      return file;
    };
    const row = async (of: string, at = 'h1'): Promise<HostRow> =>
      ((await getJson(cloud.socket(at), '/v1/show/hosts')) as HostRow[]).find(({ name }) => name === of)!;
    const neighbor = async (): Promise<string | undefined> =>
      ((await getJson(cloud.socket('h1'), '/v1/show/neighbors')) as NeighborRow[]).find(({ address }) => address === '10.0.0.12')
        ?.mac;
    const ping = (): string => cloud.on('a1', ['sh', '-c', 'ping -c 1 -W 2 10.0.0.12 || true']);
    const logged = (sentence: string, host = 'h1'): boolean => cloud.process(host).stdout.includes(`"msg":"${sentence}"`);
    const metric = async (name: string): Promise<string | undefined> => {
      const { metrics } = cloud.process('h1').readyLine() as { metrics: string };
      const text = await (await fetch(metrics)).text();
      return text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1];
    };
    const becomes = (of: string, state: HostRow['state'], ms = SILENT_MS) =>
      eventually(
        () => row(of),
        (one) => one.state === state,
        ms,
      );

    await t.test('both are alive, go by the newest objects, and have different boots', async () => {
      const both = await Promise.all(
        ['h1', 'h2'].map((of) =>
          eventually(
            () => row(of),
            ({ lag }) => lag === 0,
            10_000,
          ),
        ),
      );
      assert.deepEqual(
        both.map(({ state, ports, behind }) => [state, ports, behind]),
        Array(2).fill(['alive', 1, 0]),
      );
      assert.notEqual(both[0]!.bootId, both[1]!.bootId);
      assert.equal((await row('h3')).state, 'never');
      for (const guest of ['a1', 'a2']) cloud.address(guest);
      assert.match(ping(), /1 received/);
      assert.equal(await metric('windrose_store_hosts{state="alive"}'), '2');
    });

    await t.test('a change is told by each host once, and what does not change is not told again', async () => {
      const revision = ((await getJson(cloud.socket('h1'), '/v1/show/hosts')) as HostRow[])[0]!.applied!;
      assert.equal((await cloud.apply('h2', objects.replace('[10.0.0.12]', '[10.0.0.12, 10.0.0.13]'))).code, 0);
      const both = await Promise.all(
        ['h1', 'h2'].map((of) =>
          eventually(
            () => row(of),
            ({ applied, lag }) => applied! > revision && lag === 0,
            10_000,
          ),
        ),
      );
      await pause(7000);
      const later = await Promise.all(['h1', 'h2'].map((of) => row(of)));
      assert.deepEqual(
        later.map((one) => one.applied),
        both.map((one) => one.applied),
      );
    });

    await t.test('a second gateway of a name that is taken ends at once, and says what to do', async () => {
      const second = GatewayProcess.launch(more('second', 'h2'));
      const { code, stderr } = await second.ended;
      assert.equal(code, 1);
      assert.match(
        stderr,
        /another gateway runs as host h2 \(boot [0-9a-f]{8}, since .*Stop that one, or give this one a name of its own/s,
      );
      assert.match(ping(), /1 received/);
    });

    await t.test(
      'one that is stopped (SIGSTOP) is silent within 13 s, its guests stay known, and it is back when it goes on',
      async () => {
        const { child } = cloud.process('h2');
        child.kill('SIGSTOP');
        const begun = performance.now();
        await becomes('h2', 'silent');
        assert.ok(performance.now() - begun > 6000, 'not before its lease is over');
        await eventually(() => logged('a host is silent; its ports stay known, as it may forward on'), Boolean);
        assert.equal(await neighbor(), 'fa:16:3e:00:0a:02');
        assert.equal(await metric('windrose_store_hosts{state="silent"}'), '1');
        child.kill('SIGCONT');
        await becomes('h2', 'alive');
        await eventually(() => logged('a host is back'), Boolean);
        await eventually(() => logged('the lease of this host is taken again', 'h2'), Boolean);
        await eventually(
          () => row('h2'),
          ({ lag }) => lag === 0,
          10_000,
        );
        assert.match(ping(), /1 received/);
      },
    );

    await t.test(
      'one that is killed is silent within 13 s; its successor is ready without waiting for the old lease',
      async () => {
        const { bootId } = await row('h2');
        const begun = performance.now();
        cloud.process('h2').child.kill('SIGKILL');
        await becomes('h2', 'silent');
        t.diagnostic(`silence was seen after ${Math.round(performance.now() - begun)} ms`);
        await cloud.restart('h2');
        await becomes('h2', 'alive');
        cloud.process('h2').child.kill('SIGKILL');
        await cloud.process('h2').ended;
        await cloud.restart('h2');
        await becomes('h2', 'alive', 3000);
        assert.notEqual((await row('h2')).bootId, bootId);
        cloud.address('a2');
        await eventually(ping, (said) => said.includes('1 received'));
      },
    );

    await t.test('one that is told to end has stopped, which hosts that start later know too', async () => {
      await cloud.process('h2').stop();
      await becomes('h2', 'stopped', 3000);
      await cloud.restart('h1');
      const { state, stateSeconds } = await row('h2');
      assert.deepEqual([state, stateSeconds !== null], ['stopped', true]);
      await cloud.restart('h2');
      for (const guest of ['a1', 'a2']) cloud.address(guest);
      await becomes('h2', 'alive', 3000);
    });

    await t.test('a host joins: the others have its endpoint, and it what it needs', async () => {
      const third = GatewayProcess.launch(more('h3', 'h3'));
      try {
        await third.ready();
        await becomes('h3', 'alive', 3000);
        await eventually(() => logged('a host is there'), Boolean);
        const rows = (await getJson(cloud.socket('h3'), '/v1/show/hosts')) as HostRow[];
        assert.deepEqual(
          rows.map(({ name, state, self }) => `${name} ${state} ${self}`),
          ['h1 alive false', 'h2 alive false', 'h3 alive true'],
        );
        assert.match((await row('h3')).mac, /^fa:16:3f:/);
      } finally {
        await third.stop();
      }
      await becomes('h3', 'stopped', 3000);
    });
    await cloud.stop();
  } finally {
    etcd?.close();
    cloud.close();
  }
});
