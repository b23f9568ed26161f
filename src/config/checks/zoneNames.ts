import { parsePrefix } from '../../types/ipv4.js';
import { isFault } from '../../types/parsed.js';
import type { ZonesDraft } from '../draft.js';
import type { Report } from '../issues.js';

/**
 * Zones whose names are such as zones of SNAT services have on a host: ROUTER/ZONE, or ROUTER/NETWORK/ZONE. Rotation, counters
 * and sessions are kept by name, so two zones would be one there. A prefix, which is what a zone without a name is called, is no
 * such name.
 */
export function checkZoneNames({ zones }: Pick<ZonesDraft, 'zones'>, whose: string, report: Report): void {
  for (const { value: zone, path } of zones) {
    if (!zone.name.includes('/') || !isFault(parsePrefix(zone.name, false))) continue;
    report(
      'error',
      [...path, 'name'],
      `"${zone.name}" may be the name of ${whose}, which would share its rotation, counters and sessions`,
      `Use a name without "/", ${zone.name.replaceAll('/', '-')} for one.`,
    );
  }
}
