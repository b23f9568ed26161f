import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { getJson } from '../../../src/cli/controlClient.js';
import type { WorkerRow } from '../../../src/types/show.js';
import { netnsSkipReason } from '../../support/netns.js';
import { Bed, client, SERVER, scenarioFile, server } from '../support/bed.js';
import { GatewayProcess } from '../support/gatewayProcess.js';
import { eventually } from '../support/scenario.js';

/** CPUs. The start alone takes a second of CPU time. */
const QUOTA = 0.3;
const PERIOD_MICROS = 100_000;

/** A cgroup of its own with the quota; a sentence when this system has none to give. Version 1 and 2. */
function quotaGroup(): string | { readonly folder: string; throttled(): number; remove(): Promise<void> } {
  const name = `wrs${process.pid}-quota`;
  for (const root of ['/sys/fs/cgroup', '/sys/fs/cgroup/cpu']) {
    const folder = `${root}/${name}`;
    try {
      if (!existsSync(`${root}/cgroup.procs`)) continue;
      mkdirSync(folder);
    } catch {
      continue;
    }
    const remove = () =>
      // A process that has just ended may still be listed.
      eventually(
        () => {
          try {
            rmdirSync(folder);
          } catch {}
          return existsSync(folder);
        },
        (there) => !there,
      ).then(() => {});
    const files = [
      ['cpu.max', `${QUOTA * PERIOD_MICROS} ${PERIOD_MICROS}`],
      ['cpu.cfs_quota_us', `${QUOTA * PERIOD_MICROS}`],
    ] as const;
    for (const [file, quota] of files) {
      if (!existsSync(`${folder}/${file}`)) continue;
      writeFileSync(`${folder}/${file}`, quota);
      const throttled = () => Number(/^nr_throttled (\d+)/m.exec(readFileSync(`${folder}/cpu.stat`, 'utf8'))?.[1]);
      return { folder, throttled, remove };
    }
    rmdirSync(folder);
  }
  return 'needs a cgroup with a CPU controller that may be written to';
}

const group = netnsSkipReason() ? 'needs root and network namespaces' : quotaGroup();

if (typeof group === 'string') test('D25 a gateway under a CPU quota', { skip: group });
else
  test('D25 under a CPU quota: one worker, no polling, and a throttled worker is not one that hangs', {
    timeout: 90_000,
  }, async () => {
    const bed = new Bed('tap', [client, server]);
    const into = ['sh', '-c', `echo $$ > ${group.folder}/cgroup.procs && exec "$@"`, 'sh'];
    const config = bed.writeConfig(`workers: auto\n${scenarioFile('idle', 'config.yaml')}`);
    const gateway = GatewayProcess.launch(config, into);
    const [shell, ...words] = [...into, 'sh', '-c', 'while :; do :; done'];
    const rival = { child: undefined as ReturnType<typeof spawn> | undefined };
    try {
      await gateway.ready(60_000);
      bed.addressHosts();
      const { workers, spin } = gateway.readyLine()!;
      assert.deepEqual([workers, spin], [1, 0]);
      assert.match(gateway.stdout, /the process has a quota of 0\.3 CPUs/);

      const before = group.throttled();
      rival.child = spawn(shell!, words, { stdio: 'ignore' });
      // As long as it takes: on a busy machine the two may not get so much that the kernel has to hold them back.
      await eventually(
        () => {
          bed.on('client', ['sh', '-c', `ping -q -i 0.01 -w 4 ${SERVER} || true`], 20_000);
          return group.throttled() - before;
        },
        (periods) => periods >= 20,
        40_000,
      );
      rival.child.kill('SIGKILL');

      const answered = () => bed.on('client', ['sh', '-c', `ping -q -i 0.05 -c 10 -W 2 ${SERVER} || true`], 30_000);
      await eventually(answered, (said) => said.includes(' 0% packet loss'), 20_000);
      const [row] = (await getJson(bed.socket, '/v1/show/workers')) as WorkerRow[];
      assert.deepEqual([row!.state, row!.restarts, row!.polledRatio, row!.spinMicros], ['running', 0, 0, 0]);
      assert.doesNotMatch(gateway.stdout, /does not turn|worker failed/);
    } finally {
      rival.child?.kill('SIGKILL');
      await gateway.stop();
      bed.close();
      await group.remove();
    }
  });
