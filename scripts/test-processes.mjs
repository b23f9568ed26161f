/** Runs test files, each in a process of its own, and keeps what came of them. */
import { setMaxListeners } from 'node:events';
import { run } from 'node:test';

/** The lines node:test ends a run with; those of several runs are added up. */
const SUMMARY = /^(tests|suites|pass|fail|cancelled|skipped|todo) ([\d.]+)$/;
const ENDING = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/;

const stopping = new AbortController();
// Every test file listens to them; more than ten would draw a warning.
setMaxListeners(0, stopping.signal);
process.setMaxListeners(0);
let signalled = 0;
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
]) {
  process.on(signal, () => {
    signalled = code;
    stopping.abort();
  });
}

/** Exit code of the signal that ends this run; 0 while none has come. */
export function stoppedBy() {
  return signalled;
}

/**
 * Runs processes as { file, names }, `width` at a time; the next one begins when any has ended. Resolves to their outcomes as { one, counts,
 * failed, seconds }: the numbers of the summary, the titles of the tests that failed, and the seconds of each test file by its name.
 */
export async function runGroup(report, processes, width, limitMs) {
  const left = [...processes];
  const outcomes = [];
  const next = async () => {
    for (let one = left.shift(); one !== undefined && !stopping.signal.aborted; one = left.shift())
      outcomes.push(await runProcess(report, one, limitMs));
  };
  await Promise.all(Array.from({ length: width }, next));
  return outcomes;
}

/** Into the common report when it has ended, so that nothing of another stands in between. */
async function runProcess(report, one, limitMs) {
  const { file, names } = one;
  const began = performance.now();
  const counts = new Map();
  const heard = [];
  for await (const event of run({ files: [file], concurrency: 1, timeout: limitMs, signal: stopping.signal })) {
    const message = event.type === 'test:diagnostic' && event.data.nesting === 0 ? event.data.message : '';
    const summary = SUMMARY.exec(message);
    if (summary !== null) counts.set(summary[1], Number(summary[2]));
    else if (!ENDING.test(message) && event.type !== 'test:summary') heard.push(event);
  }
  for (const event of heard) report.write(event);
  const whole = (performance.now() - began) / 1000;
  const seconds = new Map(names.map((name) => [name, names.length === 1 ? whole : secondsOf(name, heard)]));
  const failures = heard.filter(({ type, data }) => type === 'test:fail' && data.nesting === 0);
  // A file that ended badly outside of its tests is a failure with its path as the title.
  const failed = failures.map(({ data }) => (data.name === file ? 'the file itself' : data.name));
  return { one, counts, failed, seconds };
}

/** Of the tests of one file among those of several. */
function secondsOf(name, events) {
  const own = events.filter(({ data }) => data?.nesting === 0 && data.details !== undefined && data.file?.endsWith(`/${name}`));
  return own.reduce((sum, { data }) => sum + (data.details.duration_ms ?? 0), 0) / 1000;
}
