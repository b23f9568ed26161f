import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { getJson } from '../../../src/cli/controlClient.js';
import { thisMachine } from '../../../src/control/machine.js';
import type { WorkerRow } from '../../../src/types/show.js';
import { windrose } from '../../cli/program.js';
import { netnsSkipReason } from '../../support/netns.js';
import { Bed, client, SERVER, scenarioFile, server } from '../support/bed.js';
import { GatewayProcess } from '../support/gatewayProcess.js';
import { pause, scenario } from '../support/scenario.js';

const { cpus } = thisMachine();
const twoCpus = cpus.includes(0) && cpus.includes(1);
const template = scenarioFile('several-workers', 'cpus.yaml');
const WITHOUT_CPUS = template.replace('cpus: [0, 1]\n', '');

/** Lists of CPUs that threads of a process may use, those of all CPUs left out. */
function pinned(pid: number): string[] {
  const lists = readdirSync(`/proc/${pid}/task`).map(
    (thread) => /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8'))![1]!,
  );
  return lists.filter((list) => /^\d+$/.test(list)).sort();
}

if (!twoCpus) test('OPS-6 D25 one worker for each CPU that is named', { skip: 'there are no CPUs 0 and 1' }, () => {});
else
  scenario(
    'OPS-6 D25 one worker for each CPU that is named, each on its own; a reload with auto changes nothing; a stopped process loses no worker',
    { folder: 'several-workers', config: 'cpus.yaml', on: ['tap'] },
    async (bed) => {
      const workers = () => getJson(bed.socket, '/v1/show/workers') as Promise<WorkerRow[]>;
      assert.deepEqual(
        (await workers()).map(({ id, cpu, state }) => [id, cpu, state]),
        [
          [0, 0, 'running'],
          [1, 1, 'running'],
        ],
      );
      assert.deepEqual(pinned(bed.process.child.pid!), ['0', '1']);
      const ready = bed.process.readyLine();
      assert.deepEqual([ready?.workers, ready?.cpus], [2, [0, 1]]);
      assert.match((await windrose('show', 'config', '--socket', bed.socket)).stdout, /^workers: 2\ncpus:\n {2}- 0\n {2}- 1\n/m);

      const reload = async (text: string): Promise<string> => {
        bed.writeConfig(text);
        const { stdout, stderr } = await windrose('reload', '--socket', bed.socket);
        return stdout + stderr;
      };
      assert.match(await reload(template), /no difference/);
      assert.match(await reload(template.replace('auto', '2')), /no difference/);
      assert.match(await reload(WITHOUT_CPUS.replace('auto', '3')), /workers: 2 -> 3 needs a restart/);
      assert.match(await reload(WITHOUT_CPUS), /cpus: 0, 1 -> unset needs a restart/);

      // Longer than a worker may be silent: nobody turned, and main did not look.
      bed.process.child.kill('SIGSTOP');
      await pause(3500);
      bed.process.child.kill('SIGCONT');
      await pause(1000);
      assert.deepEqual(
        (await workers()).map(({ restarts }) => restarts),
        [0, 0],
      );
      const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
      await outside.ask('serveTcp', { port: 7000 });
      assert.equal((await inside.ask('connect', { to: SERVER, port: 7000, payload: 10 })).error, '');
    },
  );

test('a CPU the process may not use is refused, with the ones it may', { skip: netnsSkipReason() }, async () => {
  const bed = new Bed('tap', [client, server]);
  try {
    const own = cpus[0]!;
    const gateway = GatewayProcess.launch(bed.writeConfig(template.replace('[0, 1]', `[${own}, 1023]`)), [
      'taskset',
      '-c',
      String(own),
    ]);
    const { code, stderr } = await gateway.ended;
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`no worker can run on CPU 1023: this process may use ${own}\\. Correct "cpus"`));
  } finally {
    bed.close();
  }
});
