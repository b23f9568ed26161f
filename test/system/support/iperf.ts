import type { Bed } from './bed.js';
import { eventually } from './scenario.js';

/** Runs iperf3(1) between hosts of a bed and reads its JSON. */

export interface IperfReport {
  error?: string;
  intervals: {
    streams: { socket: number; end: number; bytes: number }[];
    sum: { start: number; end: number; bytes: number; omitted: boolean };
  }[];
  end: {
    streams: { sender?: { bytes: number }; receiver?: { bytes: number }; udp?: { bytes: number } }[];
    sum_sent: { bytes: number; bits_per_second: number; retransmits?: number };
    sum_received: { bytes: number; bits_per_second: number };
    sum_received_bidir_reverse?: { bytes: number; bits_per_second: number };
    /** UDP only. */
    sum?: { packets: number; lost_packets: number; lost_percent: number };
  };
}

/** When each stream of a failed run moved its last octet. */
function lastData({ intervals }: IperfReport): string {
  const last = new Map<number, number>();
  for (const { streams } of intervals) for (const { socket, end, bytes } of streams) if (bytes > 0) last.set(socket, end);
  return `last data at ${[...last.values()].map((seconds) => `${seconds.toFixed(1)} s`).join(', ') || 'no time'}`;
}

/** Starts a server on the host and waits until it listens. `through`: a command that runs it, such as "taskset -c 0 ". */
export async function iperfServer(
  bed: Pick<Bed, 'netns' | 'on' | 'sandbox'>,
  host: string,
  port = 5201,
  through = '',
): Promise<void> {
  const child = bed.sandbox.start(bed.netns(host), `${through}iperf3 -s -p ${port}`);
  // It prints a line per stream and second: a pipe nobody reads would stop it after some minutes.
  child.stdout!.resume();
  child.stderr!.resume();
  await eventually(
    () => bed.on(host, 'ss -Hltn'),
    (listening) => listening.includes(`:${port} `),
  );
}

/** Runs a client to its end without blocking. Throws with iperf3's own words when it fails. */
export function iperf(
  bed: Pick<Bed, 'netns' | 'on' | 'sandbox'>,
  host: string,
  args: string,
  through = '',
): Promise<IperfReport> {
  const child = bed.sandbox.start(bed.netns(host), `${through}iperf3 -J ${args}`);
  let text = '';
  child.stdout!.on('data', (part) => {
    text += part;
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code) => {
      try {
        const report = JSON.parse(text) as IperfReport;
        if (report.error !== undefined) reject(new Error(`iperf3 ${args}: ${report.error}; ${lastData(report)}`));
        else resolve(report);
      } catch {
        reject(new Error(`iperf3 ${args}: exit code ${code}\n${text}`));
      }
    });
  });
}
