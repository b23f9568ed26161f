import { renameSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import type { State } from '../../src/tables/state.js';

/**
 * Loaded into the gateway by `--import`: writes what its tables hold (test/support/leftovers.ts), as JSON, to the file
 * WINDROSE_SOAK_STATE names. It takes hold of the gateway where the program starts it.
 */

const file = process.env.WINDROSE_SOAK_STATE;
if (isMainThread && file !== undefined) {
  const { Gateway } = await import('../../src/control/gateway.js');
  const { leftovers } = await import('../support/leftovers.js');
  const start = Gateway.start.bind(Gateway);
  const report = (states: readonly State[]): void => {
    // Renamed into place, so that a reader never sees half of it.
    writeFileSync(`${file}.next`, JSON.stringify({ atMs: Date.now(), left: leftovers(states) }));
    renameSync(`${file}.next`, file);
  };
  Gateway.start = async (...args) => {
    const gateway = await start(...args);
    report(gateway.states);
    setInterval(() => report(gateway.states), 1000).unref();
    return gateway;
  };
}
