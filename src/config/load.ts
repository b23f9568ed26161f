import { checkDraft } from './checks/all.js';
import { checkRoom } from './checks/room.js';
import type { Config } from './config.js';
import { type Draft, draftOf, placed } from './draft.js';
import { IssueList, TooManyIssues } from './issueList.js';
import { formatPath, type Issue, type Note, type Report } from './issues.js';
import { type PartialEntries, readEntries } from './readEntries.js';
import { readConfigFile } from './readFile.js';
import { resolveRoute } from './resolve.js';
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
  const draft = draftOf(entries);
  checkDraft(draft, report);
  if (!issues.faulty) warnAbout(draft, report);
  const config = issues.faulty ? undefined : build(entries, draft);
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

function build(entries: PartialEntries, draft: Draft): Config | undefined {
  const {
    name,
    profile,
    workers,
    cpus,
    reject,
    timers,
    drainTimeout,
    neighborTimers,
    limits,
    metrics,
    control,
    log,
    idle,
    events,
  } = entries;
  if (name === undefined || profile === undefined || events === undefined) return undefined;
  if (workers === undefined || reject === undefined || timers === undefined) return undefined;
  if (neighborTimers === undefined || limits === undefined || metrics === undefined) return undefined;
  if (drainTimeout === undefined || control === undefined || log === undefined || idle === undefined) return undefined;
  const rifs = draft.rifs.map((rif) => rif.value);
  return {
    name,
    profile,
    workers,
    cpus: cpus ?? [],
    ifaces: draft.ifaces.map((iface) => iface.value),
    routes: placed(entries.routes, 'routes').map((route) => resolveRoute(route.value, rifs)),
    neighbors: placed(entries.neighbors, 'neighbors').map((neighbor) => neighbor.value),
    zones: draft.zones.map((zone) => zone.value),
    staticMappings: placed(entries.staticMappings, 'staticMappings').map(({ value: { name, protocol, external, inside } }) => ({
      name,
      protocol,
      external,
      inside,
    })),
    reject,
    timers: resolveTimers(timers, profile),
    drainTimeout: drainTimeout === 'off' ? undefined : drainTimeout,
    neighborTimers,
    limits,
    metrics,
    control: { socket: control.socket ?? `/run/windrose/${name}.sock` },
    log,
    idle,
    events: { file: events.file, ipfix: events.ipfix, sessions: events.sessions, destinations: events.destinations },
  };
}
