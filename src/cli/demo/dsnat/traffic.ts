import { join } from 'node:path';
import { peer } from '../gateway.js';
import { startIperfServer } from '../iperf.js';
import { runLong, start, untilOutput } from '../processes.js';
import { inside } from '../world.js';
import { type DsnatWorld, SERVER } from './setUp.js';

/** Traffic of the demo: ping and short connections. Every function throws one line when the traffic does not get through. */

const ECHO_PORT = '7000';

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
  const echo = start(join(world.folder, 'echo.log'), ...peer(world.server, 'serve', ECHO_PORT));
  await Promise.all([untilOutput(echo, 'the server', /listening/, 5000), startIperfServer(world, world.server, SERVER)]);
}

/** The addresses the server saw in `times` connections, one after the other. */
export async function addressesSeen(namespace: string, times: number): Promise<string[]> {
  return (await runLong(20_000, ...peer(namespace, 'ask', SERVER, ECHO_PORT, String(times)))).trim().split('\n');
}

/** Throws unless the addresses are exactly `zone`'s, in turns, wherever the turn began. */
export function checkRotation(seen: readonly string[], zone: readonly string[]): void {
  const first = zone.indexOf(seen[0]!);
  const inTurn = first >= 0 && seen.every((address, i) => address === zone[(first + i) % zone.length]);
  if (!inTurn) throw new Error(`the server should have seen ${zone.join(', ')} in turns, it saw ${seen.join(', ')}`);
}
