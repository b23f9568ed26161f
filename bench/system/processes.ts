/**
 * Commands and background processes of the bench, and the one list of things to undo. Whatever is started or created registers
 * its removal here; the list runs backwards at the end, after an error and on Ctrl-C, synchronously, so nothing can outlive it.
 */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

const undo: (() => void)[] = [];

/** Registers a removal; the latest registered runs first. */
export function onCleanUp(action: () => void): void {
  undo.push(action);
}

/** Undoes everything registered so far. A removal that fails is reported and does not stop the others. */
export function cleanUp(): void {
  for (let action = undo.pop(); action !== undefined; action = undo.pop()) {
    try {
      action();
    } catch (error) {
      process.stderr.write(`clean-up: ${(error as Error).message}\n`);
    }
  }
}

/** Makes Ctrl-C and SIGTERM clean up and end with the shell's exit code for that signal. */
export function cleanUpOnSignals(): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => {
      process.stderr.write('\ninterrupted, removing namespaces and processes\n');
      cleanUp();
      process.exit(code);
    });
  }
}

/** Runs a short command to its end and returns what it printed. Throws with its stderr when it fails. */
export function run(command: string, ...args: string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(`${command} ${args.join(' ')}: ${stderr?.trim() || message}`);
  }
}

/** Whether a program is installed. */
export function isInstalled(program: string): boolean {
  try {
    run('sh', '-c', `command -v ${program}`);
    return true;
  } catch {
    return false;
  }
}

/** A child of the bench; stdout and stderr go to a file. */
export interface Background {
  readonly pid: number;
  /** Everything written so far. */
  output(): string;
  /** Exit status; 128 + n is not used: a signal gives -1. */
  readonly ended: Promise<number>;
  stop(): void;
}

/** Starts a command; it is stopped at clean-up at the latest. */
export function start(logFile: string, command: string, args: readonly string[]): Background {
  const log = openSync(logFile, 'w');
  const child = spawn(command, args, { stdio: ['ignore', log, log] });
  closeSync(log);
  const output = () => readFileSync(logFile, 'utf8');
  let running = child.pid !== undefined;
  const ended = new Promise<number>((resolve) => {
    const end = (code: number | null) => {
      running = false;
      resolve(code ?? -1);
    };
    child.once('error', () => end(-1));
    child.once('exit', end);
  });
  const stop = () => {
    if (running && child.pid !== undefined) terminate(child.pid);
  };
  onCleanUp(stop);
  return { pid: child.pid ?? -1, output, ended, stop };
}

/** Resolves when the output contains `sign`. Throws with the end of the output when the process ends first or time runs out. */
export async function untilOutput(child: Background, sign: RegExp, seconds: number): Promise<void> {
  let exit: number | undefined;
  void child.ended.then((code) => {
    exit = code;
  });
  for (const end = Date.now() + seconds * 1000; Date.now() < end && exit === undefined; await pause(0.02)) {
    if (sign.test(child.output())) return;
  }
  if (sign.test(child.output())) return;
  const what = exit === undefined ? `said nothing like ${sign} in ${seconds} s` : `ended with status ${exit}`;
  throw new Error(`a process ${what}; its last words:\n${child.output().slice(-2000)}`);
}

/** The status of a child that should end by itself within `seconds`; it is stopped when it does not. */
export async function untilEnd(child: Background, seconds: number): Promise<number> {
  const late = new AbortController();
  const status = await Promise.race([child.ended, pause(seconds, late.signal).then(() => undefined)]);
  late.abort();
  if (status !== undefined) return status;
  child.stop();
  return child.ended;
}

export function pause(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener('abort', () => clearTimeout(timer));
  });
}

/** SIGTERM, at most 3 s of patience, SIGKILL. Blocks, so that it works inside a signal handler too. */
function terminate(pid: number): void {
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
      if (hasEnded(pid)) return;
      Atomics.wait(nap, 0, 0, 10);
    }
  }
}

/** Gone, or dead and only waiting for Node to collect it. */
function hasEnded(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) === 'Z';
  } catch {
    return true;
  }
}
