import type { Report } from '../../config/issues.js';
import { showValue } from '../../config/scalar.js';
import type { ObjectsDraft } from '../draft.js';

/** Ports that are about to move while their guests run (dvr.md 2.16): bound, to another host, with a device it can make ready. */
export function checkMigrations(draft: ObjectsDraft, report: Report): void {
  for (const { value, path } of draft.lports) {
    const { host, tap, packet, migratingTo, migratingNetns } = value;
    const fault = (message: string, remedy: string): void => report('error', [...path, 'migratingTo'], message, remedy);
    if (migratingTo === undefined) {
      if (migratingNetns !== undefined)
        report('error', [...path, 'migratingNetns'], 'has no meaning without migratingTo', 'Remove it, or write migratingTo.');
    } else if (host === undefined)
      fault('the port is not bound, so no guest of it can move', `Write host: ${migratingTo} instead to bind it there.`);
    else if (host === migratingTo)
      fault(`${showValue(migratingTo)} is the host it is bound to`, 'Name another host, or remove the key.');
    else if (tap === undefined && packet === undefined)
      fault('the port has no device that this host could make ready', 'Write tap or packet, which both hosts have.');
  }
  for (const path of draft.doneMigrations)
    report(
      'warning',
      [...path, 'migratingTo'],
      'the port is bound there already, and stays',
      'Write that host as its host, and remove migratingTo.',
    );
}
