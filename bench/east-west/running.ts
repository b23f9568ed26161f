/** What stands of a contestant once it is started, and how it is measured. */
import { cpuSeconds } from '../latency/cpu.js';
import type { Background } from '../system/processes.js';
import { iperfRate, type Workload } from '../system/workloads.js';
import type { Hosts } from './hosts.js';

export interface EastWest {
  hosts: Hosts;
  /** The process that forwards on each host; none where the kernel does. */
  forwarders: readonly Background[];
}

export function running(hosts: Hosts, forwarders: readonly Background[]): EastWest {
  return { hosts, forwarders };
}

/**
 * TCP from guest a to one on the other host, in the same network or routed; beside it the CPU time that the forwarding process of each host took
 * for a gigabit, NaN where it is the kernel.
 */
export function tcp(way: 'bridged' | 'routed', flows: number, suffix: string): Workload<EastWest> {
  const name = `${way} tcp${flows}${suffix}`;
  return {
    name,
    unit: 'Gbit/s',
    more: [
      { name: `${name} cpu, sending host`, unit: 'ms/Gbit' },
      { name: `${name} cpu, receiving host`, unit: 'ms/Gbit' },
    ],
    async measure({ hosts: { a, b, c }, forwarders }, setup, seconds) {
      const to = way === 'bridged' ? b : c;
      const ends = { client: a.namespace, server: to.namespace, address: to.address };
      const before = forwarders.map(({ pid }) => cpuSeconds(pid));
      const rate = await iperfRate(name, ends, setup, seconds, flows);
      const spent = [0, 1].map((i) => (forwarders[i] === undefined ? Number.NaN : cpuSeconds(forwarders[i].pid) - before[i]!));
      return [rate, ...spent.map((each) => (each * 1000) / (rate * seconds))];
    },
  };
}
