import assert from 'node:assert/strict';
import { getJson } from '../../../src/cli/controlClient.js';
import type { IfaceRow } from '../../../src/types/show.js';
import { type Bed, SERVER } from '../support/bed.js';
import { eventually, scenario } from '../support/scenario.js';
import { UdpLoad } from '../support/udpLoad.js';

const HELD = 20;
/** Frames a second through the gateway all the time, and for how long at most. */
const RATE = 4000;
const SECONDS = 55;

async function wan(bed: Bed): Promise<IfaceRow> {
  return ((await getJson(bed.socket, '/v1/show/ifaces')) as IfaceRow[]).find(({ name }) => name === 'wan')!;
}

/** Lines of the log with this message. */
function said(bed: Bed, message: string): string[] {
  return bed.process.stdout.split('\n').filter((line) => line.includes(`"msg":"${message}"`));
}

/** A line of the metrics page; 0 when it is not there. */
async function metric(bed: Bed, line: string): Promise<number> {
  const found = (await bed.operator.page()).split('\n').find((text) => text.startsWith(`${line} `));
  return Number(found?.slice(line.length) ?? 0);
}

const failedDown = (bed: Bed) => metric(bed, 'windrose_iface_transmit_failed_total{iface="wan",cause="down"}');

/** The gateway's end of the link, as a deletion hits it. */
function gatewayEnd(bed: Bed): string {
  return bed.kind === 'tap' ? bed.netns('server') : bed.middle;
}

/** Makes the veth pair of `wan` again, with other MACs than before. */
function plug(bed: Bed, mtu: number): void {
  bed.sandbox.veth({ netns: bed.middle, device: 'wan' }, { netns: bed.netns('server'), device: 'wan' }, mtu);
}

/** The load arrives at the server, and connections made before the first loss are alive on every worker. */
async function goesOn(bed: Bed): Promise<void> {
  const arrived = () => Number(bed.on('server', 'cat /sys/class/net/wan/statistics/rx_packets'));
  const before = arrived();
  await eventually(arrived, (now) => now > before + 500, 8000);
  const inside = await bed.peer('client');
  await eventually(
    () => inside.ask('echoHeld', { timeoutMs: 3000 }),
    (held) => held === HELD,
    8000,
  );
}

/** Connections held and a stream of datagrams, for as long as `body` takes. */
async function underLoad(bed: Bed, body: () => Promise<void>): Promise<void> {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveTcp', { port: 7000 });
  const load = new UdpLoad(bed, bed.gatewayMac('client', '1.1.100.1'));
  assert.equal((await inside.ask('hold', { to: SERVER, port: 7000, count: HELD })).held, HELD);
  const stop = load.begin(SECONDS, RATE);
  await goesOn(bed);
  await body();
  const { sent } = await stop();
  const { rxFrames } = ((await getJson(bed.socket, '/v1/show/ifaces')) as IfaceRow[]).find(({ name }) => name === 'lan')!;
  assert.ok(sent > RATE && rxFrames >= sent, `${sent} frames sent, ${rxFrames} received`);
}

scenario(
  'a device deleted under load is opened again, with the sessions and the new MTU',
  { folder: 'device-return', workers: [1, 2] },
  async (bed) => {
    await underLoad(bed, async () => {
      const downBefore = await failedDown(bed);
      bed.sandbox.run(gatewayEnd(bed), 'ip link del wan');
      if (bed.kind === 'packet') {
        await eventually(
          () => said(bed, 'device is gone'),
          (lines) => lines.length === 1,
        );
        assert.match(
          said(bed, 'device is gone')[0]!,
          /configured routes by it are passed over; the next device of this name is opened/,
        );
        assert.equal((await wan(bed)).state, 'GONE');
        await eventually(
          () => failedDown(bed),
          (failed) => failed > downBefore + RATE / 10,
        );
        plug(bed, 1400);
      }
      await eventually(
        () => said(bed, 'device was gone and is opened again'),
        (lines) => lines.length === 1,
      );
      bed.addressHosts();
      await goesOn(bed);
      const row = await wan(bed);
      assert.deepEqual([row.state, row.mtu], ['UP', bed.kind === 'tap' ? 1500 : 1400]);
      assert.equal(await metric(bed, 'windrose_iface_returns_total{iface="wan"}'), 1);

      // Down is not gone: the same descriptors work again when it is up.
      bed.sandbox.run(gatewayEnd(bed), 'ip link set wan down');
      await eventually(
        () => said(bed, 'device is down'),
        (lines) => lines.length === 1,
      );
      bed.sandbox.run(gatewayEnd(bed), 'ip link set wan up');
      bed.addressHosts();
      await goesOn(bed);
      assert.equal(await metric(bed, 'windrose_iface_returns_total{iface="wan"}'), 1);
    });
  },
);

scenario(
  'a namespace that vanishes is let go, and its devices are opened again in the next one of the name',
  { folder: 'device-return', workers: [2], on: ['packet'] },
  async (bed) => {
    const inside = await bed.peer('client');
    await (await bed.peer('server')).ask('serveTcp', { port: 7000 });
    assert.equal((await inside.ask('hold', { to: SERVER, port: 7000, count: HELD })).held, HELD);
    bed.sandbox.run(undefined, `ip netns del ${bed.middle}`);
    // Nobody but the gateway's sockets keeps the namespace: its devices go when they are closed.
    await eventually(
      () => bed.on('server', 'ip -o link show'),
      (links) => !links.includes('wan'),
    );
    bed.sandbox.run(undefined, `ip netns add ${bed.middle}`);
    for (const { name, host } of bed.links)
      bed.sandbox.veth({ netns: bed.middle, device: name }, { netns: bed.netns(host), device: name });
    await eventually(
      () => said(bed, 'device was gone and is opened again'),
      (lines) => lines.length === 2,
    );
    bed.addressHosts();
    await eventually(
      () => inside.ask('echoHeld', { timeoutMs: 3000 }),
      (held) => held === HELD,
      8000,
    );
  },
);
