/** What is measured: iperf3 TCP in one or both directions, and UDP frames of a fixed size from our generator to our sink. */
import { repository } from '../harness.js';
import { start, untilEnd, untilOutput } from './processes.js';
import { CLIENT_DEVICE, pinnedInside, SERVER_ADDRESS, SERVER_DEVICE } from './topology.js';
import type { Running, Setup } from './yardstick.js';

export interface Workload {
  name: string;
  unit: 'Gbit/s' | 'Mpps';
  /** Measures for about `seconds` and returns the value in `unit`. Throws when the traffic does not run. */
  measure(running: Running, setup: Setup, seconds: number): Promise<number>;
}

/** 16 addresses x 16 ports: enough that per-flow caches are used, few enough that they all stay warm. */
const FLOW_ADDRESSES = 16;
const FLOW_PORTS = '20000+16';

export const workloads: readonly Workload[] = [
  iperf('tcp1', 1),
  iperf('tcp4', 4),
  iperf('tcp1-reverse', 1, '--reverse'),
  iperf('tcp4-reverse', 4, '--reverse'),
  iperf('tcp1-bidir', 1, '--bidir'),
  iperf('tcp4-bidir', 4, '--bidir'),
  udp(64),
  udp(512),
  udp(1400),
];

interface IperfEnd {
  sum_received?: { bits_per_second: number };
  sum_received_bidir_reverse?: { bits_per_second: number };
}

/** iperf3 with `flows` parallel TCP connections. The value is what the receivers got, both directions added for --bidir. */
function iperf(name: string, flows: number, ...options: string[]): Workload {
  return {
    name,
    unit: 'Gbit/s',
    async measure({ ns }, { folder, placement }, seconds) {
      const listen = pinnedInside(ns.server, placement.serverCpus, 'iperf3', '-s', '-1', '--forceflush');
      const server = start(`${folder}/iperf-server.log`, 'ip', listen);
      await untilOutput(server, /listening/, 5);
      const command = ['iperf3', '-c', SERVER_ADDRESS, '-t', String(seconds), '-P', String(flows), '-J', ...options];
      const client = start(`${folder}/iperf-client.log`, 'ip', pinnedInside(ns.client, placement.clientCpus, ...command));
      const status = await untilEnd(client, seconds + 10);
      server.stop();
      const { end, error } = JSON.parse(client.output() || '{}') as { end?: IperfEnd; error?: string };
      if (status !== 0 || end?.sum_received === undefined) throw new Error(`iperf3 ${name}: ${error ?? `status ${status}`}`);
      return (end.sum_received.bits_per_second + (end.sum_received_bidir_reverse?.bits_per_second ?? 0)) / 1e9;
    },
  };
}

/**
 * The largest rate at which UDP frames of `size` octets (Ethernet without FCS) arrive. The generator sends as fast as it can first; a
 * forwarder that wastes work on frames it loses later does better below that, so a second run offers 10 % more than what arrived.
 */
function udp(size: number): Workload {
  return {
    name: `udp${size}`,
    unit: 'Mpps',
    async measure(running, setup, seconds) {
      const flood = await offer(running, setup, seconds / 2, size, 0);
      const paced = await offer(running, setup, seconds / 2, size, Math.round(flood * 1.1));
      return Math.max(flood, paced) / 1e6;
    },
  };
}

/** Offers frames at `rate` per second (0 = all it can) and returns how many per second arrived. */
async function offer(
  { ns, clientAddress, nextHopMac }: Running,
  setup: Setup,
  seconds: number,
  size: number,
  rate: number,
): Promise<number> {
  const { folder, placement } = setup;
  const programs = `${repository}/out/bench/ref`;
  const count = [`${programs}/sink`, '--device', SERVER_DEVICE, '--seconds', String(seconds)];
  const sink = start(`${folder}/sink.log`, 'ip', pinnedInside(ns.server, placement.serverCpus, ...count));
  await untilOutput(sink, /ready/, 5);
  const target = ['--to-mac', nextHopMac, '--to', `${SERVER_ADDRESS}:9`, '--size', String(size)];
  const flows = ['--from', `${clientAddress}+${FLOW_ADDRESSES}`, '--ports', FLOW_PORTS];
  const span = ['--seconds', String(seconds + 10), '--rate', String(rate)];
  const send = [`${programs}/generate`, '--device', CLIENT_DEVICE, ...target, ...flows, ...span];
  const generator = start(`${folder}/generate.log`, 'ip', pinnedInside(ns.client, placement.clientCpus, ...send));
  const status = await untilEnd(sink, seconds + 10);
  generator.stop();
  const result = /^\{.*\}$/m.exec(sink.output())?.[0];
  if (status !== 0 || result === undefined) throw new Error(`sink: ${sink.output()}${generator.output()}`);
  const { frames, pps } = JSON.parse(result) as { frames: number; pps: number };
  if (frames === 0) throw new Error(`no frame of ${size} octets arrived: ${generator.output()}`);
  return pps;
}
