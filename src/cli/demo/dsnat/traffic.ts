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

/** Echo requests, 20 a second. One lost is a failure: nothing here may lose a packet. */
export async function ping(namespace: string, address: string, times: number): Promise<RoundTrip> {
  const said = await runLong(20_000, ...inside(namespace, 'ping', '-n', '-c', String(times), '-i', '0.05', '-W', '2', address));
  const millis = [...said.matchAll(/time=([\d.]+) ms/g)].map((match) => Number(match[1])).sort((a, b) => a - b);
  if (millis.length < times) throw new Error(`${times - millis.length} of ${times} pings to ${address} were lost`);
  return { sent: times, received: millis.length, medianMs: millis[millis.length >> 1]! };
}

/** Starts the server that tells a caller its address, and iperf3's. */
export async function startServers(world: DsnatWorld): Promise<void> {
  await Promise.all([startEcho(world, world.server), startIperfServer(world, world.server, SERVER)]);
}
