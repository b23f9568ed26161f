import type { Micros } from '../types/units.js';
import type { Config, SettledConfig } from './config.js';

/** What `auto` depends on. */
export interface Machine {
  /** Numbers of the CPUs the process may run on. */
  readonly cpus: readonly number[];
  /** CPUs' worth of time it may use, 1.5 for instance; undefined: no limit. */
  readonly quota: number | undefined;
}

/** How many workers `auto` is: one CPU is left to main, which serves metrics, reloads and the log (D25). */
export function autoWorkers({ cpus, quota }: Machine): number {
  // Less than a whole CPU more is no CPU for a worker: a process beyond its quota stands still, all threads of it.
  const usable = Math.min(cpus.length, Math.floor(quota ?? cpus.length));
  return Math.max(1, usable - 1);
}

/** The configuration as it is on this machine. */
export function settle(config: Config, machine: Machine, mostWorkers: number): SettledConfig {
  const { cpus, idle } = config;
  const auto = cpus.length > 0 ? cpus.length : Math.min(mostWorkers, autoWorkers(machine));
  const workers = config.workers === 'auto' ? auto : config.workers;
  const spin = idle.spin === 'auto' && whyNotToPoll(machine, workers) !== undefined ? (0 as Micros) : idle.spin;
  return { ...config, workers, idle: { ...idle, spin } };
}

/** Why idle workers had better not poll on this machine, for the log; undefined: they may. */
export function whyNotToPoll({ cpus, quota }: Machine, workers: number): string | undefined {
  // Time spent polling would be missing for the frames after it.
  if (quota !== undefined) return `the process has a quota of ${quota} CPUs`;
  // A worker that polls would take a CPU from another, or from main.
  if (cpus.length <= workers) return `${workers} workers and the main thread share ${cpus.length} CPUs`;
  return undefined;
}

/** The configuration as it would be in a gateway that runs: what is `auto` stays what it was settled to at the start. */
export function settleLike(config: Config, running: Config): Config {
  const workers = config.workers === 'auto' ? running.workers : config.workers;
  const spin = config.idle.spin === 'auto' ? running.idle.spin : config.idle.spin;
  return { ...config, workers, idle: { ...config.idle, spin } };
}
