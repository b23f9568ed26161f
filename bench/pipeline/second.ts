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

/** All of them at once, each for so many passes of some 25 ms. The first and the last do not count: not all of them run all the time then. */
const PASSES = 16;

async function speedOf(children: readonly Child[]): Promise<number> {
  const speeds = await Promise.all(
    children.map(async (child) => {
      const passes: number[] = [];
      for (let i = 0; i < PASSES; i++) passes.push((await child.ask<{ ns: number }>('round')).ns);
      const counted = passes.slice(1, -1);
      return (1000 * counted.length) / counted.reduce((sum, ns) => sum + ns, 0);
    }),
  );
  return speeds.reduce((sum, speed) => sum + speed, 0);
}
