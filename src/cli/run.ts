import { InvalidArgumentError } from 'commander';
import type { Config } from '../config/config.js';
import { loadConfigFile } from '../config/load.js';
import { WindroseError } from '../errors/catalog.js';
import { printProblems } from './check.js';
import { Exit } from './fail.js';
import { faultyConfig } from './faultyConfig.js';

/** What control/gateway.ts offers: resolves when the gateway has stopped; a number is the exit code of the program. */
interface GatewayModule {
  runGateway(config: Config, options: { readonly configFile: string; readonly drainMs: number }): Promise<unknown>;
}

/** Loads the file and runs the gateway until it is told to stop. Warnings are printed, faults refuse. */
export async function run(file: string, drain: number): Promise<number> {
  const { config, issues } = loadConfigFile(file, { pipes: true });
  if (config === undefined) throw faultyConfig(file, issues);
  printProblems(issues);
  const gateway = await loadPart<GatewayModule>('../control/runGateway.js', 'gateway');
  const code = await gateway.runGateway(config, { configFile: file, drainMs: drain * 1000 });
  return typeof code === 'number' ? code : Exit.Done;
}

/** Longest drain: an hour. */
const MOST_DRAIN_SECONDS = 3600;

/** Reads --drain. */
export function drainSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0 && seconds <= MOST_DRAIN_SECONDS) return seconds;
  throw new InvalidArgumentError(`It is a number of seconds from 0 to ${MOST_DRAIN_SECONDS}.`);
}

/** Loads a part of the program that the other verbs do without. */
export async function loadPart<M>(module: string, what: string): Promise<M> {
  try {
    return (await import(module)) as M;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_MODULE_NOT_FOUND')
      throw new WindroseError('PART_MISSING', what, (error as Error).message.split('\n')[0], error);
    throw error;
  }
}
