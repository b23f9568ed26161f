import { readFileSync, statSync } from 'node:fs';
import { checkDraft } from './checks/all.js';
import type { Config } from './config.js';
import { type Draft, draftOf, placed } from './draft.js';
import { byPlace, formatPath, type Issue, type Note, type Report } from './issues.js';
import { type PartialEntries, readEntries } from './readEntries.js';
import { resolveRoute } from './resolve.js';
import { resolveTimers } from './timers.js';
import { noteRefusing, warnAbout } from './warnings.js';
import { LARGEST_FILE_OCTETS, readYaml, type YamlSource } from './yamlSource.js';

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
  const source = readYaml(text, file);
  const issues: Issue[] = [...source.issues];
  if (source.tree === undefined) return { issues, notes: [] };
  const entries = readEntries(source.tree, reporter(source, file, issues, false), reporter(source, file, issues, true));
  if (entries === undefined) return { issues, notes: [] };
  const draft = draftOf(entries);
  const report = reporter(source, file, issues, false);
  checkDraft(draft, report);
  const faulty = issues.some((issue) => issue.severity === 'error');
  if (!faulty) warnAbout(draft, report);
  issues.sort(byPlace);
  const config = faulty ? undefined : build(entries, draft);
  if (config === undefined) return { issues, notes: [] };
  const notes: Note[] = [];
  noteRefusing(draft, (path, message) => {
    const { line, column } = source.place(path, false);
    notes.push({ severity: 'note', file, line, column, path: formatPath(path), message, remedy: '' });
  });
  return { config, issues, notes };
}

/** What the system's commonest words about a file mean. */
const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file, ',
  EISDIR: 'it is a directory, ',
  EACCES: 'this user may not, ',
};

/** Reads and loads a file. A file that cannot be read is an issue too. */
export function loadConfigFile(file: string): LoadResult {
  const alone = (message: string, remedy: string): LoadResult => ({
    issues: [{ severity: 'error', file, line: 0, column: 0, path: '', message, remedy }],
    notes: [],
  });
  let octets: Uint8Array;
  try {
    const { size } = statSync(file);
    if (size > LARGEST_FILE_OCTETS)
      return alone('the file is larger than 4 MiB', 'A configuration of this size is a mistake; check the path.');
    octets = readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return alone(`cannot be read: ${UNREADABLE[code] ?? ''}${code}`, 'Check the path and the permissions of the file.');
  }
  try {
    return loadConfig(new TextDecoder('utf-8', { fatal: true }).decode(octets), file);
  } catch {
    return alone('the file is not UTF-8 text', 'Save it as UTF-8.');
  }
}

function reporter(source: YamlSource, file: string, issues: Issue[], ofKey: boolean): Report {
  return (severity, path, message, remedy) => {
    const place = source.place(path, ofKey);
    issues.push({ severity, file, line: place.line, column: place.column, path: formatPath(place.path), message, remedy });
  };
}

function build(entries: PartialEntries, draft: Draft): Config | undefined {
  const { name, workers, cpus, reject, timers, drainTimeout, neighborTimers, limits, metrics, control, log, idle } = entries;
  if (name === undefined || workers === undefined || reject === undefined || timers === undefined) return undefined;
  if (neighborTimers === undefined || limits === undefined || metrics === undefined) return undefined;
  if (drainTimeout === undefined || control === undefined || log === undefined || idle === undefined) return undefined;
  const rifs = draft.rifs.map((rif) => rif.value);
  return {
    name,
    workers,
    cpus: cpus ?? [],
    ifaces: draft.ifaces.map((iface) => iface.value),
    routes: placed(entries.routes, 'routes').map((route) => resolveRoute(route.value, rifs)),
    neighbors: placed(entries.neighbors, 'neighbors').map((neighbor) => neighbor.value),
    zones: draft.zones.map((zone) => zone.value),
    reject,
    timers: resolveTimers(timers),
    drainTimeout: drainTimeout === 'off' ? undefined : drainTimeout,
    neighborTimers,
    limits,
    metrics,
    control: { socket: control.socket ?? `/run/windrose/${name}.sock` },
    log,
    idle,
  };
}
