/**
 * What a second worker adds (D38): two of ours at once against two C references at once, in turns with one of each alone. Nothing is
 * shared between two workers but caches and memory, so what counts is how much more two do than one, for us and for C.
 */
import { join } from 'node:path';
import { Child } from './child.js';

const SESSIONS = 65_536;
const BURSTS = 4096;

/** Million frames a second of each round, by how many ran at once. */
export interface Scaling {
  readonly one: number[];
  readonly two: number[];
}

export interface SecondWorker {
  readonly windrose: Scaling;
  readonly reference: Scaling;
}

/** `known` is the script of our side, `reference` the program of the other; `folder` takes their worlds. */
export async function secondWorker(known: string, reference: string, folder: string, rounds: number): Promise<SecondWorker> {
  const worlds = ['first', 'second'].map((name) => join(folder, name));
  const ours = worlds.map((world) => new Child(process.execPath, [known, String(SESSIONS), String(BURSTS), world]));
  for (const child of ours) await child.line();
  const theirs = worlds.map((world) => new Child(reference, [world]));
  const result = { windrose: { one: [], two: [] }, reference: { one: [], two: [] } } satisfies SecondWorker;
  const cases: [Scaling, Child[]][] = [
    [result.windrose, ours],
    [result.reference, theirs],
  ];
  for (let r = -1; r < rounds; r++) {
    for (const [scaling, pair] of r % 2 === 0 ? cases : [...cases].reverse()) {
      const one = await speedOf(pair.slice(0, 1));
      const two = await speedOf(pair);
      if (r < 0) continue;
      scaling.one.push(one);
      scaling.two.push(two);
    }
  }
  for (const child of [...ours, ...theirs]) await child.close();
  return result;
}

/** All of them at once. */
async function speedOf(children: readonly Child[]): Promise<number> {
  const rounds = await Promise.all(children.map((child) => child.ask<{ ns: number }>('round')));
  return rounds.reduce((sum, { ns }) => sum + 1000 / ns, 0);
}
