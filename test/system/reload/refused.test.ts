import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { windrose } from '../../cli/program.js';
import { SERVER } from '../support/bed.js';
import { eventually, scenario } from '../support/scenario.js';
import { changed, reloadWith, TOP } from './steps.js';

scenario('OPS-1 a faulty file, and one that needs a restart, change nothing and say why', { folder: 'reload' }, async (bed) => {
  bed.on('client', `ping -c 1 -W 2 ${SERVER}`);
  const generation = async (): Promise<number> => (await bed.operator.show('config'))[0]!.generation;
  const faulty = await reloadWith(bed, changed(['1.2.100.2]', '1.2.100.300]']));
  assert.equal(faulty.code, 1);
  assert.match(faulty.stderr, /gateway\.yaml:6:\d+ zones\[0\]\.localAddresses\[1\]: "1\.2\.100\.300" is not an IPv4 address/);
  assert.match(faulty.stderr, /was not taken over \(1 error\); nothing has changed/);
  const fixed = await reloadWith(bed, `${changed()}limits: { sessions: 64 }\n`);
  assert.equal(fixed.code, 1);
  assert.match(fixed.stderr, /^refused: limits\.sessions: 262144 -> 64 needs a restart$/m);
  const ports = await reloadWith(bed, changed(['[1.2.100.3] }', '[1.2.100.3], ports: 2000-3000 }']));
  assert.match(ports.stderr, /^refused: ports of zone default: 1024-65535 -> 2000-3000 needs a restart/m);
  const device = await reloadWith(
    bed,
    changed(['routes:', '  - { name: dmz, packet: nosuch0, role: inside, addresses: [1.9.0.1/24] }\nroutes:']),
  );
  assert.equal(device.code, 1);
  assert.match(device.stderr, /^refused: .*no device "nosuch0"/m);
  assert.equal(await generation(), 1);
  const dry = await reloadWith(bed, changed(['zones:\n', TOP]), '--dry-run');
  assert.deepEqual([dry.code, /dry run: nothing has changed\n$/.test(dry.stdout)], [0, true]);
  assert.equal(await generation(), 1);
  const check = await windrose('check', bed.writeConfig(changed(['zones:\n', TOP])));
  assert.match(check.stdout, /difference to the running gateway \(generation 1\):\n {2}zone top: added/);
});

scenario('OPS-1 SIGHUP reloads as well; the log has the result', { folder: 'reload' }, async (bed) => {
  bed.writeConfig(changed(['zones:\n', TOP]));
  bed.process.child.kill('SIGHUP');
  await eventually(
    () => bed.process.stdout,
    (log) => log.includes('configuration taken over'),
  );
  writeFileSync(bed.writeConfig(changed()), 'zones: 7\n');
  bed.process.child.kill('SIGHUP');
  await eventually(
    () => bed.process.stdout,
    (log) => log.includes('reload refused; nothing has changed'),
  );
  assert.equal((await bed.operator.show('zones'))[0]!.name, 'top');
  const ping = bed.on('client', `ping -c 1 -W 2 ${SERVER}`);
  assert.match(ping, / 0% packet loss/);
});
