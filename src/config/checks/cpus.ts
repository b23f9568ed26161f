import type { Draft } from '../draft.js';
import type { Report } from '../issues.js';
import { MOST_WORKERS } from '../schema.js';

/** Whether every worker has a CPU of its own where CPUs are named. Which CPUs there are is known when the gateway starts. */
export function checkCpus({ entries: { workers, cpus } }: Draft, report: Report): void {
  if (cpus === undefined) return;
  cpus.forEach((cpu, i) => {
    if (cpus.indexOf(cpu) < i) report('error', ['cpus', i], `${cpu} is listed twice`, 'Give every worker a CPU of its own.');
  });
  if (cpus.length > MOST_WORKERS)
    report('error', ['cpus'], `${cpus.length} CPUs are more than the ${MOST_WORKERS} workers there can be`, 'List fewer.');
  else if (typeof workers === 'number' && workers !== cpus.length)
    report(
      'error',
      ['cpus'],
      `${cpus.length} CPUs do not fit ${workers} workers`,
      'List one CPU for each worker, or write "workers: auto".',
    );
}
