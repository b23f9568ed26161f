import type { Report } from '../../config/issues.js';
import { formatMac } from '../../types/mac.js';
import type { ObjectsDraft } from '../draft.js';
import type { Objects } from '../model.js';

/** What may not become of what holds now (dvr.md 1.1). */
export function checkChanges(draft: ObjectsDraft, before: Objects, report: Report): void {
  const ports = new Map(before.lports.map((port) => [port.name, port]));
  for (const { value, path } of draft.lports) {
    const old = ports.get(value.name);
    if (old?.host === undefined || value.host === undefined || formatMac(old.mac) === formatMac(value.mac)) continue;
    if (old.network !== value.network) continue;
    report(
      'error',
      [...path, 'mac'],
      `${formatMac(value.mac)} is not ${formatMac(old.mac)}, which the port has while it is bound to ${old.host}`,
      'Apply it once without host, then with the new MAC.',
    );
  }
  const routers = new Map(before.routers.map((router) => [router.name, router]));
  for (const { value, path } of draft.routers) {
    const old = routers.get(value.name);
    if (old === undefined || old.distributed === value.distributed || !value.adminUp || !old.adminUp) continue;
    report(
      'error',
      [...path, 'distributed'],
      `cannot become ${value.distributed} while the router is up`,
      'Apply it with adminUp: false first, then without.',
    );
  }
}
