import { WindroseError } from '../errors/catalog.js';
import { Exit } from './fail.js';
import { loadPart } from './run.js';

/** What a scenario offers: runs it and cleans up; gives the exit code of the program. */
interface ScenarioModule {
  runScenario(): Promise<unknown>;
}

/** Scenario -> its module. */
export const scenarios: Readonly<Record<string, string>> = { dsnat: './demo/dsnat/scenario.js', dvr: './demo/dvr/scenario.js' };

/** Runs a scenario on real traffic. A number it returns is the exit code. */
export async function demo(scenario: string): Promise<number> {
  if (process.getuid?.() !== 0) throw new WindroseError('ROOT_MISSING', 'A demo builds network namespaces and');
  // Relative to this file, not to the loader in run.ts.
  const part = await loadPart<ScenarioModule>(new URL(scenarios[scenario]!, import.meta.url).href, `demo "${scenario}"`);
  const code = await part.runScenario();
  return typeof code === 'number' ? code : Exit.Done;
}
