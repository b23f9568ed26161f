import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Compared } from './differential.js';
import type { Listed } from './listed.js';

/** Look-ups in each rule set. */
export const PER_SET = 100;
const PROCESSES = 2;

type Sum = Omit<Compared, 'answers' | 'listed'> & {
  readonly answers: readonly [string, number][];
  readonly listed: readonly [Listed, number][];
};

/** Compares `sets` rule sets, whose seeds begin with `seed`, in two processes, each with a namespace of its own. */
export async function compareInTwo(seed: number, sets: number, progress: (line: string) => void): Promise<Compared> {
  const each = Math.ceil(sets / PROCESSES);
  const parts = await Promise.all(Array.from({ length: PROCESSES }, (_, i) => part(seed + i * each, each, progress)));
  return {
    lookups: total(parts, (one) => one.lookups),
    lines: total(parts, (one) => one.lines),
    refused: total(parts, (one) => one.refused),
    answers: counts(parts.flatMap((one) => one.answers)),
    listed: counts(parts.flatMap((one) => one.listed)),
    faults: parts.flatMap((one) => one.faults),
  };
}

async function part(seed: number, sets: number, progress: (line: string) => void): Promise<Sum> {
  const file = fileURLToPath(new URL('./compareChild.js', import.meta.url));
  const child = spawn(process.execPath, [file, `${seed}`, `${sets}`, `${PER_SET}`], { stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = (): void => void child.kill('SIGTERM');
  process.once('exit', stop);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
    for (const line of chunk.split('\n')) if (line.startsWith('seed ')) progress(line);
  });
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  process.off('exit', stop);
  if (code !== 0) throw new Error(`comparing from seed ${seed} on ended with ${code}: ${said.slice(-4000)}`);
  return JSON.parse(printed) as Sum;
}

/** What was compared, in a few lines. */
export function summary({ lookups, lines, refused, answers, listed }: Compared): string[] {
  const written = (map: ReadonlyMap<string, number>): string =>
    [...map]
      .sort((a, b) => b[1] - a[1])
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  return [
    `${lookups} look-ups; ${refused} of ${lines} lines refused by the kernel`,
    `the kernel answered: ${written(answers)}`,
    `listed differences: ${written(listed)}`,
  ];
}

function total(parts: readonly Sum[], of: (sum: Sum) => number): number {
  return parts.reduce((sum, one) => sum + of(one), 0);
}

function counts<T>(pairs: readonly (readonly [T, number])[]): Map<T, number> {
  const sum = new Map<T, number>();
  for (const [name, count] of pairs) sum.set(name, (sum.get(name) ?? 0) + count);
  return sum;
}
