import { join } from 'node:path';
import { runLong, start, untilOutput } from './processes.js';
import { peer, SERVER } from './setUp.js';
import { inside, type World } from './world.js';

/** Traffic of the demo: ping, short connections, iperf3. Every function throws one line when the traffic does not get through. */

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
export async function startServers({ server, folder }: World): Promise<void> {
  const echo = start(join(folder, 'echo.log'), ...peer(server, 'serve', ECHO_PORT));
  const iperf = start(join(folder, 'iperf3.log'), ...inside(server, 'iperf3', '-s', '-B', SERVER, '--forceflush'));
  await untilOutput(echo, 'the server', /listening/, 5000);
  await untilOutput(iperf, 'iperf3 -s', /listening/i, 5000);
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

export type Direction = 'out' | 'in';

/** iperf3 TCP through the gateway; "in" is from the server to the client. Bits per second that arrived. */
export async function throughput(namespace: string, flows: number, direction: Direction, seconds: number): Promise<number> {
  const options = ['-P', String(flows), '-t', String(seconds), '-J', ...(direction === 'in' ? ['-R'] : [])];
  const said = await runLong((seconds + 10) * 1000, ...inside(namespace, 'iperf3', '-c', SERVER, ...options));
  const result = JSON.parse(said) as { error?: string; end?: { sum_received?: { bits_per_second?: number } } };
  const bits = result.end?.sum_received?.bits_per_second ?? 0;
  if (result.error !== undefined || bits <= 0) throw new Error(`iperf3: ${result.error ?? 'nothing arrived'}`);
  return bits;
}
