/** Compares bench/results with bench/baseline.json, or writes the latter: `npm run bench -- compare`. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repository } from '../harness.js';
import { readResults } from '../report/results.js';
import { type Baseline, baselineOf, compare, textOf } from './baseline.js';

const helpText = `usage: npm run bench -- compare [options]

Compares the ratios in bench/results/*.json with those in bench/baseline.json: better, same, worse, each within a tolerance of its own.
Run the benches first, on a quiet machine. The tables bench has no ratios and is not compared.

  --strict   exit code 1 when anything is worse
  --update   write the present ratios, with tolerances from the spread of their rounds, to bench/baseline.json
  --help

examples:
  npm run bench -- compare
  npm run bench -- compare --strict
  npm run bench -- compare --update
`;

const file = join(repository, 'bench/baseline.json');

function main(args: string[]): number {
  let given: Record<string, boolean | undefined>;
  try {
    const flag = { type: 'boolean' } as const;
    given = parseArgs({ args, options: { strict: flag, update: flag, help: flag } }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${helpText}`);
    return 2;
  }
  if (given.help) {
    process.stdout.write(helpText);
    return 0;
  }
  const results = readResults();
  if (given.update) {
    const baseline = baselineOf(results.values(), new Date().toISOString());
    writeFileSync(file, `${JSON.stringify(baseline, null, 2)}\n`);
    process.stdout.write(`bench/baseline.json: ${baseline.kept.length} ratios\n`);
    return 0;
  }
  if (!existsSync(file)) {
    process.stderr.write('bench/baseline.json is missing: npm run bench -- compare --update\n');
    return 1;
  }
  const lines = compare(JSON.parse(readFileSync(file, 'utf8')) as Baseline, results.values());
  process.stdout.write(`${textOf(lines)}\n`);
  return given.strict && lines.some(({ judgement }) => judgement === 'worse') ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
