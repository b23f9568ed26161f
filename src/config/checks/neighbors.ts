import { covers, formatIpv4 } from '../../types/ipv4.js';
import { type Draft, placed } from '../draft.js';
import type { Report } from '../issues.js';
import { unknownDev } from '../settleRoutes.js';
import { once } from './ifaces.js';

/** Permanent neighbours: behind an interface that is there, in one of its subnets, each once. */
export function checkNeighbors(draft: Draft, report: Report): void {
  const neighbors = placed(draft.entries.neighbors, 'neighbors');
  const rifs = draft.rifs.map((rif) => rif.value);
  once(
    neighbors,
    (one) => `${formatIpv4(one.address)} dev ${one.dev}`,
    () => 'address',
    'neighbour',
    'Keep one of the two.',
    report,
  );
  for (const { value, path } of neighbors) {
    if (rifs.some((rif) => rif.addresses.some((own) => own.address === value.address))) {
      report(
        'error',
        [...path, 'address'],
        `${formatIpv4(value.address)} is an address of this gateway`,
        'Use the address of the neighbour.',
      );
      continue;
    }
    const rif = rifs.find((candidate) => candidate.name === value.dev);
    if (rif === undefined) {
      if (draft.ifacesComplete) report('error', [...path, 'dev'], ...unknownDev(value.dev, rifs));
    } else if (!rif.addresses.some((own) => covers(own, value.address))) {
      report(
        'warning',
        [...path, 'address'],
        `${formatIpv4(value.address)} is in no connected subnet of ${value.dev}`,
        'Only an on-link route can lead to it.',
      );
    }
  }
}
