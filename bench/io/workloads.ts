/** What the ways of packet I/O are measured by. */
import { watchCpu } from '../system/cpu.js';
import { FEW_FLOWS, iperf, offer, udp, type Workload } from '../system/workloads.js';
import type { Running, Setup } from '../system/yardstick.js';

/** Frames a second at which CPU time is compared: what the slowest way carries as well. */
const EASY_RATE = 200_000;

export const workloads: readonly Workload[] = [
  udp('udp64', 64),
  udp('udp1400', 1400),
  iperf('tcp1', 1),
  iperf('tcp4', 4),
  cpuAt(EASY_RATE),
];

/**
 * CPU share at a rate all of them carry. The share of the process tells only what runs in its system calls; a way that leaves the reception to
 * soft interrupts of the sender's CPU shows in the machine's, generator included.
 */
function cpuAt(rate: number): Workload {
  const name = `CPU at ${rate / 1000} k/s`;
  return {
    name,
    unit: '% of a CPU',
    more: [
      { name: `${name}, machine`, unit: '% of a CPU' },
      { name: `${name}, arrived`, unit: 'Mpps' },
    ],
    async measure(running: Running, setup: Setup, seconds: number) {
      const { pid } = running;
      if (pid === undefined) throw new Error('the kernel forwards: no process to watch');
      const arriving = offer(running, setup, { seconds, size: 64, flows: FEW_FLOWS, rate });
      await new Promise((resolve) => setTimeout(resolve, 500));
      const shares = watchCpu(pid);
      await new Promise((resolve) => setTimeout(resolve, seconds * 500));
      const { process, machine } = shares();
      return [process, machine, (await arriving) / 1e6];
    },
  };
}
