import type { Draft } from '../draft.js';
import type { Report } from '../issues.js';
import { checkAddresses } from './addresses.js';
import { checkCapacity } from './capacity.js';
import { checkCpus } from './cpus.js';
import { checkEvents } from './events.js';
import { checkHost } from './host.js';
import { checkIfaces } from './ifaces.js';
import { checkNeighbors } from './neighbors.js';
import { checkProbes } from './probes.js';
import { checkRoutes } from './routes.js';
import { checkRules } from './rules.js';
import { checkStaticMappings } from './staticMappings.js';
import { checkTimers } from './timers.js';
import { checkZoneAddresses } from './zoneAddresses.js';
import { checkZoneModes } from './zoneModes.js';
import { checkZoneNames } from './zoneNames.js';
import { checkZones } from './zones.js';

/** Every check between items, in the order of the file. */
export function checkDraft(draft: Draft, report: Report): void {
  checkIfaces(draft, report);
  checkAddresses(draft, report);
  checkRoutes(draft, report);
  checkRules(draft, report);
  checkProbes(draft, report);
  checkNeighbors(draft, report);
  checkZones(draft, report);
  checkZoneAddresses(draft, report);
  checkZoneModes(draft, report);
  // Only a host has SNAT services beside them.
  if (draft.entries.host !== undefined) checkZoneNames(draft, 'a zone of the SNAT service of a router (ROUTER/ZONE)', report);
  checkStaticMappings(draft, report);
  checkTimers(draft, report);
  checkCapacity(draft, report);
  checkCpus(draft, report);
  checkEvents(draft, report);
  checkHost(draft, report);
}
