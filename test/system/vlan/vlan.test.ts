import assert from 'node:assert/strict';
import { client, SERVER, server } from '../support/bed.js';
import { iperf, iperfServer } from '../support/iperf.js';
import { scenario } from '../support/scenario.js';

const links = [
  { ...client, vlan: 10 },
  { ...server, vlan: 20 },
];

scenario('tagged router interfaces translate between their VLANs', { folder: 'vlan', links }, async (bed) => {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveTcp', { port: 7000 });
  await outside.ask('serveUdp', { port: 7001 });
  const [lan, wan] = [bed.wire('lan'), bed.wire('wan')];
  const stream = await inside.ask('connect', { to: SERVER, port: 7000, payload: 100_000 });
  assert.equal(stream.error, '');
  assert.equal((await inside.ask('askUdp', { to: SERVER, port: 7001, octets: 1472 })).error, '');
  bed.on('client', `ping -c 2 -i 0.05 -W 2 ${SERVER}`);
  for (const [wire, vlan] of [
    [lan, 10],
    [wan, 20],
  ] as const) {
    assert.deepEqual([...new Set(wire.collect().map((one) => one.vlan))], [vlan]);
    const { wrong, right } = wire.verifyChecksums();
    assert.deepEqual(wrong, []);
    assert.ok(right > 0);
  }
  await iperfServer(bed, 'server');
  for (const args of ['-t 1', '-t 1 -R']) {
    const { end } = await iperf(bed, 'client', `-c ${SERVER} ${args}`);
    assert.ok(end.sum_received.bytes > 1_000_000);
  }
});
