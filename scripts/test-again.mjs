/**
 * Files that are run a second time, alone, because a test in them failed: on a machine that does other things as well, a test of timers can fail
 * for a moment in which it was not served. What passes then is told, never passed over in silence.
 */
import { join } from 'node:path';
import { kindOf, PURE } from './test-plan.mjs';

/** More files than this fail for a reason that is no moment of the machine. */
export const AGAIN_AT_MOST = 8;
/**
 * Failures that have nothing to do with time, or that another draw would hide: kinds without any wait (PURE), and these beginnings of a path
 * below test/.
 */
const NEVER = ['fuzz/', 'guard/', 'store/killed'];

/** Whether a test failed in it. */
export function hasFailed({ counts }) {
  return (counts.get('fail') ?? 0) + (counts.get('cancelled') ?? 0) > 0;
}

/** Those outcomes of a run whose files are to be run once more; none when too many failed, or when the only file was alone already. */
export function toRunAgain(outcomes) {
  const failed = outcomes.filter(hasFailed);
  return failed.length > AGAIN_AT_MOST || outcomes.length < 2 ? [] : failed.filter(({ one }) => one.names.every(mayRunAgain));
}

function mayRunAgain(name) {
  return !PURE.has(kindOf(name)) && !NEVER.some((path) => name.startsWith(path));
}

/** What the second run of each means: the outcomes that count from now on, and sentences for the end of the output. */
export function settle(outcomes, seconds) {
  const said = [];
  const settled = outcomes.map((first) => {
    const second = seconds.find(({ one }) => one === first.one);
    if (second === undefined) return first;
    // A test that is skipped the second time has shown nothing.
    const shown = !hasFailed(second) && (second.counts.get('skipped') ?? 0) <= (first.counts.get('skipped') ?? 0);
    said.push(`${shown ? 'passed only alone' : 'failed again alone'}: ${sourceOf(first.one)}: ${first.failed.join('; ')}`);
    return shown ? second : first;
  });
  return { settled, said: said.sort() };
}

/** The source of a file, as one names it in an editor. */
export function sourceOf({ names }) {
  return join('test', names[0].replace(/\.js$/, '.ts'));
}
