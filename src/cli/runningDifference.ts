import { existsSync } from 'node:fs';
import type { Config } from '../config/config.js';
import { loadConfig } from '../config/load.js';
import { settleLike } from '../config/settle.js';
import { changesBetween, changeText } from '../control/reload/changes.js';
import { restartOnly } from '../control/reload/restartOnly.js';
import type { ConfigRow } from '../types/show.js';
import { getJson } from './controlClient.js';

/** What a file would change in the gateway that runs under its name. */
export interface RunningDifference {
  readonly generation: number;
  readonly changes: readonly string[];
  /** What only a restart would take over. */
  readonly refused: readonly string[];
}

/**
 * Asks the gateway behind the file's control socket for the configuration in use and compares. Undefined when none answers: a
 * check works without a gateway. The file never leaves this process.
 */
export async function runningDifference(file: Config): Promise<RunningDifference | undefined> {
  const { socket } = file.control;
  if (!existsSync(socket)) return undefined;
  let row: ConfigRow;
  try {
    [row] = (await getJson(socket, '/v1/show/config')) as [ConfigRow];
  } catch {
    return undefined;
  }
  const running = loadConfig(row.yaml, 'running').config;
  if (running === undefined) return undefined;
  const config = settleLike(file, running);
  return {
    generation: row.generation,
    changes: changesBetween(running, config).map(changeText),
    refused: restartOnly(running, config),
  };
}

/** The difference as text. */
export function differenceText({ generation, changes, refused }: RunningDifference): string {
  if (changes.length === 0) return `no difference to the running gateway (generation ${generation})\n`;
  const lines = [`difference to the running gateway (generation ${generation}):`, ...changes.map((line) => `  ${line}`)];
  return `${[...lines, ...refused.map((line) => `  ${line}`)].join('\n')}\n`;
}
