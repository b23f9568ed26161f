/** What is measured: TCP, UDP frames and pings through the SNAT service and through a floating address, and east-west beside the former. */

import { median } from '../harness.js';
import { cpuSeconds } from '../latency/cpu.js';
import type { Background } from '../system/processes.js';
import { run } from '../system/processes.js';
import { neighborMac, pinnedInside } from '../system/topology.js';
import { iperfRate, sendStream, type Workload } from '../system/workloads.js';
import type { Setup } from '../system/yardstick.js';
import { GUEST_DEVICE, type Guest, type Hosts, UPSTREAM } from './hosts.js';

export interface NorthSouth {
  hosts: Hosts;
  /** The process that forwards on host 1, 2 and n; none where the kernel does. */
  forwarders: readonly Background[];
}

export type Way = 'snat' | 'fip';

/** One address of a guest, so many source ports. */
const FLOWS = { addresses: 1, ports: 256 };
const PINGS_PER_SECOND = 100;

/** Who sends, and the forwarders on its way: by number in `forwarders`. */
function wayOf(way: Way, { a, b }: Hosts): { guest: Guest; port: string; hops: readonly { name: string; forwarder: number }[] } {
  if (way === 'fip') return { guest: a, port: 'p1', hops: [{ name: 'its host', forwarder: 0 }] };
  const hops = [
    { name: 'its host', forwarder: 1 },
    { name: 'SNAT host', forwarder: 2 },
  ];
  return { guest: b, port: 'pn', hops };
}

const HOPS: Record<Way, readonly string[]> = { snat: ['its host', 'SNAT host'], fip: ['its host'] };

/** Seconds of CPU that the forwarders of a way took while `work` went on, NaN where it is the kernel. */
async function spentBy(way: Way, { hosts, forwarders }: NorthSouth, work: () => Promise<void>): Promise<number[]> {
  const mine = wayOf(way, hosts).hops.map(({ forwarder }) => forwarders[forwarder]);
  const before = mine.map((each) => (each === undefined ? Number.NaN : cpuSeconds(each.pid)));
  await work();
  return mine.map((each, i) => (each === undefined ? Number.NaN : cpuSeconds(each.pid) - before[i]!));
}

/** TCP between guest and upstream; `reverse`: the upstream sends. Beside it the CPU time the gateways took for a gigabit. */
export function tcp(way: Way, flows: number, reverse: boolean): Workload<NorthSouth> {
  const name = `${way} tcp${flows}${reverse ? ' reverse' : ''}`;
  return {
    name,
    unit: 'Gbit/s',
    more: HOPS[way].map((hop) => ({ name: `${name} cpu, ${hop}`, unit: 'ms/Gbit' })),
    async measure(running, setup, seconds) {
      const { guest } = wayOf(way, running.hosts);
      const ends = { client: guest.namespace, server: running.hosts.upstream, address: UPSTREAM };
      let rate = 0;
      const spent = await spentBy(way, running, async () => {
        rate = await iperfRate(name, ends, setup, seconds, flows, reverse ? ['--reverse'] : []);
      });
      return [rate, ...spent.map((each) => (each * 1000) / (rate * seconds))];
    },
  };
}

/** UDP frames of `size` octets from the guest, as many as pass; beside it the CPU time the gateways took for each that arrived. */
export function udp(way: Way, size: number): Workload<NorthSouth> {
  const name = `${way} udp${size}`;
  return {
    name,
    unit: 'Mpps',
    more: HOPS[way].map((hop) => ({ name: `${name} cpu, ${hop}`, unit: 'ns/frame' })),
    async measure(running, setup, seconds) {
      const { guest, port } = wayOf(way, running.hosts);
      const stream = streamOf(running.hosts, guest, port);
      let pps = 0;
      const since = performance.now();
      const spent = await spentBy(way, running, async () => {
        ({ pps } = await sendStream(stream, setup, { seconds, size, flows: FLOWS, rate: 0 }));
      });
      const sent = ((performance.now() - since) / 1000) * pps;
      return [pps / 1e6, ...spent.map((each) => (each / sent) * 1e9)];
    },
  };
}

export function streamOf({ upstream }: Hosts, { namespace, address }: Guest, serverDevice: string) {
  const gateway = /^default via ([\d.]+)/.exec(run('ip', '-n', namespace, 'route', 'show', 'default'))![1]!;
  const from = { client: namespace, device: GUEST_DEVICE, clientAddress: address, nextHopMac: neighborMac(namespace, gateway) };
  return { ...from, server: upstream, serverDevice, serverAddress: UPSTREAM };
}

/** Median round trip of pings, a hundred a second. */
export function roundTrips(way: Way): Workload<NorthSouth> {
  return {
    name: `${way} ping`,
    unit: 'us',
    async measure({ hosts }, { placement }, seconds) {
      const count = String(seconds * PINGS_PER_SECOND);
      const words = ['ping', '-n', '-i', String(1 / PINGS_PER_SECOND), '-c', count, '-W', '1', UPSTREAM];
      const { namespace } = wayOf(way, hosts).guest;
      const said = run('ip', ...pinnedInside(namespace, placement.clientCpus, ...words));
      const times = [...said.matchAll(/ time=([\d.]+) ms/g)].map(([, time]) => Number(time) * 1000);
      if (times.length === 0) throw new Error(`ping: ${said}`);
      return [median(times)];
    },
  };
}

/**
 * TCP between guests of host 1 and host 2, routed, alone and while guest d makes the SNAT service of host n do all it can. Hosts 1 and 2 have one
 * CPU, host n with guest d and the upstream the other: what is left of the rate tells what the service costs who does not use it.
 */
export function isolation(): Workload<NorthSouth> {
  return {
    name: 'east-west tcp1',
    unit: 'Gbit/s',
    more: [
      { name: 'east-west tcp1, SNAT saturated', unit: 'Gbit/s' },
      { name: 'east-west tcp1, SNAT saturated : alone', unit: 'ratio' },
      { name: 'udp64 through SNAT meanwhile', unit: 'Mpps' },
      { name: 'udp64 through SNAT meanwhile : offered', unit: 'ratio' },
    ],
    async measure({ hosts }, setup, seconds) {
      const { a, c, d } = hosts;
      const { clientCpus, serverCpus } = setup.placement;
      const eastWest: Setup = { folder: setup.folder, placement: { ...setup.placement, serverCpus: clientCpus } };
      const ends = { client: a.namespace, server: c.namespace, address: c.address };
      const alone = await iperfRate('east-west', ends, eastWest, seconds, 1);
      const load: Setup = { folder: setup.folder, placement: { ...setup.placement, clientCpus: serverCpus } };
      // Longer than iperf3 takes, its start included.
      const flood = sendStream(streamOf(hosts, d, 'pn'), load, { seconds: seconds + 1, size: 64, flows: FLOWS, rate: 0 });
      const [rate, { pps, offered }] = await Promise.all([iperfRate('east-west', ends, eastWest, seconds, 1), flood]);
      return [alone, rate, rate / alone, pps / 1e6, pps / offered];
    },
  };
}
