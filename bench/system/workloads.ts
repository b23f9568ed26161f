/** What is measured: iperf3 TCP in one or both directions, and UDP frames of a fixed size from our generator to our sink. */
import { repository } from '../harness.js';
import { start, untilEnd, untilOutput } from './processes.js';
import { CLIENT_DEVICE, pinnedInside, SERVER_ADDRESS, SERVER_DEVICE } from './topology.js';
import type { Running, Setup } from './yardstick.js';

export interface Workload<R = Running> {
  name: string;
  unit: string;
  /** Cases that the same measurement yields besides `name`. */
  more?: readonly { name: string; unit: string }[];
  /** Measures for about `seconds` and returns the value of `name` and those of `more`. Throws when the traffic does not run. */
  measure(running: R, setup: Setup, seconds: number): Promise<number[]>;
}

/** Flows of small frames: so many source addresses times so many source ports. */
export interface Flows {
  addresses: number;
  ports: number;
}

/** Enough that per-flow caches are used, few enough that they all stay warm. */
export const FEW_FLOWS: Flows = { addresses: 16, ports: 16 };

/**
 * Frames alternate between so many destination ports. A translator with one address of its own has 64,512 ports towards one of them,
 * so 200,000 flows need more than three.
 */
const SERVER_PORTS = '9+16';
const FIRST_PORT = 20_000;

/** New flows are made at about 0.2 to 0.7 million a second; measured is what comes after all of them are known. */
const NEW_FLOWS_PER_SECOND = 200_000;

export const workloads: readonly Workload[] = [
  iperf('tcp1', 1),
  iperf('tcp4', 4),
  iperf('tcp1-reverse', 1, '--reverse'),
  iperf('tcp4-reverse', 4, '--reverse'),
  iperf('tcp1-bidir', 1, '--bidir'),
  iperf('tcp4-bidir', 4, '--bidir'),
  udp('udp64', 64),
  udp('udp512', 512),
  udp('udp1400', 1400),
  udp('udp64-1k', 64, { addresses: 16, ports: 64 }),
  udp('udp64-64k', 64, { addresses: 64, ports: 1024 }),
  udp('udp64-200k', 64, { addresses: 200, ports: 1000 }),
];

interface IperfEnd {
  sum_received?: { bits_per_second: number };
  sum_received_bidir_reverse?: { bits_per_second: number };
}

/** iperf3 with `flows` parallel TCP connections. The value is what the receivers got, both directions added for --bidir. */
export function iperf(name: string, flows: number, ...options: string[]): Workload {
  return {
    name,
    unit: 'Gbit/s',
    measure: async ({ ns }, setup, seconds) => [
      await iperfRate(name, { client: ns.client, server: ns.server, address: SERVER_ADDRESS }, setup, seconds, flows, options),
    ],
  };
}

/** Two namespaces, and the address that the client reaches the server by. */
export interface Ends {
  client: string;
  server: string;
  address: string;
}

/** Gbit/s. Throws with the reason when the connections fail. */
export async function iperfRate(
  name: string,
  { client: from, server: to, address }: Ends,
  { folder, placement }: Setup,
  seconds: number,
  flows: number,
  options: readonly string[] = [],
): Promise<number> {
  const listen = pinnedInside(to, placement.serverCpus, 'iperf3', '-s', '-1', '--forceflush');
  const server = start(`${folder}/iperf-server.log`, 'ip', listen);
  await untilOutput(server, /listening/, 5);
  const command = ['iperf3', '-c', address, '-t', String(seconds), '-P', String(flows), '-J', ...options];
  const client = start(`${folder}/iperf-client.log`, 'ip', pinnedInside(from, placement.clientCpus, ...command));
  const status = await untilEnd(client, seconds + 10);
  server.stop();
  const { end, error } = JSON.parse(client.output() || '{}') as { end?: IperfEnd; error?: string };
  if (status !== 0 || end?.sum_received === undefined) throw new Error(`iperf3 ${name}: ${error ?? `status ${status}`}`);
  return (end.sum_received.bits_per_second + (end.sum_received_bidir_reverse?.bits_per_second ?? 0)) / 1e9;
}

