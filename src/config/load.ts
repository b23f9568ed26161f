import { checkDraft } from './checks/all.js';
import { checkRoom } from './checks/room.js';
import { routeKey } from './checks/routes.js';
import type { Config, StaticMappingConfig } from './config.js';
import { type Draft, draftOf } from './draft.js';
import { IssueList, TooManyIssues } from './issueList.js';
import { formatPath, type Issue, type Note, type Report } from './issues.js';
import type { KeyShape } from './keys.js';
import { type PartialEntries, readEntries } from './readEntries.js';
import { readConfigFile } from './readFile.js';
import { type Entries, rootShape } from './schema.js';
import type { StaticEntry } from './staticSchema.js';
import { tableNamesOf } from './tableNames.js';
import { resolveTimers } from './timers.js';
import { noteRefusing, warnAbout } from './warnings.js';
import { readYaml, type YamlSource } from './yamlSource.js';

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
  const draft = draftOf(entries, tableNamesOf(entries, report));
  checkDraft(draft, report);
  if (!issues.faulty) warnAbout(draft, report);
  const config = !issues.faulty && isWhole(entries) ? build(entries, draft) : undefined;
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
  const alone = (message: string, remedy: string): LoadResult => ({
    issues: [{ severity: 'error', file, line: 0, column: 0, path: '', message, remedy }],
    notes: [],
  });
  const content = readConfigFile(file, from.pipes);
  if ('fault' in content) return alone(content.fault, content.remedy);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(content.octets);
  } catch {
    return alone('the file is not UTF-8 text', 'Save it as UTF-8.');
  }
  return loadConfig(text, file);
}

function reporter(source: YamlSource, file: string, issues: IssueList, ofKey: boolean): Report {
  return (severity, path, message, remedy) =>
    issues.add(severity, () => {
      const place = source.place(path, ofKey);
      return { severity, file, line: place.line, column: place.column, path: formatPath(place.path), message, remedy };
    });
}

/** Every key and every item could be read; of a key one may leave out, none may be missing. */
function isWhole(entries: PartialEntries): entries is Entries {
  const root: Readonly<Record<string, unknown>> = entries;
  return Object.entries(rootShape as KeyShape).every(([key, schema]) => {
    const value = root[key];
    if (Array.isArray(value)) return !value.includes(undefined);
    if (value !== undefined) return true;
    const absent = schema.safeParse(undefined);
    return absent.success && absent.data === undefined;
  });
}

function build(entries: Entries, draft: Draft): Config {
  const { name, profile, cpus, timers, drainTimeout, control, events, defaultRules: _, tables: __, ...rest } = entries;
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
    control: { socket: control.socket ?? `/run/windrose/${name}.sock` },
    events: { ...events, file: events.file, ipfix: events.ipfix },
  };
}

/** With every key, whether it is written or not. */
function staticMapping({ name, protocol, external, inside }: StaticEntry): StaticMappingConfig {
  return { name, protocol, external, inside };
}
