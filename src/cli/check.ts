import { formatIssue, type Issue } from '../config/issues.js';
import { jsonSchema } from '../config/jsonSchema.js';
import { loadConfigFile } from '../config/load.js';
import { configurationReference } from '../config/reference.js';
import { Exit } from './fail.js';
import { print } from './print.js';
import { differenceText, runningDifference } from './runningDifference.js';

export interface CheckOptions {
  readonly output: 'text' | 'json';
}

/** Loads a file and says what is wrong with it, and what it would change in the gateway that runs under its name. */
export async function check(file: string, options: CheckOptions): Promise<Exit> {
  const { config, issues } = loadConfigFile(file);
  const valid = config !== undefined;
  const difference = config === undefined ? undefined : await runningDifference(config);
  if (options.output === 'json') print(`${JSON.stringify({ file, valid, issues, difference }, null, 2)}\n`);
  else {
    printIssues(issues, print);
    print(
      valid
        ? `${file}: ok${count(issues, 'warning', ', ')}\n`
        : `${file}:${count(issues, 'error', ' ')}${count(issues, 'warning', ', ')}\n`,
    );
    if (difference !== undefined) print(differenceText(difference));
  }
  return valid ? Exit.Done : Exit.Failed;
}

/** Issues as text, each with its remedy below. */
export function printIssues(issues: readonly Issue[], write: (text: string) => void): void {
  for (const issue of issues) write(`${formatIssue(issue)}\n${issue.remedy === '' ? '' : `    ${issue.remedy}\n`}`);
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
