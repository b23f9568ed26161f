import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { posix } from 'node:path';
import type { Config, SettledConfig } from '../config/config.js';
import { MOST_WORKERS } from '../config/schema.js';
import { type Machine, settle } from '../config/settle.js';
import { WindroseError } from '../errors/catalog.js';

/** Text of a file of the kernel; undefined when it cannot be read. */
export type ReadText = (path: string) => string | undefined;

/** What this process may use: its affinity mask, and the CPU quotas of its cgroup and of all above it. */
export function thisMachine(read: ReadText = readText): Machine {
  return { cpus: allowedCpus(read), quota: cpuQuota(read) };
}

/** The configuration on this machine. Throws a WindroseError when a worker is to run on a CPU the process may not use. */
export function settleHere(config: Config, machine: Machine = thisMachine()): SettledConfig {
  const not = config.cpus.filter((cpu) => !machine.cpus.includes(cpu));
  if (not.length > 0) throw new WindroseError('CPU_FORBIDDEN', formatCpuList(not), formatCpuList(machine.cpus));
  return settle(config, machine, MOST_WORKERS);
}

/** Cpus_allowed_list of proc_pid_status(5). Without /proc: as many as Node counts, numbered from 0. */
function allowedCpus(read: ReadText): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(read('/proc/self/status') ?? '')?.[1];
  const cpus = list === undefined ? [] : parseCpuList(list);
  return cpus.length > 0 ? cpus : Array.from({ length: availableParallelism() }, (_, cpu) => cpu);
}

/** "0-2,5" -> 0, 1, 2, 5 */
export function parseCpuList(list: string): number[] {
  return list.split(',').flatMap((part) => {
    const [, low, high] = /^(\d+)(?:-(\d+))?$/.exec(part.trim()) ?? [];
    if (low === undefined) return [];
    const last = Number(high ?? low);
    return Array.from({ length: Math.max(0, last - Number(low) + 1) }, (_, i) => Number(low) + i);
  });
}

/** "0-2,5" */
export function formatCpuList(cpus: readonly number[]): string {
  const runs: string[] = [];
  for (let i = 0; i < cpus.length; ) {
    let end = i;
    while (cpus[end + 1] === cpus[end]! + 1) end++;
    runs.push(end === i ? String(cpus[i]) : `${cpus[i]}-${cpus[end]}`);
    i = end + 1;
  }
  return runs.join(',');
}

/** The tightest quota in CPUs, of cgroup v2 (cpu.max) and v1 (cpu.cfs_quota_us); undefined: none. */
function cpuQuota(read: ReadText): number | undefined {
  let tightest: number | undefined;
  for (const { root, path, quotaAt } of hierarchies(read)) {
    // In a container the path may be that of the host, which is not mounted: then its end is the root of what is.
    for (let at = path; ; at = posix.dirname(at)) {
      const quota = quotaAt(posix.join(root, at));
      if (quota !== undefined) tightest = Math.min(tightest ?? quota, quota);
      if (at === '/' || at === '.') break;
    }
  }
  return tightest;
}

interface Hierarchy {
  readonly root: string;
  readonly path: string;
  readonly quotaAt: (directory: string) => number | undefined;
}

/** Where the process stands, by /proc/self/cgroup: "0::/path" is v2, "3:cpu,cpuacct:/path" v1. Both may be there. */
function hierarchies(read: ReadText): Hierarchy[] {
  const lines = (read('/proc/self/cgroup') ?? '').split('\n');
  return lines.flatMap((line): Hierarchy[] => {
    const [, id, controllers, path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) return [];
    if (id === '0' && controllers === '')
      return ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].map((root) => ({ root, path, quotaAt: (at) => quotaV2(read, at) }));
    if (!controllers.split(',').includes('cpu')) return [];
    return [`/sys/fs/cgroup/${controllers}`, '/sys/fs/cgroup/cpu'].map((root) => ({
      root,
      path,
      quotaAt: (at) => quotaV1(read, at),
    }));
  });
}

/** cpu.max: "150000 100000" or "max 100000", both in microseconds. */
function quotaV2(read: ReadText, directory: string): number | undefined {
  const [quota, period] = (read(posix.join(directory, 'cpu.max')) ?? '').trim().split(/\s+/);
  return ratio(quota, period);
}

/** cpu.cfs_quota_us, -1 for none, and cpu.cfs_period_us. */
function quotaV1(read: ReadText, directory: string): number | undefined {
  return ratio(read(posix.join(directory, 'cpu.cfs_quota_us'))?.trim(), read(posix.join(directory, 'cpu.cfs_period_us'))?.trim());
}

function ratio(quota: string | undefined, period: string | undefined): number | undefined {
  const cpus = Number(quota) / Number(period);
  return Number.isFinite(cpus) && cpus > 0 ? cpus : undefined;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
