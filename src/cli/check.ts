import { byPlace, formatIssue, type Issue, type Note } from '../config/issues.js';
import { jsonSchema } from '../config/jsonSchema.js';
import { type LoadResult, loadConfig, unreadable } from '../config/load.js';
import { readTextFile } from '../config/readFile.js';
import { configurationReference } from '../config/reference.js';
import { OBJECTS } from '../config/yamlRoom.js';
import { objectsJsonSchema } from '../objects/jsonSchema.js';
import type { LoadedObjects } from '../objects/load.js';
import { looksLikeObjects } from '../objects/recognize.js';
import { fileIssues } from './checkFiles.js';
import { objectIssues, objectsWithRoom } from './checkObjects.js';
import { Exit } from './fail.js';
import { print, printError } from './print.js';
import { differenceText, runningDifference } from './runningDifference.js';

export interface CheckOptions {
  readonly output: 'text' | 'json';
}

/** What there is a schema of. */
export const FILES = ['configuration', 'objects'] as const;

/**
 * Loads a file, a configuration or one of objects, and says what is wrong with it. Faults are the answer and go to standard output; warnings
 * and notes go to standard error, so that a script sees them beside its own output.
 */
export async function check(file: string, { output }: CheckOptions): Promise<Exit> {
  // Once: a pipe cannot be read again.
  const content = readTextFile(file, true, OBJECTS.octets);
  if ('text' in content && looksLikeObjects(content.text)) return tellObjects(file, objectsWithRoom(content.text, file), output);
  return await tellConfiguration(file, 'text' in content ? withFiles(content.text, file) : unreadable(file, content), output);
}

/** And what is wrong with files that its keys name. */
function withFiles(text: string, file: string): LoadResult {
  const loaded = loadConfig(text, file);
  if (loaded.config === undefined) return loaded;
  return { ...loaded, issues: [...loaded.issues, ...fileIssues(text, file, loaded.config)] };
}

/** And what it would change in the gateway that runs under its name. */
async function tellConfiguration(
  file: string,
  { config, issues: own, notes }: LoadResult,
  output: CheckOptions['output'],
): Promise<Exit> {
  const ofObjects = config === undefined ? [] : objectIssues(config);
  const issues = [...own, ...ofObjects];
  const valid = config !== undefined && ofObjects.every(({ severity }) => severity !== 'error');
  const difference = config === undefined ? undefined : await runningDifference(config);
  if (output === 'json') print(`${JSON.stringify({ file, kind: 'configuration', valid, issues, notes, difference }, null, 2)}\n`);
  else {
    // Places of two files have no common order.
    tell([...[...own, ...notes].sort(byPlace), ...ofObjects]);
    const warnings = count(issues, 'warning', ', ');
    print(valid ? `${file}: ok${warnings}\n${LOOKED_AT}` : `${file}:${count(issues, 'error', ' ')}${warnings}\n`);
    if (difference !== undefined) print(differenceText(difference));
    else if (config !== undefined) print(`    No gateway answers on ${config.control.socket}: there is no difference to show.\n`);
  }
  return valid ? Exit.Done : Exit.Failed;
}

/** A file of objects stands for no gateway: what it would change, "windrose apply --dry-run" asks one. */
function tellObjects(file: string, { objects, issues }: LoadedObjects, output: CheckOptions['output']): Exit {
  const valid = objects !== undefined;
  if (output === 'json') print(`${JSON.stringify({ file, kind: 'objects', valid, issues, notes: [] }, null, 2)}\n`);
  else {
    tell(issues);
    const warnings = count(issues, 'warning', ', ');
    const held = objects && KINDS.map((kind) => `${objects[kind].length} ${kind}`).join(', ');
    print(
      valid
        ? `${file}: ok${warnings}\n    A file of objects: ${held}.\n${LOOKED_AT}`
        : `${file}:${count(issues, 'error', ' ')}${warnings}\n`,
    );
    if (valid) print('    "windrose apply FILE --dry-run" says what it would change in a gateway that runs.\n');
  }
  return valid ? Exit.Done : Exit.Failed;
}

const KINDS = ['hosts', 'networks', 'subnets', 'lports', 'routers'] as const;

/** Faults to standard output, the rest to standard error. */
function tell(all: readonly (Issue | Note)[]): void {
  printIssues(all, (text, { severity }) => void (severity === 'error' ? print(text) : printError(text)));
}

/** What "ok" means. */
const LOOKED_AT = '    Checked: form, values, and how they fit together. Not looked at: devices, namespaces, ports in use.\n';

/** Issues as text, each with its remedy below. */
export function printIssues<I extends Issue | Note>(issues: readonly I[], write: (text: string, issue: I) => void): void {
  for (const issue of issues) write(`${formatIssue(issue)}\n${issue.remedy === '' ? '' : `    ${issue.remedy}\n`}`, issue);
}

/** Faults and warnings on standard error, for verbs whose answer is something else. */
export function printProblems(issues: readonly Issue[]): void {
  printIssues(issues, (text) => printError(text));
}

/** "2 errors" behind `before`; empty for none. */
export function count(issues: readonly Issue[], severity: Issue['severity'], before: string): string {
  const found = issues.filter((issue) => issue.severity === severity).length;
  return found === 0 ? '' : `${before}${found} ${severity}${found === 1 ? '' : 's'}`;
}

/** Prints the JSON Schema of a file. */
export function printSchema(of: (typeof FILES)[number]): Exit {
  print(`${JSON.stringify(of === 'objects' ? objectsJsonSchema() : jsonSchema(), null, 2)}\n`);
  return Exit.Done;
}

/** Prints what docs/configuration.md holds. */
export function printReference(): Exit {
  print(configurationReference());
  return Exit.Done;
}
