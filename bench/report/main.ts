/** Rewrites the marked parts of docs/performance.md from bench/results: `npm run bench -- report`. With --check it only compares. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../harness.js';
import { rewritten } from './page.js';
import { readResults } from './results.js';

const helpText = `usage: npm run bench -- report [--check]

Rewrites the marked parts of docs/performance.md from bench/results/*.json.

  --check   write nothing; exit code 1 when the page is out of date
  --help

examples:
  npm run bench -- report
  npm run bench -- report --check
`;

function main(args: readonly string[]): number {
  if (args.includes('--help')) {
    process.stdout.write(helpText);
    return 0;
  }
  if (args.some((arg) => arg !== '--check')) {
    process.stderr.write(helpText);
    return 2;
  }
  const path = join(repository, 'docs/performance.md');
  const before = readFileSync(path, 'utf8');
  const after = rewritten(before, readResults());
  if (before === after) process.stdout.write('docs/performance.md is up to date\n');
  else if (args.includes('--check')) {
    process.stderr.write('docs/performance.md is out of date: npm run bench -- report\n');
    return 1;
  } else {
    writeFileSync(path, after);
    process.stdout.write('docs/performance.md rewritten\n');
  }
  return 0;
}

process.exitCode = main(process.argv.slice(2));
