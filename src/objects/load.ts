import { IssueList, TooManyIssues } from '../config/issueList.js';
import type { Issue } from '../config/issues.js';
import { readTextFile } from '../config/readFile.js';
import { isWhole, readMapping } from '../config/readMapping.js';
import { reporter } from '../config/reporter.js';
import { OBJECTS } from '../config/yamlRoom.js';
import { readYaml } from '../config/yamlSource.js';
import { checkAddresses } from './checks/addresses.js';
import { checkChanges } from './checks/changes.js';
import { checkDerivedNames } from './checks/derivedNames.js';
import { checkExternalNetworks } from './checks/externalNetworks.js';
import { checkFloatingIps } from './checks/floatingIps.js';
import { checkGatewayHosts } from './checks/gatewayHosts.js';
import { checkGateways } from './checks/gateways.js';
import { checkZoneGaps } from './checks/gatewayZoneGaps.js';
import { checkGatewayZones } from './checks/gatewayZones.js';
import { checkGivenAddresses } from './checks/givenAddresses.js';
import { checkHosts } from './checks/hosts.js';
import { checkKeptAddresses } from './checks/keptAddresses.js';
import { checkMacs } from './checks/macs.js';
import { checkMigrations } from './checks/migrations.js';
import { checkNetworks } from './checks/networks.js';
import { checkReferences } from './checks/references.js';
import { checkRouters } from './checks/routers.js';
import { checkSubnets } from './checks/subnets.js';
import { objectsDraft, type PartialObjects } from './draft.js';
import { drawByKey, type MacDraw } from './drawMacs.js';
import { kindWord } from './kindNames.js';
import { warnOfLeftOut } from './leftOut.js';
import { mergedTree } from './merge.js';
import type { Objects } from './model.js';
import { keysOfConfiguration } from './recognize.js';
import { resolveObjects } from './resolve.js';
import { routingOfRouters } from './routerRouting.js';
import { objectsFile, objectsShape } from './schema.js';

export interface LoadedObjects {
  /** Only there when no issue is an error. */
  readonly objects?: Objects;
  /** All faults and warnings, by place. */
  readonly issues: readonly Issue[];
}

/** What the file is read in the light of. */
export interface Standing {
  /** What holds now: MACs that were drawn are kept, and not every change is allowed. */
  readonly before?: Objects | undefined;
  readonly draw?: MacDraw;
  /** What the file does not name stays as it is in `before`, where otherwise it goes. */
  readonly merge?: boolean;
}

/** Reads a file of objects (dvr.md 1.1). A file that cannot be read is an issue too. Never throws. */
export function loadObjects(file: string, standing: Standing = {}): LoadedObjects {
  const content = readTextFile(file, false, OBJECTS.octets);
  if ('text' in content) return readObjects(content.text, file, standing);
  const { fault: message, remedy } = content;
  return { issues: [{ severity: 'error', file, line: 0, column: 0, path: '', message, remedy }] };
}

/** The same of a text; `file` is only printed. */
export function readObjects(text: string, file: string, standing: Standing = {}): LoadedObjects {
  const issues = new IssueList();
  try {
    const objects = read(text, file, standing, issues);
    return { ...(objects === undefined ? {} : { objects }), issues: issues.all() };
  } catch (error) {
    if (error instanceof TooManyIssues) return { issues: issues.all() };
    throw error;
  }
}

/** Keys by which a configuration is known, in a sentence. */
const MOST_NAMED = 3;

function read(
  text: string,
  file: string,
  { before, draw = drawByKey, merge = false }: Standing,
  issues: IssueList,
): Objects | undefined {
  const source = readYaml(text, file, issues, OBJECTS);
  if (source.tree === undefined) return undefined;
  const keys = keysOfConfiguration(source.tree);
  if (keys.length > 0) {
    const what = `this is a configuration (${keys.slice(0, MOST_NAMED).join(', ')}), not a file of objects`;
    reporter(source, file, issues, true)('error', [], what, 'Give a file of objects; docs/objects.md has an example.');
    return undefined;
  }
  const merged = merge && before !== undefined ? mergedTree(source.tree, before) : undefined;
  const inFile = reporter(source, file, issues, false, kindWord);
  const report = merged?.report(inFile) ?? inFile;
  const ofKeys = reporter(source, file, issues, true, kindWord);
  const entries = readMapping(merged?.tree ?? source.tree, objectsFile, report, merged?.report(ofKeys) ?? ofKeys);
  if (entries === undefined) return undefined;
  const draft = objectsDraft(entries as unknown as PartialObjects, before, draw);
  const routing = routingOfRouters(draft);
  checkReferences(draft, report, merged === undefined ? before : undefined);
  checkHosts(draft, report);
  checkNetworks(draft, report);
  checkSubnets(draft, report);
  checkAddresses(draft, report);
  checkKeptAddresses(draft, report);
  checkGivenAddresses(draft, report);
  checkMacs(draft, report);
  checkMigrations(draft, report);
  checkRouters(draft, routing, report);
  checkGateways(draft, report);
  checkGatewayZones(draft, report);
  checkZoneGaps(draft, report);
  checkGatewayHosts(draft, report);
  checkExternalNetworks(draft, report);
  checkDerivedNames(draft, report);
  checkFloatingIps(draft, report);
  if (before !== undefined) checkChanges(draft, before, report);
  if (issues.faulty || !isWhole(entries, objectsShape)) return undefined;
  const objects = resolveObjects(draft, routing);
  if (merged !== undefined) warnOfLeftOut(source.tree, before!, objects, inFile);
  return objects;
}
