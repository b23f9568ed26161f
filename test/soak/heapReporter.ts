import { renameSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/**
 * Loaded into the gateway by `--import`: writes the used heap of its main thread, in octets, to the file WINDROSE_SOAK_HEAP
 * names, with the process's number for %p. With --expose-gc the heap is cleaned every ten seconds, for a process at rest does not
 * do it by itself.
 */

const REPORT_MS = 500;
const CLEAN_MS = 10_000;
const file = process.env.WINDROSE_SOAK_HEAP?.replace('%p', String(process.pid));
if (isMainThread && file !== undefined) {
  const report = (): void => {
    // Renamed into place, so that a reader never sees half a number.
    writeFileSync(`${file}.next`, String(process.memoryUsage().heapUsed));
    renameSync(`${file}.next`, file);
  };
  report();
  setInterval(report, REPORT_MS).unref();
  const { gc } = globalThis;
  if (gc !== undefined) setInterval(() => gc(), CLEAN_MS).unref();
}
