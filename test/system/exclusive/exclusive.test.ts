import assert from 'node:assert/strict';
import { getJson } from '../../../src/cli/controlClient.js';
import type { IfaceRow } from '../../../src/types/show.js';
import { reloaded } from '../reload/steps.js';
import { type Bed, SERVER, scenarioFile } from '../support/bed.js';
import { eventually, scenario } from '../support/scenario.js';

const shared = scenarioFile('exclusive', 'config.yaml');
const exclusive = shared.replaceAll('role:', 'exclusive: true, role:');

/** Whether the kernel of the gateway's namespace answers ARP, and then ping. */
function kernelAnswers(bed: Bed): boolean {
  bed.on('client', 'ip neigh flush dev lan');
  return / [12] received/.test(bed.on('client', ['sh', '-c', 'ping -c 2 -i 0.2 -W 0.5 1.1.200.1 || true']));
}

/** Packets the kernel forwarded beside the gateway. */
function forwarded(bed: Bed): number {
  const snmp = bed.sandbox.run(bed.middle, 'cat /proc/net/snmp').split('\n');
  const [names, values] = snmp.filter((line) => line.startsWith('Ip:')).map((line) => line.split(' '));
  return Number(values![names!.indexOf('ForwDatagrams')]);
}

/** ping(8) waits for its last answer only as long as two of those before took. */
function answersOfGateway(bed: Bed): void {
  assert.match(bed.on('client', `ping -c 5 -i 0.05 -W 2 ${SERVER}`), / [45] received/);
}

async function sides(bed: Bed): Promise<boolean[]> {
  return ((await getJson(bed.socket, '/v1/show/ifaces')) as IfaceRow[]).map((row) => row.exclusive);
}

function kernelActs(bed: Bed): void {
  bed.sandbox.run(bed.middle, 'ip addr add 1.1.200.1/16 dev lan');
  bed.sandbox.run(bed.middle, 'sysctl -qw net.ipv4.ip_forward=1');
}

scenario(
  'D30 exclusive keeps frames from the kernel, can be changed by a reload, and ends with the process',
  {
    folder: 'exclusive',
    on: ['packet'],
    workers: [1, 2],
    before: kernelActs,
  },
  async (bed) => {
    answersOfGateway(bed);
    assert.equal(kernelAnswers(bed), true, 'a kernel with an address answers beside us');
    assert.match(await reloaded(bed, exclusive), /iface lan: exclusive false -> true/);
    assert.deepEqual(await sides(bed), [true, true]);
    assert.equal(kernelAnswers(bed), false);
    const before = forwarded(bed);
    answersOfGateway(bed);
    assert.equal(forwarded(bed), before, 'nothing is routed beside us');

    // A new device is exclusive at once.
    bed.sandbox.run(bed.middle, 'ip link del lan');
    bed.sandbox.veth({ netns: bed.middle, device: 'lan' }, { netns: bed.netns('client'), device: 'lan' });
    bed.sandbox.run(bed.middle, 'ip addr replace 1.1.200.1/16 dev lan');
    await eventually(
      () => bed.process.stdout,
      (log) => log.includes('"msg":"device was gone and is opened again"'),
    );
    bed.addressHosts();
    answersOfGateway(bed);
    assert.equal(kernelAnswers(bed), false);

    await reloaded(bed, shared);
    assert.deepEqual(await sides(bed), [false, false]);
    assert.equal(kernelAnswers(bed), true, 'taken back by a reload');
  },
);

scenario(
  'D30 what keeps frames from the kernel ends when the gateway is killed',
  { folder: 'exclusive', on: ['packet'], workers: [2] },
  async (bed) => {
    kernelActs(bed);
    await reloaded(bed, exclusive);
    answersOfGateway(bed);
    assert.equal(kernelAnswers(bed), false);
    bed.process.child.kill('SIGKILL');
    await bed.process.ended;
    await eventually(
      () => kernelAnswers(bed),
      (answers) => answers,
    );
    // The scenario's last look is at a gateway that runs.
    await bed.start(shared);
    answersOfGateway(bed);
  },
);
