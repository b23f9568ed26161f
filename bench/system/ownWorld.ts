/** What every bench on real traffic begins and ends with: root, no leftovers, a temporary folder, and all of it gone afterwards. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanUp, cleanUpOnSignals, onCleanUp } from './processes.js';
import { removeLeftovers } from './topology.js';
import type { Placement, Setup } from './yardstick.js';

/** Runs `bench` and removes whatever it made, also after an error and on Ctrl-C. Returns the exit code; an error is printed. */
export async function inOwnWorld(placement: Placement, bench: (setup: Setup) => Promise<void>): Promise<number> {
  if (process.getuid?.() !== 0) {
    process.stderr.write('This bench makes network namespaces: run it as root.\n');
    return 1;
  }
  cleanUpOnSignals();
  removeLeftovers();
  const folder = mkdtempSync(join(tmpdir(), 'wrb-'));
  onCleanUp(() => rmSync(folder, { recursive: true, force: true }));
  try {
    await bench({ folder, placement });
    return 0;
  } catch (error) {
    process.stderr.write(`\n${(error as Error).message}\n`);
    return 1;
  } finally {
    cleanUp();
  }
}
