/** Command line of the benches that run in memory: `--rounds N --only WORDS --help`. */
import { parseArgs } from 'node:util';
import { optionsOrEnd } from './harness.js';

export interface MemoryOptions {
  readonly rounds: number;
  /** True for a case that is wanted: none was named, or its name holds one of the words. */
  readonly wants: (name: string) => boolean;
  /** Only some cases run: for looking at, not for the record, unless they are to be merged. */
  readonly part: boolean;
  readonly merge: boolean;
}

/** Reads the arguments of `npm run bench -- KIND`. Prints help or what is wrong, and ends the process then. */
export function memoryOptions(kind: string, cases: readonly string[]): MemoryOptions {
  const help = `usage: npm run bench -- ${kind} [options]

  --rounds N     measurements of each case; their median counts (default 9)
  --only WORDS   only cases whose names hold one of these, separated by commas; nothing is written then, without --merge:
${cases.map((name) => `                   ${name}\n`).join('')}  --merge        keep what bench/results/${kind}.json has of other cases
  --help

example: npm run bench -- ${kind} --rounds 3
`;
  return optionsOrEnd(parse(), help);

  function parse(): MemoryOptions | string {
    const text = { type: 'string' } as const;
    let given: {
      rounds?: string | undefined;
      only?: string | undefined;
      help?: boolean | undefined;
      merge?: boolean | undefined;
    };
    try {
      given = parseArgs({ options: { rounds: text, only: text, help: { type: 'boolean' }, merge: { type: 'boolean' } } }).values;
    } catch (error) {
      return (error as Error).message;
    }
    if (given.help === true) return 'help';
    const rounds = Number(given.rounds ?? 9);
    if (!Number.isInteger(rounds) || rounds < 1) return `--rounds: "${given.rounds}" is no number from 1 on`;
    const words = (given.only ?? '').split(',').filter((word) => word !== '');
    const wants = (name: string) => words.length === 0 || words.some((word) => name.includes(word));
    return { rounds, wants, part: words.length > 0, merge: given.merge === true };
  }
}
