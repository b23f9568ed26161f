import { execFile, execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { onCleanUp } from './cleanUp.js';

/** Commands and background processes of a demo. */

/** A session of its own: Ctrl-C reaches only the demo, which says so and undoes everything in order. Node hands it on, and its types lack it. */
const APART = { detached: true } as const;
/** A command that takes a moment has so long: a machine may have much else to do. */
const SHORT_MS = 60_000;

/** A child in the background; what it prints goes to a file. */
export interface Background {
  readonly pid: number;
  /** Everything printed so far. */
  output(): string;
  hasEnded(): boolean;
  stop(): void;
}

/** Runs a short command to its end and returns what it printed. Throws one line with the command and its own words. */
export function run(command: string, ...args: readonly string[]): string {
  try {
    return execFileSync(command, args, { ...APART, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: SHORT_MS });
  } catch (error) {
    throw new Error(complaint(command, args, error));
  }
}

/** The same without blocking, for commands that take their time. SIGKILL after `limitMs`. */
export function runLong(limitMs: number, command: string, ...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { ...APART, encoding: 'utf8', timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 * 1024 } as const;
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(complaint(command, args, Object.assign(error, { stdout, stderr }))));
    });
    onCleanUp(() => child.kill('SIGKILL'));
  });
}

function complaint(command: string, args: readonly string[], error: unknown): string {
  const { message, stderr, killed, code } = error as Error & { stderr?: string; killed?: boolean; code?: unknown };
  if (code === 'ENOENT') return `"${command}" is not installed`;
  const words = stderr?.trim().split('\n').at(-1) || (killed ? 'no end in time' : message.split('\n')[0]);
  return `${command} ${args.join(' ')}: ${words}`;
}

/**
 * Starts a command in a session of its own, so that Ctrl-C reaches only the demo, which stops it in order. It is stopped at
 * clean-up at the latest.
 */
export function start(logFile: string, command: string, ...args: readonly string[]): Background {
  const log = openSync(logFile, 'w');
  const child = spawn(command, args, { stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  let ended = child.pid === undefined;
  child.once('error', () => {
    ended = true;
  });
  child.once('exit', () => {
    ended = true;
  });
  const stop = (): void => {
    if (!ended && child.pid !== undefined) terminate(child.pid);
  };
  onCleanUp(stop);
  return { pid: child.pid ?? -1, output: () => readFileSync(logFile, 'utf8'), hasEnded: () => ended, stop };
}

/** Resolves when the output contains `sign`; throws when the process ends first or `limitMs` have passed. */
export async function untilOutput(child: Background, what: string, sign: RegExp, limitMs: number): Promise<void> {
  for (const end = Date.now() + limitMs; Date.now() < end; await pause(20)) {
    if (sign.test(child.output())) return;
    if (child.hasEnded()) throw new Error(`${what} ended at once: ${lastWords(child)}`);
  }
  throw new Error(`${what} is not ready after ${limitMs / 1000} s: ${lastWords(child)}`);
}

function lastWords(child: Background): string {
  return child.output().trim().split('\n').at(-1) || 'it said nothing';
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** SIGTERM, at most 3 s of patience, SIGKILL. Blocks, so that it works inside a signal handler too. */
export function terminate(pid: number): void {
  const nap = new Int32Array(new SharedArrayBuffer(4));
  for (const [signal, patienceMs] of [
    ['SIGTERM', 3000],
    ['SIGKILL', 1000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    for (let waited = 0; waited < patienceMs; waited += 10) {
      if (isGone(pid)) return;
      Atomics.wait(nap, 0, 0, 10);
    }
  }
}

/** Gone, or dead and only waiting to be collected. */
function isGone(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.charAt(stat.lastIndexOf(')') + 2) === 'Z';
  } catch {
    return true;
  }
}
