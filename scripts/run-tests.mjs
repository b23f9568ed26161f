#!/usr/bin/env node
/**
 * Runs the compiled tests: node scripts/run-tests.mjs [--kinds a,b] [--workers n,m] [--all | --draw n] [--long] [--once] [--keep-times] [word ...]
 *
 * A kind is the first folder below test/. Files run side by side, two more than there are CPUs, for some wait; then come the system scenarios (real
 * traffic), four at a time because they mostly wait, some in pairs, and at last those of them that stay alone (test-plan.mjs). Words keep the files with one
 * of them in their path.
 *
 * A scenario has combinations, of devices and numbers of workers. A run of everything takes one of each, which the number of commits draws, so
 * that the next commit takes the next; --draw repeats one, --all takes every one, as words do. With --workers every scenario runs with so many
 * workers, on all kinds of devices. Property tests draw for some seconds, with --long for minutes. --keep-times writes test/times.json.
 * At the end files in which a test failed are run a second time, alone, unless --once is given: which those are, and when not, says test-again.mjs.
 * The output is that of node:test, with one summary for all and a closing line. Exit code 0 when nothing failed or all of it passed the second time, 1 otherwise, 2 for a wrong command line, 130 or 143 after a signal.
 */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { spec as Spec } from 'node:test/reporters';
import { AGAIN_AT_MOST, hasFailed, settle, sourceOf, toRunAgain } from './test-again.mjs';
import { keepTimes, kindOf, plan, testFiles, writeBundles } from './test-plan.mjs';
import { runGroup, stoppedBy } from './test-processes.mjs';

const MINUTE_MS = 60_000;
/** Scenarios at the same time. */
const SCENARIOS = 4;
/**
 * A gateway spends most of its start on its warm-up, which is for its pace alone. Scenarios that stand side by side judge no
 * pace, and make do with so many frames (src/control/warmUpWorld.ts).
 */
const SHORT_WARM_UP = '256';
const USAGE = 'npm test [-- [--kinds a,b] [--workers n,m] [--all | --draw n] [--long] [--once] [--keep-times] [word ...]]';

/** Kinds, words and options of the command line. */
function parse(args) {
  const wanted = { kinds: undefined, workers: undefined, draw: undefined, long: false, once: false, keep: false, words: [] };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--kinds') wanted.kinds = (args[++i] ?? '').split(',').filter((kind) => kind !== '');
    else if (args[i].startsWith('--kinds=')) wanted.kinds = args[i].slice(8).split(',');
    else if (args[i] === '--workers') wanted.workers = workerNumbers(args[++i]);
    else if (args[i] === '--all') wanted.draw = 'all';
    else if (args[i] === '--draw') wanted.draw = drawNumber(args[++i]);
    else if (args[i] === '--long') wanted.long = true;
    else if (args[i] === '--once') wanted.once = true;
    else if (args[i] === '--keep-times') wanted.keep = true;
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

function drawNumber(text = '') {
  if (!/^\d{1,9}$/.test(text)) usage(`--draw: "${text}" is no whole number`);
  return text;
}

function usage(fault) {
  process.stderr.write(`run-tests: ${fault}\nusage: ${USAGE}\n`);
  process.exit(2);
}

/** How many commits there are; without a repository the days since 1970. */
function drawOfToday() {
  try {
    return execFileSync('git', ['rev-list', '--count', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return String(Math.floor(Date.now() / 86_400_000));
  }
}

const { kinds, workers, draw, long, once, keep, words } = parse(process.argv.slice(2));
const drawn = draw ?? (words.length > 0 ? 'all' : drawOfToday());
process.env.WINDROSE_TEST_DRAW = drawn;
if (workers !== undefined) process.env.WINDROSE_TEST_WORKERS = workers;
if (long) process.env.WINDROSE_TEST_LONG = '1';
const all = testFiles();
if (all.length === 0) usage('nothing is compiled, run "npm run build" first');
const chosen = all.filter((name) => {
  const path = join('test', name);
  return (
    (kinds === undefined || kinds.includes(kindOf(name))) && (words.length === 0 || words.some((word) => path.includes(word)))
  );
});
if (chosen.length === 0) usage('no test file matches');
if (drawn !== 'all')
  process.stdout.write(`one combination of each scenario is drawn: --draw ${drawn} is this one again, --all is every one\n`);

const report = new Spec();
report.pipe(process.stdout);
const written = new Promise((resolve) => report.on('end', resolve));
const { together, beside, pairs, alone } = plan(chosen, words.length === 0);
if (words.length === 0) writeBundles(together);
/** Seconds of each way. */
const lasted = new Map();
/** The processes of one way; resolves to what came of them. */
const group = async (what, processes, width, minutes) => {
  const began = performance.now();
  const outcomes = await runGroup(report, processes, width, minutes * MINUTE_MS);
  if (processes.length > 0) lasted.set(`seconds ${what}`, Math.round((performance.now() - began) / 1000));
  return outcomes;
};
const say = (message) => report.write({ type: 'test:diagnostic', data: { nesting: 0, message } });

const outcomes = await group('together', together, availableParallelism() + 2, 10);
const { WINDROSE_WARM_UP_FRAMES: warmUp } = process.env;
process.env.WINDROSE_WARM_UP_FRAMES = warmUp ?? SHORT_WARM_UP;
outcomes.push(...(await group('beside each other', beside, SCENARIOS, 30)));
outcomes.push(...(await group('in pairs', pairs, 2, 30)));
if (warmUp === undefined) delete process.env.WINDROSE_WARM_UP_FRAMES;
outcomes.push(...(await group('alone', alone, 1, 30)));

const again = once || stoppedBy() !== 0 ? [] : toRunAgain(outcomes).map(({ one }) => one);
if (again.length > 0) say(`a test failed in them, so they are run once more, alone: ${again.map(sourceOf).join(', ')}`);
const { settled, said } = settle(outcomes, await group('once more', again, 1, 30));
const failing = outcomes.filter(hasFailed).length;
if (!once && failing > AGAIN_AT_MOST) said.push(`${failing} files failed: more than ${AGAIN_AT_MOST} are not run again`);

/** Names of the summary with their sums. */
const totals = new Map();
for (const { counts } of settled) for (const [word, sum] of counts) totals.set(word, (totals.get(word) ?? 0) + sum);
for (const [word, sum] of [...totals, ...lasted]) say(`${word} ${sum}`);
report.end();
await written;
// A file in which a test failed took what no other run will take.
const took = outcomes.filter((outcome) => !hasFailed(outcome)).flatMap(({ seconds }) => [...seconds]);
if (keep && stoppedBy() === 0) keepTimes(took);

const count = (word) => totals.get(word) ?? 0;
const failed = count('fail') + count('cancelled');
process.stdout.write(`\n${said.map((line) => `${line}\n`).join('')}`);
process.stdout.write(`${count('pass')} passed, ${failed} failed, ${count('skipped')} skipped\n`);
process.exit(stoppedBy() || (failed > 0 || count('pass') === 0 ? 1 : 0));
