import { join } from 'node:path';
import { peer } from './gateway.js';
import { runLong, start, untilOutput } from './processes.js';
import type { World } from './world.js';

/** Short connections in a demo, to a server that tells a caller its address. */

const PORT = '7000';

/** Starts the server in a namespace. */
export async function startEcho({ folder }: World, namespace: string): Promise<void> {
  await untilOutput(start(join(folder, 'echo.log'), ...peer(namespace, 'serve', PORT)), 'the server', /listening/, 5000);
}

/** The addresses the server saw in `times` connections, one after the other. */
export async function addressesSeen(namespace: string, server: string, times: number): Promise<string[]> {
  return (await runLong(20_000, ...peer(namespace, 'ask', server, PORT, String(times)))).trim().split('\n');
}

/** Throws unless the addresses are exactly `zone`'s, in turns, wherever the turn began. */
export function checkRotation(seen: readonly string[], zone: readonly string[]): void {
  const first = zone.indexOf(seen[0]!);
  const inTurn = first >= 0 && seen.every((address, i) => address === zone[(first + i) % zone.length]);
  if (!inTurn) throw new Error(`the server should have seen ${zone.join(', ')} in turns, it saw ${seen.join(', ')}`);
}

/** "server saw 1.2.100.1 .2 .1" */
export function seenText(addresses: readonly string[]): string {
  const shown = addresses.map((address, i) => (i === 0 ? address : address.slice(address.lastIndexOf('.'))));
  return `server saw ${shown.join(' ')}`;
}

/** "1.2.100.1 x 3, 1.2.100.2 x 3" */
export function countedText(addresses: readonly string[]): string {
  const times = new Map<string, number>();
  for (const address of addresses) times.set(address, (times.get(address) ?? 0) + 1);
  return [...times.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([address, count]) => `${address} x ${count}`)
    .join(', ');
}
