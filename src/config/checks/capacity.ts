import { type Draft, placed } from '../draft.js';
import type { Report } from '../issues.js';

/** Whether what the file holds fits the capacities it sets. */
export function checkCapacity(draft: Draft, report: Report): void {
  const { limits } = draft.entries;
  if (limits === undefined) return;
  const fits = (what: string, count: number, key: 'localAddresses' | 'routes' | 'neighbors', at: string): void => {
    if (count <= limits[key]) return;
    report(
      'error',
      [at],
      `${count} ${what} do not fit limits.${key} (${limits[key]})`,
      `Raise limits.${key} to at least ${count}.`,
    );
  };
  fits(
    'local addresses',
    sum(draft.zones.map(({ value }) => value.localAddresses.length + value.draining.length)),
    'localAddresses',
    'zones',
  );
  const own = sum(draft.rifs.map((rif) => rif.value.addresses.length));
  // Each router address brings its connected subnet and its own /32.
  fits('routes (with connected and local ones)', placed(draft.entries.routes, 'routes').length + 2 * own, 'routes', 'routes');
  fits('permanent neighbours', placed(draft.entries.neighbors, 'neighbors').length, 'neighbors', 'neighbors');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
