import { readFileSync, readlinkSync } from 'node:fs';

/** Says which process a gateway is, so that another one on the same machine can see whether it still runs. */

/** "<boot of the kernel> <pid namespace> <pid> <start time>"; empty where /proc does not say. */
export function thisProcess(): string {
  return here(process.pid) ?? '';
}

/** Whether that process runs: undefined for one of another machine or container, whom nobody here can see. */
export function runs(told: string): boolean | undefined {
  const [boot, namespace, pid] = told.split(' ');
  const own = thisProcess().split(' ');
  if (own[0] === '' || boot !== own[0] || namespace !== own[1]) return undefined;
  // A number is used again; the time of its start is not.
  return here(Number(pid)) === told;
}

function here(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program is in brackets and may hold anything; the start time is field 22 (proc(5)), the state field 3.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return `${boot} ${readlinkSync('/proc/self/ns/pid')} ${pid} ${fields[19]}`;
  } catch {
    return undefined;
  }
}
