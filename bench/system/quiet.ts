/** Waits for a quiet machine: a compile job next door ruins a measurement that a few seconds of patience would have saved. */
import { readFileSync } from 'node:fs';
import { pause } from './processes.js';

const WINDOW_SECONDS = 0.15;
const PATIENCE_SECONDS = 15;

/** Busy share of all CPUs that still counts as quiet: our own idle forwarders take one to three per cent. */
const QUIET = 0.1;

/** Resolves when the CPUs have been nearly idle for a moment, at the latest after 15 s. False when they never were. */
export async function untilQuiet(): Promise<boolean> {
  for (let waited = 0; waited < PATIENCE_SECONDS; waited += WINDOW_SECONDS) {
    const before = cpuTicks();
    await pause(WINDOW_SECONDS);
    const after = cpuTicks();
    const idle = (after.idle - before.idle) / Math.max(1, after.total - before.total);
    if (1 - idle <= QUIET) return true;
  }
  return false;
}

/** Clock ticks (10 ms) of all CPUs since boot, from the first line of /proc/stat: user nice system idle iowait irq softirq steal. */
export function cpuTicks(): { idle: number; total: number } {
  const fields = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0].trim().split(/\s+/).slice(1, 9).map(Number);
  return { idle: fields[3] + fields[4], total: fields.reduce((sum, ticks) => sum + ticks, 0) };
}
