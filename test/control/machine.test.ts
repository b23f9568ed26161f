import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { autoWorkers, settle, settleLike, whyNotToPoll } from '../../src/config/settle.js';
import { formatCpuList, parseCpuList, settleHere, thisMachine } from '../../src/control/machine.js';
import { restartOnly } from '../../src/control/reload/restartOnly.js';
import { lan } from '../support/sample.js';

/** A machine made of files. */
function machine(files: Readonly<Record<string, string>>) {
  return thisMachine((path) => files[path]);
}

const eight = { '/proc/self/status': 'Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t0-3,8-11\n' };
const cpus = [0, 1, 2, 3, 8, 9, 10, 11];

function configOf(keys: string) {
  const { config, issues } = loadConfig(`${lan}\n${keys}\n`, 'gateway.yaml');
  assert.ok(config !== undefined, issues.map(({ message }) => message).join('; '));
  return config;
}

describe('what the process may use', () => {
  test('the affinity mask, without a quota', () => {
    assert.deepEqual(machine(eight), { cpus, quota: undefined });
    assert.deepEqual(
      machine({ ...eight, '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': 'max 100000\n' }).quota,
      undefined,
    );
    assert.ok(machine({}).cpus.length > 0, 'without /proc: what Node counts');
  });

  test('cgroup v2: the tightest of the group and those above it', () => {
    const files = {
      ...eight,
      '/proc/self/cgroup': '0::/system.slice/windrose.service\n',
      '/sys/fs/cgroup/system.slice/windrose.service/cpu.max': '350000 100000\n',
      '/sys/fs/cgroup/system.slice/cpu.max': '150000 100000\n',
    };
    assert.equal(machine(files).quota, 1.5);
    assert.equal(machine({ ...files, '/sys/fs/cgroup/system.slice/cpu.max': 'max 100000\n' }).quota, 3.5);
  });

  test('cgroup v1, also where the path is that of the host and only its own group is mounted', () => {
    const quota = { 'cpu.cfs_quota_us': '200000\n', 'cpu.cfs_period_us': '50000\n' };
    const at = (folder: string) => Object.fromEntries(Object.entries(quota).map(([file, text]) => [`${folder}/${file}`, text]));
    const cgroup = { '/proc/self/cgroup': '4:memory:/docker/ab\n3:cpu,cpuacct:/docker/ab\n' };
    assert.equal(machine({ ...eight, ...cgroup, ...at('/sys/fs/cgroup/cpu,cpuacct/docker/ab') }).quota, 4);
    assert.equal(machine({ ...eight, ...cgroup, ...at('/sys/fs/cgroup/cpu') }).quota, 4);
    const none = { '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n' };
    assert.equal(machine({ ...eight, ...cgroup, ...none }).quota, undefined);
  });

  test('this machine', () => {
    const { cpus: own, quota } = thisMachine();
    assert.ok(own.length > 0 && (quota === undefined || quota > 0));
  });

  test('lists of CPUs', () => {
    assert.deepEqual(parseCpuList('0-2,5,7-8'), [0, 1, 2, 5, 7, 8]);
    assert.equal(formatCpuList([0, 1, 2, 5, 7, 8]), '0-2,5,7-8');
    assert.deepEqual(parseCpuList(''), []);
  });
});

describe('auto', () => {
  test('D25 workers: one CPU less than usable, whole ones of a quota only, at least one', () => {
    const of = (count: number, quota?: number) => autoWorkers({ cpus: Array.from({ length: count }, (_, i) => i), quota });
    assert.deepEqual([of(1), of(2), of(3), of(8)], [1, 1, 2, 7]);
    assert.deepEqual([of(8, 0.5), of(8, 1.9), of(8, 2), of(8, 3.5), of(2, 16)], [1, 1, 1, 2, 1]);
  });

  test('D25 spin: auto follows the traffic; 0 under a quota and without a CPU for main; as written otherwise', () => {
    const spin = (keys: string, quota?: number) => settle(configOf(keys), { cpus, quota }, 16).idle.spin;
    assert.deepEqual([spin(''), spin('', 2), spin('idle: { spin: 50us }', 2)], ['auto', 0, 50]);
    assert.deepEqual([spin(`workers: ${cpus.length - 1}`), spin(`workers: ${cpus.length}`)], ['auto', 0]);
    assert.equal(spin(`workers: ${cpus.length}\nidle: { spin: 20us }`), 20);
  });

  test('why idle workers do not poll', () => {
    assert.equal(whyNotToPoll({ cpus, quota: 0.5 }, 1), 'the process has a quota of 0.5 CPUs');
    assert.equal(whyNotToPoll({ cpus: [3], quota: undefined }, 1), '1 workers and the main thread share 1 CPUs');
    assert.equal(whyNotToPoll({ cpus: [3, 4], quota: undefined }, 1), undefined);
  });

  test('one worker for each CPU that is named; a CPU the process may not use is refused', () => {
    assert.equal(settleHere(configOf('workers: auto\ncpus: [8, 9, 10]'), { cpus, quota: undefined }).workers, 3);
    assert.equal(settleHere(configOf('workers: auto'), { cpus, quota: undefined }).workers, 7);
    assert.throws(() => settleHere(configOf('workers: 3\ncpus: [0, 4, 5]'), { cpus, quota: undefined }), {
      code: 'CPU_FORBIDDEN',
      message: 'no worker can run on CPU 4-5: this process may use 0-3,8-11.',
    });
  });

  test('OPS-6 a reload with auto or the same number changes nothing, another number needs a restart', () => {
    const running = settleHere(configOf('workers: auto'), { cpus, quota: undefined });
    const needs = (keys: string): string[] => restartOnly(running, settleLike(configOf(keys), running));
    assert.deepEqual(needs('workers: auto'), []);
    assert.deepEqual(needs('workers: 7\nidle: { spin: auto }'), []);
    assert.deepEqual(needs('workers: 2'), ['workers: 7 -> 2 needs a restart']);
    assert.deepEqual(needs('workers: 7\ncpus: [0, 1, 2, 3, 8, 9, 10]'), ['cpus: unset -> 0, 1, 2, 3, 8, 9, 10 needs a restart']);
  });
});
