/** What run-tests.mjs runs: which files there are, which go together, and in what order. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));
const compiled = join(checkout, 'out', 'test');
const BUNDLES = join(compiled, 'bundles');
const TIMES = join(checkout, 'test', 'times.json');
/** Seconds of a file that nobody has measured. */
const UNKNOWN = 2;

/**
 * Scenarios that a second one beside them would falsify, by the beginning of their path below test/system, and what they judge.
 * Every other one shares no name, address, port or file with the next (test/system/README.md).
 */
const ALONE = new Map([
  ['control-socket/hostile', 'a stream loses no more than one datagram in a thousand'],
  ['host-limits/flood', 'all of 50,000 frames arrive within the time of a half-open connection'],
  ['isolation/', 'rates between two hosts while a third one does all it can'],
  ['reload/load', 'no frame is lost at half of what the machine can carry'],
  ['reload/order', 'a stream of 500 Mbit/s never stands still'],
  ['scale/', 'memory, and 40,000 new flows a second'],
  ['several-workers/severalWorkers', 'which worker does how much'],
  ['throughput/', 'rates and losses'],
  ['worker-fault/workerFault', 'the time of a recovery under load'],
]);

/** Those that judge a time and need little of the machine themselves: two at a time, as a third would make them late. */
const IN_PAIRS = new Map([
  ['metrics/', 'rates by a scraper that must not come late'],
  ['migration/', 'for how long a guest that moves is without an answer'],
  ['soak/soak', 'a steady rate of connections'],
  ['worker-fault/hang', 'the time of a recovery'],
]);

/**
 * Kinds whose files neither wait nor start anything nor change their process: many of them are one process, for loading the modules takes
 * longer than most of them run.
 */
export const PURE = new Set([
  ...['bench', 'config', 'errors', 'golden', 'objects', 'pipeline', 'property', 'resolve'],
  ...['routing', 'shared', 'switching', 'tables', 'types', 'wire'],
]);
/** Seconds of the tests of one process, so that no CPU waits for the last one. */
const BUNDLE_SECONDS = 20;

/** First folder of a path below test/. */
export function kindOf(name) {
  return name.split('/')[0];
}

/** Compiled test files below out/test with their source still there; the others are removed, or a deleted test would go on running. */
export function testFiles() {
  if (!existsSync(compiled)) return [];
  const names = readdirSync(compiled, { recursive: true }).filter((name) => name.endsWith('.test.js'));
  return names.sort().filter((name) => {
    if (existsSync(join(checkout, 'test', name.replace(/\.js$/, '.ts')))) return true;
    rmSync(join(compiled, name));
    rmSync(join(compiled, `${name}.map`), { force: true });
    return false;
  });
}

/** How a file is run: first of all 'together', then 'beside' others, 'in pairs', then 'alone'. */
function wayOf(name) {
  if (kindOf(name) !== 'system') return 'together';
  const isOneOf = (paths) => [...paths.keys()].some((path) => name.startsWith(`system/${path}`));
  return isOneOf(ALONE) ? 'alone' : isOneOf(IN_PAIRS) ? 'pairs' : 'beside';
}

/**
 * The processes of each way, as { file, names, seconds }: `file` is to be started, `names` are the test files that it has. The longest come
 * first, so that nothing long is left when all others have ended. With `whole` those of PURE are put together.
 */
export function plan(names, whole) {
  const known = readTimes();
  const seconds = (name) => known[name.replace(/\.test\.js$/, '')] ?? UNKNOWN;
  const single = (name) => ({ file: join(compiled, name), names: [name], seconds: seconds(name) });
  const apart = whole ? names.filter((name) => !PURE.has(kindOf(name))) : names;
  const processes = [...apart.map(single), ...bundles(whole ? names.filter((name) => !apart.includes(name)) : [], seconds)];
  const of = (way) =>
    processes.filter((one) => wayOf(one.names[0]) === way).sort((a, b) => b.seconds - a.seconds || (a.file < b.file ? -1 : 1));
  return { together: of('together'), beside: of('beside'), pairs: of('pairs'), alone: of('alone') };
}

/** Files of one kind by the processes they share. */
function bundles(names, seconds) {
  const made = [];
  for (const name of names) {
    const last = made.at(-1);
    if (last === undefined || last.kind !== kindOf(name) || last.seconds + seconds(name) > BUNDLE_SECONDS)
      made.push({ kind: kindOf(name), names: [name], seconds: seconds(name) });
    else {
      last.names.push(name);
      last.seconds += seconds(name);
    }
  }
  return made.map((one, i) => ({ ...one, file: join(BUNDLES, `${one.kind}${i}.mjs`) }));
}

/** Writes the files that import those which share a process. */
export function writeBundles(processes) {
  rmSync(BUNDLES, { recursive: true, force: true });
  mkdirSync(BUNDLES, { recursive: true });
  for (const { file, names } of processes)
    if (dirname(file) === BUNDLES) writeFileSync(file, names.map((name) => `await import('../${name}');\n`).join(''));
}

function readTimes() {
  return existsSync(TIMES) ? JSON.parse(readFileSync(TIMES, 'utf8')) : {};
}

/** Keeps what files took: name -> seconds. Those below half a second are not worth a line. */
export function keepTimes(took) {
  const kept = new Map(Object.entries(readTimes()));
  for (const [name, seconds] of took) kept.set(name.replace(/\.test\.js$/, ''), Math.round(seconds * 10) / 10);
  const there = new Set(testFiles().map((name) => name.replace(/\.test\.js$/, '')));
  const lines = [...kept].filter(([name, seconds]) => there.has(name) && seconds >= 0.5).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(TIMES, `${JSON.stringify(Object.fromEntries(lines), undefined, 2)}\n`);
}