/**
 * The largest rate at which UDP frames of `size` octets (Ethernet without FCS) arrive. The generator sends as fast as it can first; a
 * forwarder that wastes work on frames it loses later does better below that, so a second run offers 10 % more than what arrived.
 */
export function udp(name: string, size: number, flows = FEW_FLOWS): Workload {
  return {
    name,
    unit: 'Mpps',
    async measure(running, setup, seconds) {
      const { pps: flood } = await offer(running, setup, { seconds: seconds / 2, size, flows, rate: 0 });
      const { pps: paced } = await offer(running, setup, { seconds: seconds / 2, size, flows, rate: Math.round(flood * 1.1) });
      return [Math.max(flood, paced) / 1e6];
    },
  };
}

export interface Offer {
  seconds: number;
  /** Octets of a frame, Ethernet without FCS. */
  size: number;
  flows: Flows;
  /** Frames per second; 0 = all the generator can. */
  rate: number;
}

export interface Arrived {
  /** Frames a second. */
  pps: number;
  /** Frames a second that the generator had to send: those its device took, and those it refused. */
  offered: number;
  /** CPU time the sender's kernel side took for each frame it sent, in ns; what receivers do in its soft interrupts is in it. */
  senderNs: number;
}

/** From which device of which namespace to which, and as what. */
export interface Stream {
  client: string;
  device: string;
  /** Source address of its frames, and the MAC they are sent to. */
  clientAddress: string;
  nextHopMac: string;
  server: string;
  /** Where they are counted and dropped. */
  serverDevice: string;
  serverAddress: string;
}

/** Offers frames and tells how many arrived. */
export async function offer({ ns, clientAddress, nextHopMac }: Running, setup: Setup, offered: Offer): Promise<Arrived> {
  const from = { client: ns.client, device: CLIENT_DEVICE, clientAddress, nextHopMac };
  return sendStream({ ...from, server: ns.server, serverDevice: SERVER_DEVICE, serverAddress: SERVER_ADDRESS }, setup, offered);
}

export async function sendStream(stream: Stream, { folder, placement }: Setup, offered: Offer): Promise<Arrived> {
  const { seconds, size, flows, rate } = offered;
  const settle = 0.2 + (flows.addresses * flows.ports) / NEW_FLOWS_PER_SECOND;
  const programs = `${repository}/out/bench/ref`;
  const count = ['--device', stream.serverDevice, '--seconds', String(seconds), '--settle', String(settle)];
  const sink = start(`${folder}/sink.log`, 'ip', pinnedInside(stream.server, placement.serverCpus, `${programs}/sink`, ...count));
  await untilOutput(sink, /ready/, 5);
  const target = ['--to-mac', stream.nextHopMac, '--to', `${stream.serverAddress}:${SERVER_PORTS}`, '--size', String(size)];
  const sources = ['--from', `${stream.clientAddress}+${flows.addresses}`, '--ports', `${FIRST_PORT}+${flows.ports}`];
  const pace = ['--seconds', String(seconds + 10), '--rate', String(rate)];
  const send = [`${programs}/generate`, '--device', stream.device, ...target, ...sources, ...pace];
  const generator = start(`${folder}/generate.log`, 'ip', pinnedInside(stream.client, placement.clientCpus, ...send));
  const status = await untilEnd(sink, seconds + 15);
  generator.stop();
  const result = /^\{.*\}$/m.exec(sink.output())?.[0];
  if (status !== 0 || result === undefined) throw new Error(`sink: ${sink.output()}${generator.output()}`);
  const { frames, pps } = JSON.parse(result) as { frames: number; pps: number };
  if (frames === 0) throw new Error(`no frame of ${size} octets arrived: ${generator.output()}`);
  type Sent = Record<'sent' | 'refused' | 'seconds' | 'system', number>;
  const { sent, refused, seconds: lasted, system } = JSON.parse(generator.output()) as Sent;
  return { pps, offered: (sent + refused) / lasted, senderNs: (system / sent) * 1e9 };
}
