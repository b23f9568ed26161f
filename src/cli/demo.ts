import { WindroseError } from '../errors/catalog.js';
import { Exit } from './fail.js';
import { print } from './print.js';
import { loadPart } from './run.js';
import { renderTable } from './table.js';

/** What a scenario offers: runs it and cleans up; gives the exit code of the program. */
interface ScenarioModule {
  runScenario(): Promise<unknown>;
}

interface Scenario {
  /** Its module. */
  readonly module: string;
  /** What it shows, in a line. */
  readonly shows: string;
}

export const scenarios: Readonly<Record<string, Scenario>> = {
  dsnat: {
    module: './demo/dsnat/scenario.js',
    shows: 'one gateway: zones of source addresses, their external addresses in turns',
  },
  dvr: { module: './demo/dvr/scenario.js', shows: 'three hosts, one router: every hop from guest to guest' },
  snat: { module: './demo/snat/scenario.js', shows: 'the same hosts: every hop of guests without floating IPs to the internet' },
  fip: {
    module: './demo/fip/scenario.js',
    shows: 'the same hosts: every hop of guests with floating IPs, out, in and among each other',
  },
};

/** Runs a scenario on real traffic; without one says which there are. A number it returns is the exit code. */
export async function demo(scenario?: string): Promise<number> {
  if (scenario === undefined) {
    print(scenarioList());
    return Exit.Done;
  }
  if (process.getuid?.() !== 0) throw new WindroseError('ROOT_MISSING', 'A demo builds network namespaces and');
  // Relative to this file, not to the loader in run.ts.
  const part = await loadPart<ScenarioModule>(new URL(scenarios[scenario]!.module, import.meta.url).href, `demo "${scenario}"`);
  const code = await part.runScenario();
  return typeof code === 'number' ? code : Exit.Done;
}

function scenarioList(): string {
  const rows = Object.entries(scenarios);
  return renderTable(
    rows,
    [
      { heading: 'DEMO', cell: ([name]) => name },
      { heading: 'SHOWS', cell: ([, { shows }]) => shows },
    ],
    false,
  );
}
