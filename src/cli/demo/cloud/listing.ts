import { show } from '../gateway.js';
import type { CloudWorld } from './scene.js';
import type { Host } from './topology.js';

/** What an operator sees on the hosts of a demo. */

/** A listing under its command. */
export function listing(world: CloudWorld, { name }: Host, ...words: readonly string[]): string {
  return `${name}$ windrose show ${words.join(' ')} --name ${name}\n${show(world, name, ...words)}\n`;
}

/** Throws one line when a listing has other lines than these, in any order; spaces between columns do not count. */
export function expectLines(world: CloudWorld, { name }: Host, words: readonly string[], wanted: readonly string[]): void {
  const said = show(world, name, ...words)
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .filter((line) => line !== '');
  if (said.toSorted().join('\n') !== wanted.toSorted().join('\n'))
    throw new Error(`show ${words.join(' ')} on ${name}: expected ${wanted.join('; ')}, seen ${said.join('; ')}`);
}
