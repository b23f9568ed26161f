/** Command line of the benches that run in memory: `--rounds N --only WORDS --help`. */
import { parseArgs } from 'node:util';

export interface MemoryOptions {
  readonly rounds: number;
  /** True for a case that is wanted: none was named, or its name holds one of the words. */
  readonly wants: (name: string) => boolean;
  /** Only some cases run: that is for looking at, not for the record. */
  readonly part: boolean;
}

/** Reads the arguments of `npm run bench -- KIND`. Prints help or what is wrong, and ends the process then. */
export function memoryOptions(kind: string, cases: readonly string[]): MemoryOptions {
  const help = `usage: npm run bench -- ${kind} [options]

  --rounds N     measurements of each case; their median counts (default 9)
  --only WORDS   only cases whose names hold one of these, separated by commas; nothing is written then:
${cases.map((name) => `                   ${name}\n`).join('')}  --help

example: npm run bench -- ${kind} --rounds 3
`;
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({ options: { rounds: text, only: text, help: { type: 'boolean' } } });
    if (values.help === true) {
      process.stdout.write(help);
      process.exit(0);
    }
    const rounds = Number(values.rounds ?? 9);
    if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds: "${values.rounds}" is no number from 1 on`);
    const words = (values.only ?? '').split(',').filter((word) => word !== '');
    return { rounds, wants: (name) => words.length === 0 || words.some((word) => name.includes(word)), part: words.length > 0 };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${help}`);
    return process.exit(2);
  }
}
