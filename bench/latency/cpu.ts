/** CPU time of a process. */
import { readdirSync, readFileSync } from 'node:fs';

/** Seconds its threads have run so far, in user space and in the kernel: first field of /proc/PID/task/TID/schedstat, in ns. */
export function cpuSeconds(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]);
    } catch {
      // It has ended since the folder was read.
    }
  }
  return nanoseconds / 1e9;
}
