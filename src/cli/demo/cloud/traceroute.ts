import { runLong } from '../processes.js';
import { inside } from '../world.js';

/** Who answers echo requests with a TTL of 1, 2, ... until the target itself does; "none" for one that nobody answers. Throws after eight. */
export async function traceroute(netns: string, target: string): Promise<string[]> {
  const hops: string[] = [];
  for (let ttl = 1; ttl <= 8; ttl++) {
    const said = await runLong(5000, ...inside(netns, 'sh', '-c', `ping -n -c 1 -W 2 -t ${ttl} ${target} || true`));
    hops.push(/^(?:From|\d+ bytes from) ([\d.]+)/m.exec(said)?.[1] ?? 'none');
    if (hops.at(-1) === target) return hops;
  }
  throw new Error(`no way to ${target} in eight hops: ${hops.join(', ')}`);
}

/** Throws one line unless the hops are these. */
export function checkHops(seen: readonly string[], wanted: readonly string[]): void {
  if (seen.join() !== wanted.join()) throw new Error(`expected ${wanted.join(', ')}, seen ${seen.join(', ')}`);
}
