import { dirname, resolve } from 'node:path';
import type { EtcdAccess } from '../types/etcdAccess.js';
import { checkDraft } from './checks/all.js';
import { checkRoom } from './checks/room.js';
import { routeKey } from './checks/routes.js';
import type { Config, HostConfig, MetadataConfig, StaticMappingConfig } from './config.js';
import { type Draft, draftOf } from './draft.js';
import { IssueList, TooManyIssues } from './issueList.js';
import { formatPath, type Issue, type Note } from './issues.js';
import { readEntries } from './readEntries.js';
import { readTextFile } from './readFile.js';
import { isWhole } from './readMapping.js';
import { reporter } from './reporter.js';
import { type Entries, rootShape } from './schema.js';
import type { StaticEntry } from './staticSchema.js';
import { tableNamesOf } from './tableNames.js';
import { resolveTimers } from './timers.js';
import { noteRefusing, warnAbout } from './warnings.js';
import { readYaml } from './yamlSource.js';

export interface LoadResult {
  /** Only there when no issue is an error. */
  readonly config?: Config;
  /** All faults and warnings, by place. */
  readonly issues: readonly Issue[];
  /** Of a file without faults only. */
  readonly notes: readonly Note[];
}

/** Text of a file -> configuration, or all that is wrong with it. Never throws. `file` is only printed. */
export function loadConfig(text: string, file: string): LoadResult {
  const issues = new IssueList();
  try {
    const { config, notes } = loadReporting(text, file, issues);
    return { ...(config === undefined ? {} : { config }), issues: issues.all(), notes };
  } catch (error) {
    if (error instanceof TooManyIssues) return { issues: issues.all(), notes: [] };
    throw error;
  }
}

function loadReporting(text: string, file: string, issues: IssueList): { config?: Config; notes: Note[] } {
  const refused = { notes: [] };
  const source = readYaml(text, file, issues);
  if (source.tree === undefined) return refused;
  const report = reporter(source, file, issues, false);
  const entries = readEntries(source.tree, report, reporter(source, file, issues, true));
  if (entries === undefined || !checkRoom(entries, report)) return refused;
  const draft = draftOf(
    entries,
    tableNamesOf(entries, report),
    entries.host !== undefined || !Object.hasOwn(source.tree as object, 'host'),
  );
  checkDraft(draft, report);
  if (!issues.faulty) warnAbout(draft, report);
  const config = !issues.faulty && isWhole<Entries>(entries, rootShape) ? build(entries, draft, file) : undefined;
  if (config === undefined) return refused;
  const notes: Note[] = [];
  noteRefusing(draft, (path, message) => {
    const { line, column } = source.place(path, false);
    notes.push({ severity: 'note', file, line, column, path: formatPath(path), message, remedy: '' });
  });
  return { config, notes };
}

/** Reads and loads a file (config/readFile). A file that cannot be read is an issue too. */
export function loadConfigFile(file: string, from: { readonly pipes: boolean } = { pipes: false }): LoadResult {
  const content = readTextFile(file, from.pipes);
  return 'fault' in content ? unreadable(file, content) : loadConfig(content.text, file);
}

/** What there is to say of a file that cannot be read. */
export function unreadable(
  file: string,
  { fault: message, remedy }: { readonly fault: string; readonly remedy: string },
): LoadResult {
  return { issues: [{ severity: 'error', file, line: 0, column: 0, path: '', message, remedy }], notes: [] };
}

function build(entries: Entries, draft: Draft, file: string): Config {
  const {
    name,
    profile,
    cpus,
    timers,
    drainTimeout,
    control,
    events,
    host,
    objects,
    store,
    defaultRules: _,
    tables: __,
    ...rest
  } = entries;
  const { routes, rules, names, madeOfAddresses } = draft.routing;
  return {
    ...rest,
    name,
    profile,
    cpus: cpus ?? [],
    ifaces: draft.ifaces.map((iface) => iface.value),
    routes: routes.map(({ value }) => value).filter((route) => !madeOfAddresses.has(routeKey(route))),
    rules: rules.map(({ value }) => value),
    tableNames: names.names,
    nexthopProbes: draft.probes.flatMap(({ value }) => value ?? []),
    zones: draft.zones.map((zone) => zone.value),
    staticMappings: entries.staticMappings.map(staticMapping),
    timers: resolveTimers(timers, profile),
    drainTimeout: drainTimeout === 'off' ? undefined : drainTimeout,
    host: host === undefined ? undefined : hostConfig(host),
    objects: objects === undefined ? undefined : resolve(dirname(file), objects),
    store:
      store.etcd === undefined ? { directory: store.directory ?? `/var/lib/windrose/${name}` } : { etcd: etcdAccess(store.etcd) },
    control: { socket: control.socket ?? `/run/windrose/${name}.sock` },
    events: { ...events, file: events.file, ipfix: events.ipfix },
  };
}

function hostConfig({ name, vtep, mode, physnets, macRefresh, metadata }: NonNullable<Entries['host']>): HostConfig {
  return {
    name,
    mode,
    macRefresh: macRefresh === 'off' ? undefined : macRefresh,
    vtep: vtep === undefined ? undefined : { address: vtep.address, netns: vtep.netns },
    physnets: physnets.map(({ name, tap, packet, netns }) => ({
      ...{ name, netns },
      kind: tap === undefined ? 'packet' : 'tap',
      device: tap ?? packet!,
    })),
    metadata: metadata === undefined ? undefined : metadataConfig(metadata),
  };
}

/** With every key, whether it is written or not. */
function metadataConfig(written: NonNullable<NonNullable<Entries['host']>['metadata']>): MetadataConfig {
  const { endpoint, secretFile, caFile, connections, newPerSecond, range, netns } = written;
  return { endpoint, secretFile, caFile, connections, newPerSecond, range, netns };
}

/** With every key, whether it is written or not. */
function etcdAccess({ endpoints, prefix, tls, user, passwordFile }: NonNullable<Entries['store']['etcd']>): EtcdAccess {
  const files = tls === undefined ? undefined : { ca: tls.ca, certificate: tls.certificate, key: tls.key };
  return { endpoints, prefix, tls: files, user, passwordFile };
}

/** With every key, whether it is written or not. */
function staticMapping({ name, protocol, external, inside }: StaticEntry): StaticMappingConfig {
  return { name, protocol, external, inside };
}
