import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { getJson } from '../../../src/cli/controlClient.js';
import type { LportRow, PhysnetRow, TunnelRow } from '../../../src/types/showObjects.js';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { Cloud, cloudWorkers, guestOf, type Vm } from '../support/cloud.js';
import { GatewayProcess } from '../support/gatewayProcess.js';
import { eventually } from '../support/scenario.js';

const VMS: readonly Vm[] = [
  guestOf('a1', 'h1', '0a:01', '10.0.0.11'),
  guestOf('late', 'h1', '0a:02', '10.0.0.12'),
  { ...guestOf('pk', 'h1', '0a:03', '10.0.0.13'), packet: true },
  guestOf('a2', 'h2', '0a:04', '10.0.0.14'),
  guestOf('r1', 'h1', '0c:01', '30.0.0.11'),
  guestOf('r2', 'h2', '0c:02', '30.0.0.12'),
];
const GONE = 'device is gone';
const THERE = 'device is there and is opened';
const AGAIN = 'device was gone and is opened again';

/** An echo request every 10 ms that nobody else's devices may cost one. */
class SteadyPing {
  #said = '';
  readonly #child;

  constructor(cloud: Cloud, from: string, to: string) {
    this.#child = cloud.sandbox.start(cloud.netns(from), `ping -i 0.01 -q ${to}`);
    this.#child.stdout!.on('data', (text: Buffer) => {
      this.#said += text;
    });
  }

  /** Ends it: [sent, received]. */
  async end(): Promise<readonly [number, number]> {
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGINT');
    await closed;
    const counts = /(\d+) packets transmitted, (\d+) received/.exec(this.#said);
    assert.ok(counts, this.#said);
    return [Number(counts[1]), Number(counts[2])];
  }
}

test('lport-devices: they may be missing, come, vanish under traffic and come back; nobody else loses a packet', {
  skip: netnsSkipReason(),
  timeout: 120_000,
}, async (t) => {
  const cloud = new Cloud(['h1', 'h2'], VMS, true, '', cloudWorkers(2)[0]);
  try {
    const objects = scenarioFile('lport-devices', 'objects.yaml');
    cloud.vanish('late');
    cloud.on('h1', 'ip link del p-pk');
    cloud.on('h1', 'ip link del trunk');
    await cloud.start(objects, ['late', 'pk']);
    const h1 = cloud.process('h1');
    /** Lines of the log with this message, and whose device it is. */
    const said = (message: string) =>
      h1.stdout
        .split('\n')
        .filter((line) => line.includes(`"msg":"${message}"`) && line.endsWith('}'))
        .map((line) => JSON.parse(line) as Record<string, string>);
    const whose = (message: string) =>
      said(message)
        .map(({ lport, physnet }) => lport ?? physnet)
        .sort();
    const states = async () =>
      Object.fromEntries(
        ((await getJson(cloud.socket('h1'), '/v1/show/lports')) as LportRow[])
          .filter(({ host }) => host === 'h1')
          .map(({ name, state }) => [name, state]),
      );
    const physnet = async () => ((await getJson(cloud.socket('h1'), '/v1/show/physnets')) as PhysnetRow[])[0]!;
    const page = async () => (await fetch(String(h1.readyLine()!.metrics))).text();
    const metric = async (line: string) =>
      Number(
        (await page())
          .split('\n')
          .find((text) => text.startsWith(`${line} `))
          ?.slice(line.length) ?? -1,
      );
    const pings = (from: string, to: string) =>
      / 1 received/.test(cloud.on(from, ['sh', '-c', `ping -c 1 -W 0.5 ${to} || true`]));
    const reaches = (from: string, to: string) =>
      eventually(
        () => pings(from, to),
        (ok) => ok,
        8000,
      );
    const mtu = (name: string) => Number(/ mtu (\d+) /.exec(cloud.on(name, `ip -o link show tap-${name}`))![1]);

    await reaches('a1', '10.0.0.14');
    const steady = new SteadyPing(cloud, 'a1', '10.0.0.14');

    await t.test('the gateway starts without them, says once of each what is missing and what to do, and shows it', async () => {
      await eventually(
        () => whose(GONE),
        (names) => names.length === 3,
      );
      assert.deepEqual(whose(GONE), ['late', 'physnet1', 'pk']);
      const of = (name: string) => said(GONE).find(({ lport, physnet }) => (lport ?? physnet) === name)!;
      assert.match(of('late').failure!, /cannot enter the network namespace "wrc.*-late".*lport late\): it does not exist/);
      assert.match(of('late').remedy!, /ip netns add NAME/);
      assert.match(of('pk').failure!, /there is no device "p-pk" .*lport pk/);
      assert.match(of('physnet1').failure!, /there is no device "trunk" .*physnet physnet1/);
      assert.deepEqual(await states(), { a1: 'UP', late: 'GONE', pk: 'GONE', r1: 'UP' });
      assert.equal((await physnet()).state, 'GONE');
      assert.equal(await metric('windrose_lport_up{lport="late",network="blue"}'), 0);
      assert.equal(await metric('windrose_physnet_up{physnet="physnet1"}'), 0);
    });

    await t.test('what is sent to them is counted', async () => {
      assert.ok(!pings('a1', '10.0.0.12') && !pings('a2', '10.0.0.13') && !pings('r1', '30.0.0.12'));
      const failed = (labels: string) => metric(`windrose_${labels},cause="down"}`);
      assert.ok((await failed('lport_transmit_failed_total{lport="late",network="blue"')) >= 1);
      assert.ok((await failed('lport_transmit_failed_total{lport="pk",network="blue"')) >= 1);
      assert.ok((await failed('physnet_transmit_failed_total{physnet="physnet1"')) >= 1);
    });

    await t.test('they are opened as they come', async () => {
      cloud.appear('late');
      cloud.plug('pk');
      cloud.plugTrunk('h1');
      await eventually(
        () => whose(THERE),
        (names) => names.length === 3,
      );
      for (const name of ['late', 'pk']) cloud.address(name);
      assert.equal(mtu('late'), 1450, 'the guest sees the MTU of its network');
      await reaches('late', '10.0.0.13');
      await reaches('a2', '10.0.0.12');
      await reaches('r1', '30.0.0.12');
      assert.ok((await physnet()).traffic!.rxFrames > 0);
      await eventually(states, (all) => all.late === 'UP' && all.pk === 'UP');
      await eventually(
        () => whose('device is up'),
        (names) => names.length === 3,
      );
      const [vxlan] = (await getJson(cloud.socket('h1'), '/v1/show/tunnels')) as TunnelRow[];
      assert.deepEqual([vxlan!.name, vxlan!.address, vxlan!.peers], ['vxlan', cloud.vtep(0), [cloud.vtep(1)]]);
      assert.ok(vxlan!.traffic.rxFrames > 0 && vxlan!.traffic.txFrames > 0);
      assert.ok((await metric('windrose_tunnel_receive_frames_total{tunnel="vxlan"}')) > 0);
      assert.equal(await metric('windrose_lport_returns_total{lport="late",network="blue"}'), 0);
    });

    await t.test('taken away under pings they are gone, and back a moment after they are', async () => {
      const under = ['10.0.0.12', '10.0.0.13'].map((to) => new SteadyPing(cloud, 'a2', to));
      const failed = () => metric('windrose_lport_transmit_failed_total{lport="pk",network="blue",cause="down"}');
      const before = await failed();
      cloud.vanish('late');
      cloud.on('h1', 'ip link del p-pk');
      cloud.on('h1', 'ip link del trunk');
      await eventually(
        () => whose(GONE),
        (names) => names.length === 6,
      );
      await eventually(failed, (count) => count > before + 10);
      cloud.appear('late');
      cloud.plug('pk');
      cloud.plugTrunk('h1');
      await eventually(
        () => whose(AGAIN),
        (names) => names.length === 3,
      );
      for (const name of ['late', 'pk']) cloud.address(name);
      await reaches('late', '10.0.0.13');
      await reaches('r1', '30.0.0.12');
      for (const ping of under) {
        const [sent, received] = await ping.end();
        assert.ok(received > 0 && received < sent, `${received} of ${sent}`);
      }
      assert.equal(await metric('windrose_lport_returns_total{lport="pk",network="blue"}'), 1);
      assert.equal((await physnet()).returns, 1);
    });

    await t.test('the MTU of a network that changes is that of the TAPs of its guests', async () => {
      cloud.change(objects.replace('mtu: 1450', 'mtu: 1400'));
      await eventually(
        () => ['a1', 'late', 'a2', 'r1'].map(mtu).join(),
        (all) => all === '1400,1400,1400,1500',
      );
      assert.equal(whose(AGAIN).length, 3, 'what is back stays');
    });

    await t.test('nobody else has lost a packet', async () => {
      const [sent, received] = await steady.end();
      assert.ok(sent > 100 && received >= sent - 1, `${received} of ${sent}`);
      assert.equal(whose(GONE).length, 6, 'each is told once each time');
    });

    await t.test('without the address of its tunnel endpoint a gateway does not start, and says what to do', async () => {
      await cloud.stop();
      const config = join(cloud.folder, 'elsewhere.yaml');
      const host = `host: { name: h1, vtep: { address: 192.0.2.99, netns: ${cloud.netns('h1')} } }`;
      writeFileSync(config, `name: elsewhere\nifaces: []\n${host}\nstore: { directory: ${join(cloud.folder, 'elsewhere')} }\n`);
      const { code, stderr } = await GatewayProcess.launch(config).ended;
      assert.equal(code, 1);
      assert.match(stderr, /no tunnel endpoint can be opened at 192\.0\.2\.99 \(bind EADDRNOTAVAIL, host\.vtep\).*"ip addr add"/);
    });
    await cloud.stop();
  } finally {
    cloud.close();
  }
});
