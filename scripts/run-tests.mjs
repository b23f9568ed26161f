#!/usr/bin/env node
/**
 * Runs the compiled tests: node scripts/run-tests.mjs [--kinds a,b] [--workers n,m] [word ...]
 *
 * A kind is the first folder below test/. Kinds run their files side by side, one for each CPU; then come the system scenarios
 * (real traffic), three files at a time because they mostly wait, and at last those of them that stay alone (ALONE). Words keep
 * the files with one of them in their path. With --workers every scenario runs with so many workers, on all kinds of devices.
 * The output is that of node:test, with one summary for all and a closing line. Exit code 0 when nothing failed, 1 otherwise, 2 for a wrong command line, 130 or 143 after a signal.
 */
import { setMaxListeners } from 'node:events';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from 'node:test';
import { spec as Spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));
const compiled = join(checkout, 'out', 'test');
const MINUTE_MS = 60_000;
/** Scenarios at the same time. */
const SCENARIOS = 3;
/**
 * Scenarios that a second one beside them would falsify, by the beginning of their path below test/system, and what they judge.
 * Every other one shares no name, address, port or file with the next (test/system/README.md).
 */
const ALONE = new Map([
  ['control-socket/hostile', 'a stream loses no more than one datagram in a thousand'],
  ['host-limits/flood', 'all of 50,000 frames arrive within the time of a half-open connection'],
  ['isolation/', 'rates between two hosts while a third one does all it can'],
  ['metrics/', 'rates by a scraper that must not come late'],
  ['migration/', 'for how long a guest that moves is without an answer'],
  ['reload/load', 'no frame is lost at half of what the machine can carry'],
  ['reload/order', 'a stream of 500 Mbit/s never stands still'],
  ['scale/', 'memory, and 40,000 new flows a second'],
  ['several-workers/severalWorkers', 'which worker does how much'],
  ['soak/soak', 'memory, and a steady rate of connections'],
  ['throughput/', 'rates and losses'],
  ['worker-fault/hang', 'the time of a recovery'],
  ['worker-fault/workerFault', 'the time of a recovery under load'],
]);
/**
 * A gateway spends most of its start on its warm-up, which is for its pace alone. Scenarios that stand side by side judge no
 * pace, and make do with so many frames (src/control/warmUpWorld.ts).
 */
const SHORT_WARM_UP = '2048';

/** Kinds and words of the command line. */
function parse(args) {
  const wanted = { kinds: undefined, workers: undefined, words: [] };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--kinds') wanted.kinds = (args[++i] ?? '').split(',').filter((kind) => kind !== '');
    else if (args[i].startsWith('--kinds=')) wanted.kinds = args[i].slice(8).split(',');
    else if (args[i] === '--workers') wanted.workers = workerNumbers(args[++i]);
    else if (args[i].startsWith('-')) usage(`unknown option ${args[i]}`);
    else wanted.words.push(args[i]);
  }
  return wanted;
}

/** "1,2,4" as it came, for the scenarios (test/system/support/scenario.ts). */
function workerNumbers(text = '') {
  if (!/^[1-9]\d?(,[1-9]\d?)*$/.test(text)) usage(`--workers: "${text}" is no list of numbers like 1,2,4`);
  return text;
}

function usage(fault) {
  process.stderr.write(`run-tests: ${fault}\nusage: npm test [-- [--kinds a,b] [--workers n,m] [word ...]]\n`);
  process.exit(2);
}

/** Compiled test files below out/test with their source still there; the others are removed, or a deleted test would go on running. */
function testFiles() {
  if (!existsSync(compiled)) usage('nothing is compiled, run "npm run build" first');
  const names = readdirSync(compiled, { recursive: true }).filter((name) => name.endsWith('.test.js'));
  return names.sort().filter((name) => {
    if (existsSync(join(checkout, 'test', name.replace(/\.js$/, '.ts')))) return true;
    rmSync(join(compiled, name));
    rmSync(join(compiled, `${name}.map`), { force: true });
    return false;
  });
}

/** First folder of a path below test/. */
function kindOf(name) {
  return name.split('/')[0];
}

/** How a file is run: first of all 'together', then 'beside' a second one, then 'alone'. */
function wayOf(name) {
  if (kindOf(name) !== 'system') return 'together';
  return [...ALONE.keys()].some((path) => name.startsWith(`system/${path}`)) ? 'alone' : 'beside';
}

/** The lines node:test ends a run with; those of several runs are added up. */
const totals = new Map();
const SUMMARY = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/;
const stopping = new AbortController();
// Every test file listens to it; more than ten would draw a warning.
setMaxListeners(0, stopping.signal);
let signalled = 0;

/** Runs files, `width` at a time, into the common report. */
async function runGroup(report, names, width, limitMs) {
  if (names.length === 0 || stopping.signal.aborted) return;
  const files = names.map((name) => join(compiled, name));
  const events = run({ files, concurrency: width, timeout: limitMs, signal: stopping.signal });
  for await (const event of events) {
    const summary = event.type === 'test:diagnostic' && event.data.nesting === 0 ? SUMMARY.exec(event.data.message) : null;
    if (summary !== null) totals.set(summary[1], (totals.get(summary[1]) ?? 0) + Number(summary[2]));
    else if (event.type !== 'test:summary') report.write(event);
  }
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
]) {
  process.on(signal, () => {
    signalled = code;
    stopping.abort();
  });
}

const { kinds, workers, words } = parse(process.argv.slice(2));
if (workers !== undefined) process.env.WINDROSE_TEST_WORKERS = workers;
const chosen = testFiles().filter((name) => {
  const path = join('test', name);
  return (
    (kinds === undefined || kinds.includes(kindOf(name))) && (words.length === 0 || words.some((word) => path.includes(word)))
  );
});
if (chosen.length === 0) usage('no test file matches');

const report = new Spec();
report.pipe(process.stdout);
const written = new Promise((resolve) => report.on('end', resolve));
const those = (way) => chosen.filter((name) => wayOf(name) === way);
await runGroup(report, those('together'), availableParallelism(), 10 * MINUTE_MS);
const { WINDROSE_WARM_UP_FRAMES: warmUp } = process.env;
process.env.WINDROSE_WARM_UP_FRAMES = warmUp ?? SHORT_WARM_UP;
await runGroup(report, those('beside'), SCENARIOS, 30 * MINUTE_MS);
if (warmUp === undefined) delete process.env.WINDROSE_WARM_UP_FRAMES;
await runGroup(report, those('alone'), 1, 30 * MINUTE_MS);
for (const [word, sum] of totals) report.write({ type: 'test:diagnostic', data: { nesting: 0, message: `${word} ${sum}` } });
report.end();
await written;

const count = (word) => totals.get(word) ?? 0;
const failed = count('fail') + count('cancelled');
process.stdout.write(`\n${count('pass')} passed, ${failed} failed, ${count('skipped')} skipped\n`);
process.exit(signalled || (failed > 0 || count('pass') === 0 ? 1 : 0));
