import { startEcho } from '../connections.js';
import { startIperfServer } from '../iperf.js';
import { runLong } from '../processes.js';
import { inside } from '../world.js';
import { type DsnatWorld, SERVER } from './setUp.js';

/** Traffic of the demo. Every function throws one line when the traffic does not get through. */

export interface RoundTrip {
  readonly sent: number;
  readonly received: number;
  readonly medianMs: number;
}

/**
 * Echo requests, 20 a second. One lost is a failure: nothing here may lose a packet. Late is not lost: with a deadline ping waits until so many are
 * answered, and goes on asking; without one it gives the last answer only twice the round trip seen so far, which a busy machine exceeds.
 */
export async function ping(namespace: string, address: string, times: number): Promise<RoundTrip> {
  const said = await runLong(20_000, ...inside(namespace, 'ping', '-n', '-c', String(times), '-i', '0.05', '-w', '15', address));
  const answers = [...said.matchAll(/icmp_seq=(\d+) .*time=([\d.]+) ms/g)].filter(([, asked]) => Number(asked) <= times);
  if (answers.length < times) throw new Error(`${times - answers.length} of ${times} pings to ${address} were lost`);
  const millis = answers.map(([, , took]) => Number(took)).sort((a, b) => a - b);
  return { sent: times, received: millis.length, medianMs: millis[millis.length >> 1]! };
}

/** Starts the server that tells a caller its address, and iperf3's. */
export async function startServers(world: DsnatWorld): Promise<void> {
  await Promise.all([startEcho(world, world.server), startIperfServer(world, world.server, SERVER)]);
}
