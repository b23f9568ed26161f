import { setTimeout as pause } from 'node:timers/promises';
import { print } from '../print.js';

const NAME_WIDTH = 34;
/** Turns of the event loop in which a signal that has come is heard: one is not enough. */
const HEARD_MS = 20;

/**
 * Runs one step of a demo with a progress line: its name while it runs, its time and result when it is done. An error gets the
 * name of the step in front, because it becomes the one line the operator sees.
 */
export async function step<T>(name: string, work: () => T | Promise<T>, result?: (value: T) => string): Promise<T> {
  print(`  ${name} ${'.'.repeat(Math.max(1, NAME_WIDTH - name.length))} `);
  const started = performance.now();
  try {
    const value = await work();
    const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(4);
    print(`${seconds} s${result === undefined ? '' : `   ${result(value)}`}\n`);
    return value;
  } catch (error) {
    // A signal to the whole process group may have ended a command of the step before it had a session of its own: it is heard first.
    await pause(HEARD_MS);
    print('failed\n');
    throw new Error(`demo: ${name}: ${(error as Error).message}`, { cause: error });
  }
}
