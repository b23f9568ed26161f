import assert from 'node:assert/strict';
import { getJson } from '../../../src/cli/controlClient.js';
import type { IfaceRow } from '../../../src/types/show.js';
import { type Bed, SERVER } from '../support/bed.js';
import { eventually, pause, scenario } from '../support/scenario.js';

const HELD = 5;
const TOO_LONG = 20;

/** Lines of the log with this message. */
function said(bed: Bed, message: string): Record<string, unknown>[] {
  const lines = bed.process.stdout.split('\n').filter((line) => line.includes(`"msg":"${message}`) && line.endsWith('}'));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Namespace of the gateway's own device of a link. */
function ownEnd(bed: Bed, host: string): string {
  return bed.kind === 'tap' ? bed.netns(host) : bed.middle;
}

async function mtuOf(bed: Bed, iface: string): Promise<number> {
  return ((await getJson(bed.socket, '/v1/show/ifaces')) as IfaceRow[]).find(({ name }) => name === iface)!.mtu;
}

/** An echo request of so many octets that must not be fragmented; what ping(8) says. */
function echo(bed: Bed, octets: number): string {
  return bed.on('client', ['sh', '-c', `ping -c 1 -W 2 -M do -s ${octets - 28} ${SERVER} || true`]);
}

/** A packet device refuses what is longer than its MTU; that is told apart, and not counted as sent. */
async function tooLong(bed: Bed): Promise<void> {
  const row = async () => ((await getJson(bed.socket, '/v1/show/ifaces')) as IfaceRow[]).find(({ name }) => name === 'lan')!;
  const refused = async () => (await bed.operator.show('drops')).find(({ reason }) => reason === 'send_too_long')!.count;
  const before = await row();
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  const local = await inside.ask('udpOpen', {});
  await outside.ask('udpOpen', { port: 9000 });
  assert.equal(await inside.ask('udpSend', { local, to: SERVER, port: 9000, text: 'x' }), '');
  const [datagram] = await outside.ask('udpTaken', { local: 9000, least: 1 });
  const [to, port] = datagram!.from.split(':') as [string, string];
  const answer = (octets: number) =>
    outside.ask('udpSend', { local: 9000, to, port: Number(port), text: 'x'.repeat(octets - 28) });
  await answer(1450);
  for (let i = 0; i < TOO_LONG; i++) await answer(1500);
  assert.equal((await inside.ask('udpTaken', { local, least: 2, timeoutMs: 500 })).length, 1, 'what fits arrives');
  assert.equal(await refused(), TOO_LONG);
  const after = await row();
  assert.equal(after.txDropped - before.txDropped, TOO_LONG);
  assert.ok(after.txFrames - before.txFrames < TOO_LONG, 'what was refused was not sent');
  assert.match(
    await bed.operator.page(),
    new RegExp(`^windrose_iface_transmit_failed_total\\{iface="lan",cause="too_long"\\} ${TOO_LONG}$`, 'm'),
  );
}

scenario(
  "an MTU that is changed in the kernel is the gateway's a second later, with all sessions; a configured one stands",
  { folder: 'device-return', config: 'mtu.yaml', workers: [1, 2] },
  async (bed) => {
    const inside = await bed.peer('client');
    await (await bed.peer('server')).ask('serveTcp', { port: 7000 });
    assert.equal((await inside.ask('hold', { to: SERVER, port: 7000, count: HELD })).held, HELD);
    assert.match(echo(bed, 1500), / 1 received/);

    bed.sandbox.run(ownEnd(bed, 'server'), 'ip link set wan mtu 1400');
    const taken = 'MTU of the device has changed and is taken over';
    const [first] = await eventually(
      () => said(bed, taken),
      (lines) => lines.length === 1,
    );
    assert.deepEqual([first!.iface, first!.mtu, first!.before], ['wan', 1400, 1500]);
    assert.equal(await mtuOf(bed, 'wan'), 1400);
    assert.match(echo(bed, 1450), /Frag needed.*mtu = 1400/i);
    assert.match(echo(bed, 1400), / 1 received/);
    assert.equal(await inside.ask('echoHeld', { timeoutMs: 3000 }), HELD);

    bed.sandbox.run(ownEnd(bed, 'server'), 'ip link set wan mtu 1500');
    await eventually(
      () => said(bed, taken),
      (lines) => lines.length === 2,
    );
    bed.on('client', 'ip route flush cache');
    assert.match(echo(bed, 1500), / 1 received/);

    bed.sandbox.run(ownEnd(bed, 'client'), 'ip link set lan mtu 1450');
    const stands = 'MTU of the device is not the configured one';
    const [told] = await eventually(
      () => said(bed, stands),
      (lines) => lines.length > 0,
    );
    assert.deepEqual([told!.iface, told!.mtu, told!.configured], ['lan', 1450, 1500]);
    if (bed.kind === 'packet') await tooLong(bed);
    assert.equal(await mtuOf(bed, 'lan'), 1500);
    bed.sandbox.run(ownEnd(bed, 'client'), 'ip link set lan mtu 1500');
    await pause(1500);
    assert.equal(said(bed, stands).length, 1, 'told once');
    assert.equal(await inside.ask('echoHeld', { timeoutMs: 3000 }), HELD);
  },
);

scenario(
  'D30 what the kernel begins to do on a packet device under the running gateway is told, once for each change',
  { folder: 'device-return', on: ['packet'] },
  async (bed) => {
    const warnings = () =>
      said(bed, 'the kernel acts on devices of packet interfaces').flatMap((line) => line.warnings as string[]);
    const change = async (command: string, count: number): Promise<string> => {
      bed.sandbox.run(bed.middle, command);
      await eventually(warnings, (lines) => lines.length === count);
      return warnings().at(-1)!;
    };
    bed.on('client', `ping -c 1 -W 2 ${SERVER}`);
    assert.deepEqual(warnings(), []);
    assert.match(await change('ip addr add 1.2.200.1/16 dev wan', 1), /interface wan: .*\(1\.2\.200\.1\/16\)/);
    assert.match(await change('sysctl -qw net.ipv4.conf.lan.forwarding=1', 2), /interface lan: the kernel forwards IPv4 /);
    bed.sandbox.run(bed.middle, 'ip addr flush dev wan');
    // Two looks at least.
    await pause(2500);
    assert.equal(warnings().length, 2);
    await change('ip addr add 1.2.200.1/16 dev wan', 3);
  },
);
