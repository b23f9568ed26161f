import { byPlace, formatIssue, type Issue, type Note } from '../config/issues.js';
import { jsonSchema } from '../config/jsonSchema.js';
import { loadConfigFile } from '../config/load.js';
import { configurationReference } from '../config/reference.js';
import { objectIssues } from './checkObjects.js';
import { Exit } from './fail.js';
import { print, printError } from './print.js';
import { differenceText, runningDifference } from './runningDifference.js';

export interface CheckOptions {
  readonly output: 'text' | 'json';
}

/**
 * Loads a file and says what is wrong with it, and what it would change in the gateway that runs under its name. Faults are the
 * answer and go to standard output; warnings and notes go to standard error, so that a script sees them beside its own output.
 */
export async function check(file: string, options: CheckOptions): Promise<Exit> {
  const { config, issues: own, notes } = loadConfigFile(file, { pipes: true });
  const ofObjects = config === undefined ? [] : objectIssues(config);
  const issues = [...own, ...ofObjects];
  const valid = config !== undefined && ofObjects.every(({ severity }) => severity !== 'error');
  const difference = config === undefined ? undefined : await runningDifference(config);
  if (options.output === 'json') print(`${JSON.stringify({ file, valid, issues, notes, difference }, null, 2)}\n`);
  else {
    // Places of two files have no common order.
    const told = [...[...own, ...notes].sort(byPlace), ...ofObjects];
    printIssues(told, (text, { severity }) => void (severity === 'error' ? print(text) : printError(text)));
    const warnings = count(issues, 'warning', ', ');
    print(valid ? `${file}: ok${warnings}\n${LOOKED_AT}` : `${file}:${count(issues, 'error', ' ')}${warnings}\n`);
    if (difference !== undefined) print(differenceText(difference));
    else if (config !== undefined) print(`    No gateway answers on ${config.control.socket}: there is no difference to show.\n`);
  }
  return valid ? Exit.Done : Exit.Failed;
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

/** Prints the JSON Schema of the file. */
export function printSchema(): Exit {
  print(`${JSON.stringify(jsonSchema(), null, 2)}\n`);
  return Exit.Done;
}

/** Prints what docs/configuration.md holds. */
export function printReference(): Exit {
  print(configurationReference());
  return Exit.Done;
}
