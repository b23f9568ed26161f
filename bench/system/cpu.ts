/** CPU time: of one process with its threads, and of the whole machine, soft interrupts included. */
import { readFileSync } from 'node:fs';
import { cpuTicks } from './quiet.js';

/** Clock ticks a second, in which Linux reports on every architecture Node runs on. */
const TICKS = 100;

/** Seconds of CPU a process has used so far, in user space and in the kernel (fields 14 and 15 of /proc/PID/stat). */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** A stopwatch over both. Shares are in percent of one CPU; `machine` is what all CPUs together were not idle. */
export function watchCpu(pid: number): () => { process: number; machine: number } {
  const begin = performance.now();
  const used = cpuSeconds(pid);
  const all = cpuTicks();
  return () => {
    const seconds = (performance.now() - begin) / 1000;
    const end = cpuTicks();
    const busy = (end.total - all.total - (end.idle - all.idle)) / TICKS;
    return { process: ((cpuSeconds(pid) - used) / seconds) * 100, machine: (busy / seconds) * 100 };
  };
}
