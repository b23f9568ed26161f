import { join } from 'node:path';
import { pause, runLong, start, untilOutput } from './processes.js';
import { step } from './progress.js';
import { inside, type World } from './world.js';

/** TCP throughput in a demo, by iperf3. */

export interface IperfRun {
  /** Progress line. */
  readonly name: string;
  /** Namespace of the client, and address of the server. */
  readonly from: string;
  readonly to: string;
  readonly flows: number;
  readonly seconds: number;
  /** The server sends. */
  readonly reverse?: boolean;
}

/** What a server says that has not done with the run before, and how long it may take to on a busy machine. */
const NOT_FREE = /server is busy|unable to connect.*reset by peer/;
const FREE_MS = 10_000;

/** Starts a server that listens on one address of a namespace. */
export async function startIperfServer({ folder }: World, namespace: string, address: string): Promise<void> {
  const server = start(join(folder, 'iperf3.log'), ...inside(namespace, 'iperf3', '-s', '-B', address, '--forceflush'));
  await untilOutput(server, 'iperf3 -s', /listening/i, 5000);
}

/** One run with its progress line. Bits per second of payload that arrived. Throws one line when none does. */
export function iperf(measured: IperfRun): Promise<number> {
  return step(measured.name, () => throughput(measured), gbits);
}

async function throughput({ from, to, flows, seconds: usual, reverse }: IperfRun): Promise<number> {
  // A test of the demo wants to see that it measures, not what.
  const seconds = Number(process.env.WINDROSE_DEMO_SECONDS) || usual;
  const options = ['-P', String(flows), '-t', String(seconds), '-J', ...(reverse ? ['-R'] : [])];
  for (const end = Date.now() + FREE_MS; ; await pause(200)) {
    const said = await runLong((seconds + 10) * 1000, ...inside(from, 'iperf3', '-c', to, ...options));
    const { error, end: sums } = JSON.parse(said) as { error?: string; end?: { sum_received?: { bits_per_second?: number } } };
    const bits = sums?.sum_received?.bits_per_second ?? 0;
    if (error === undefined && bits > 0) return bits;
    if (!NOT_FREE.test(error ?? '') || Date.now() > end) throw new Error(`iperf3: ${error ?? 'nothing arrived'}`);
  }
}

export function gbits(bitsPerSecond: number): string {
  return `${(bitsPerSecond / 1e9).toFixed(2)} Gbit/s`;
}
