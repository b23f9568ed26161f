import assert from 'node:assert/strict';
import { getJson, postJson } from '../../../src/cli/controlClient.js';
import type { ReloadReport } from '../../../src/types/reload.js';
import { SERVER } from '../support/bed.js';
import { iperf, iperfServer } from '../support/iperf.js';
import { pause, scenario } from '../support/scenario.js';
import { kernelDrops, LOAD_FLOWS, UdpLoad } from '../support/udpLoad.js';
import { changed } from './steps.js';

/** Most frames of 64 octets a second that are offered. */
const MOST_PER_SECOND = 200_000;
/** Share of what arrived at full speed; TCP comes on top. Together about half the most. */
const UDP_SHARE = 0.35;
const TCP_RATE = '500M';
/** Runs until one is without a loss: a machine that also does other things takes the processor away for longer than queues last. */
const ATTEMPTS = 5;
const HELD = 100;

/** Ten configurations, each different from the one before it. */
const steps: readonly string[] = [
  changed(['zones:\n', 'zones:\n  - { name: top, match: 1.1.7.0/24, localAddresses: [1.2.100.9] }\n']),
  changed(['1.2.100.2]', '1.2.100.2, 1.2.100.5]']),
  changed(['1.2.100.2]', '1.2.100.2, 1.2.100.5]'], ['routes: []', 'routes: [ 10.0.0.0/8 via 1.2.1.4 ]']),
  changed(['routes: []', 'routes: [ 10.0.0.0/8 via 1.2.1.4 ]'], ['tcpClosing: 1s', 'tcpClosing: 2s, udp: 200s']),
  changed(['[1.1.100.1/16] }', '[1.1.100.1/16], vlans: [{ id: 30, addresses: [1.30.0.1/24] }] }']),
  changed(['[1.2.100.1, 1.2.100.2]', '[1.2.100.2]']),
  changed(['[1.2.100.1, 1.2.100.2]', '[1.2.100.2, 1.2.100.1]']),
  changed(['  - { name: default, match: 0.0.0.0/0, localAddresses: [1.2.100.3] }\n', '']),
  changed(['[1.2.100.4/16]', '[1.2.100.4/16, 1.5.0.1/24]'], ['routes: []', 'routes: [ default via 1.2.1.4 ]']),
  changed(['[1.2.100.1, 1.2.100.2]', '[1.2.100.2]'], ['[1.2.100.3]', '[1.2.100.3, 1.2.100.1]']),
];

scenario('D42 ten reloads under load lose no frame and no session', { folder: 'reload', timeoutMs: 180_000 }, async (bed) => {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveTcp', { port: 7000 });
  await iperfServer(bed, 'server');
  const load = new UdpLoad(bed, bed.gatewayMac('client', '1.1.100.1'));
  assert.equal((await inside.ask('hold', { to: SERVER, port: 7000, count: HELD })).held, HELD);
  const full = await load.offer(1, 0);
  const rate = Math.round(Math.min(MOST_PER_SECOND, full.arrived * UDP_SHARE));
  const seconds = steps.length * 0.4 + 2;
  const lost: unknown[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [dropsBefore, kernelBefore] = [await bed.read.drops(), await kernelDrops(bed)];
    const stream = iperf(bed, 'client', `-c ${SERVER} -t ${Math.ceil(seconds)} -b ${TCP_RATE} -i 0.5`);
    const offered = load.offer(seconds, rate);
    await pause(1000);
    for (const step of steps) {
      bed.writeConfig(step);
      const report = (await postJson(bed.socket, '/v1/reload')) as ReloadReport;
      assert.ok(report.ok && report.changes.length > 0 && report.lateWorkers.length === 0, JSON.stringify(report));
      await pause(300);
    }
    const { sent, refused, arrived } = await offered;
    const { intervals } = await stream;
    // What a reload may never do, whatever else the machine does.
    assert.deepEqual(await bed.read.drops(), dropsBefore);
    assert.equal(await inside.ask('echoHeld', { timeoutMs: 3000 }), HELD);
    assert.deepEqual(await getJson(bed.socket, '/v1/sessions/count?proto=udp&dport=9'), { count: LOAD_FLOWS });
    const kernelAfter = await kernelDrops(bed);
    const kernel = Object.keys(kernelAfter).filter((device) => kernelAfter[device] !== kernelBefore[device]);
    const still = intervals.slice(0, -1).filter(({ sum }) => sum.bytes === 0);
    if (arrived === sent && refused === 0 && kernel.length === 0 && still.length === 0) {
      assert.ok(sent > rate * seconds * 0.8, `${sent} frames in ${seconds} s, not ${rate} a second`);
      return;
    }
    lost.push({ rate, sent, refused, arrived, kernelBefore, kernelAfter, noTcpFrom: still.map(({ sum }) => sum.start) });
  }
  assert.fail(`frames were lost in each of ${ATTEMPTS} runs: ${JSON.stringify(lost)}`);
});
