#!/usr/bin/env node
/**
 * Where every id of the specifications stands: node scripts/acceptance.mjs [--kinds a,b]
 *
 * test/acceptance.yaml says which ids this version claims. The tests whose names carry such an id are run, and one line per id
 * is printed: `Z06 pass|fail|missing|later|no  <test files>`. With --kinds only tests of those folders below test/ are run, and
 * ids shown elsewhere count as missing. Every combination of a scenario is run, and property tests draw for minutes, as with
 * "npm test -- --all --long". Exit code 0 when every `now` id passes, 1 otherwise, 2 for a wrong command line.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));
const compiled = join(checkout, 'out', 'test');
/** These build interfaces and namespaces of the machine: one file at a time, last. */
const ONE_AT_A_TIME = new Set(['system']);
const LIMIT_MS = 30 * 60_000;
process.env.WINDROSE_TEST_LONG ??= '1';

function wrong(fault) {
  process.stderr.write(`acceptance: ${fault}\nusage: npm run acceptance [-- --kinds a,b]\n`);
  process.exit(2);
}

function wantedKinds(args) {
  if (args.length === 0) return undefined;
  const [option, list] = args[0].includes('=') ? args[0].split('=') : args;
  if (option !== '--kinds' || list === undefined) wrong(`unknown option ${args[0]}`);
  return list.split(',');
}

const status = parse(readFileSync(join(checkout, 'test', 'acceptance.yaml'), 'utf8'));
for (const [id, said] of Object.entries(status)) {
  if (said !== 'now' && !/^(later|no) ./.test(said)) wrong(`test/acceptance.yaml: ${id} has no status`);
}

/** Ids that a text names and the list knows. `ids` of a name in reading order. */
const ID = /\b(?:[FZVISGH]\d{1,2}[a-z]?|[A-Z]{3}-\d{1,2})\b/g;
const idsIn = (text) => [...new Set(text.match(ID) ?? [])].filter((id) => Object.hasOwn(status, id));

const kinds = wantedKinds(process.argv.slice(2));
if (!existsSync(compiled)) wrong('nothing is compiled, run "npm run build" first');
const files = readdirSync(compiled, { recursive: true })
  .filter((name) => name.endsWith('.test.js') && existsSync(join(checkout, 'test', name.replace(/\.js$/, '.ts'))))
  .filter((name) => kinds === undefined || kinds.includes(name.split('/')[0]))
  .filter((name) => idsIn(readFileSync(join(compiled, name), 'utf8')).length > 0)
  .sort();

/** id -> { pass, fail } of the tests that carry it; the files are those in whose text it stands. */
const shown = new Map();
const filesOf = new Map();
for (const name of files) {
  for (const id of idsIn(readFileSync(join(compiled, name), 'utf8'))) {
    filesOf.set(id, [...(filesOf.get(id) ?? []), name.replace(/\.js$/, '.ts')]);
  }
}

function note(event) {
  const { name, skip, todo } = event.data;
  if (skip !== undefined || todo !== undefined) return;
  for (const id of idsIn(name)) {
    const entry = shown.get(id) ?? { pass: 0, fail: 0 };
    entry[event.type === 'test:pass' ? 'pass' : 'fail']++;
    shown.set(id, entry);
  }
  if (event.type === 'test:fail') process.stderr.write(`failed: ${name}\n`);
}

async function runAll(names, concurrency) {
  if (names.length === 0) return;
  const events = run({ files: names.map((name) => join(compiled, name)), concurrency, timeout: LIMIT_MS });
  for await (const event of events) if (event.type === 'test:pass' || event.type === 'test:fail') note(event);
}

const alone = (name) => ONE_AT_A_TIME.has(name.split('/')[0]);
await runAll(
  files.filter((name) => !alone(name)),
  2,
);
await runAll(files.filter(alone), 1);

const counts = { pass: 0, fail: 0, missing: 0, later: 0, no: 0 };
for (const [id, said] of Object.entries(status)) {
  const entry = shown.get(id);
  const word = said === 'now' ? (entry === undefined ? 'missing' : entry.fail > 0 ? 'fail' : 'pass') : said.split(' ', 1)[0];
  counts[word]++;
  const where = said === 'now' ? (filesOf.get(id) ?? []).join(' ') : said.slice(word.length + 1);
  process.stdout.write(`${id.padEnd(7)} ${word.padEnd(7)}  ${where}\n`);
}
process.stdout.write(
  `\n${Object.entries(counts)
    .map(([word, n]) => `${n} ${word}`)
    .join(', ')}\n`,
);
process.exit(counts.fail + counts.missing > 0 ? 1 : 0);
