import assert from 'node:assert/strict';
import { SERVER } from '../support/bed.js';
import { iperf, iperfServer } from '../support/iperf.js';
import { pause, scenario } from '../support/scenario.js';
import { changed, newConnections, reloaded, TOP } from './steps.js';

scenario('Z21 a zone inserted on top decides at once; a running stream does not notice', { folder: 'reload' }, async (bed) => {
  await (await bed.peer('server')).ask('serveTcp', { port: 7000 });
  await iperfServer(bed, 'server');
  assert.deepEqual(await newConnections(bed, 4), ['1.2.100.1', '1.2.100.2']);
  const before = await bed.read.drops();
  const stream = iperf(bed, 'client', `-c ${SERVER} -t 3 -b 500M -i 0.5`);
  await pause(1000);
  const told = await reloaded(bed, changed(['zones:\n', TOP]));
  assert.match(told, /^zone top: added \(match 1\.1\.1\.0\/24; .*\nzones: order is now top, tenants, default\ngeneration 2\n$/);
  assert.deepEqual(await newConnections(bed, 2), ['1.2.100.9']);
  const { intervals } = await stream;
  for (const { sum } of intervals) assert.ok(sum.bytes > 0, `nothing moved from ${sum.start} s to ${sum.end} s`);
  assert.deepEqual(await bed.read.drops(), before);
  await reloaded(bed, changed());
  assert.deepEqual(await newConnections(bed, 4), ['1.2.100.1', '1.2.100.2']);
});
