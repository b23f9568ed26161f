import { basename } from 'node:path';
import { readTextFile } from '../config/readFile.js';
import { OBJECTS } from '../config/yamlRoom.js';
import { WindroseError } from '../errors/catalog.js';
import type { ApplyReport } from '../types/apply.js';
import { count, printIssues } from './check.js';
import { confirmed } from './confirmed.js';
import { socketPath } from './controlClient.js';
import { Exit } from './fail.js';
import { allFollow, type Lagging, laggingText, MOST_FOLLOWING } from './following.js';
import { type ObjectsChoice, objectTools } from './objectTools.js';
import { print, printError } from './print.js';
import { unlessInterrupted } from './unlessInterrupted.js';

export interface ApplyOptions extends ObjectsChoice {
  readonly dryRun?: true | undefined;
  /** Objects that the file does not name stay. */
  readonly merge?: true | undefined;
  /** However much it removes. */
  readonly yes?: true | undefined;
  /** Until all hosts that live follow, so many seconds at most; true: as long as usual. */
  readonly wait?: number | true | undefined;
  readonly output: 'text' | 'json';
}

/** Makes the objects those of a file and prints what that changed, or why it changed nothing. */
export async function apply(file: string, options: ApplyOptions): Promise<Exit> {
  const report = await sendSurely(file, options);
  const { wait } = options;
  const lagging = async (tell: (line: string) => void): Promise<Lagging[]> => {
    if (wait === undefined || !report.ok || report.dryRun) return [];
    return allFollow(await socketPath(options), wait === true ? MOST_FOLLOWING : wait, tell);
  };
  if (options.output === 'json') {
    const late = await lagging(() => {});
    const code = printJson(wait === undefined ? report : { ...report, lagging: late });
    return late.length > 0 ? Exit.Late : code;
  }
  tellRefusal(report);
  const { issues, refused, changes, ok } = report;
  if (!ok)
    throw new WindroseError('APPLY_REFUSED', file, refused.length > 0 ? `${refused.length} refused` : count(issues, 'error', ''));
  tellChanges(report);
  if (changes.length === 0) print('no difference\n');
  tellOutcome(report);
  const late = await lagging(print);
  if (late.length > 0) throw new WindroseError('APPLY_LATE', file, laggingText(late));
  return Exit.Done;
}

/** As diff(1): exit code 0 for no difference, 1 for one, 2 when nobody can say. */
export async function diff(file: string, options: Omit<ApplyOptions, 'dryRun'>): Promise<number> {
  const report = await send(file, options, true);
  if (options.output === 'json') printJson(report);
  else {
    tellRefusal(report);
    tellChanges(report);
  }
  if (!report.ok) return TROUBLE;
  return report.changes.length === 0 ? SAME : DIFFERENT;
}

const SAME = 0;
const DIFFERENT = 1;
/** Of every fault: the caller makes it this code. */
export const TROUBLE = 2;

/** What removes much is asked about where there is somebody to ask; elsewhere the refusal says how it is meant. */
async function sendSurely(file: string, options: ApplyOptions): Promise<ApplyReport> {
  const report = await send(file, options, options.dryRun === true);
  const { ok, removes } = report;
  if (ok || removes === undefined || options.output === 'json' || process.stdin.isTTY !== true) return report;
  const meant = await confirmed(`${file} ${removes}; --merge would add to what is there. Is that meant`);
  return meant ? send(file, { ...options, yes: true }, false) : report;
}

async function send(file: string, options: Omit<ApplyOptions, 'dryRun'>, dryRun: boolean): Promise<ApplyReport> {
  const content = readTextFile(file, true, OBJECTS.octets);
  if ('fault' in content) throw new WindroseError('APPLY_UNREADABLE', file, content.fault);
  const tools = await objectTools(options);
  const asked = () =>
    tools.apply(content.text, basename(file), { dryRun, merge: options.merge === true, sure: options.yes === true });
  return dryRun ? asked() : unlessInterrupted(asked, `windrose diff ${file}`);
}

export function printJson(report: ApplyReport & { readonly lagging?: readonly Lagging[] }): Exit {
  print(`${JSON.stringify(report, null, 2)}\n`);
  return report.ok ? Exit.Done : Exit.Failed;
}

/** To standard error: faults, warnings, and what refuses. Throws what failed: then nothing is to be corrected. */
export function tellRefusal({ issues, refused, failed, warnings = [] }: ApplyReport): void {
  if (failed) throw new Error(refused.join(' '));
  printIssues(issues, (text) => printError(text));
  for (const line of refused) printError(`refused: ${line}\n`);
  for (const line of warnings) printError(`warning: ${line}\n`);
}

export function tellChanges({ changes, dryRun, removes }: ApplyReport): void {
  if (dryRun && removes !== undefined) print(`${removes}\n`);
  for (const line of changes) print(`${line}\n`);
}

export function tellOutcome({ dryRun, changes, revision, steps = 1 }: ApplyReport): void {
  if (dryRun) print('dry run: nothing has changed\n');
  else if (changes.length > 0) print(`revision ${revision}${steps > 1 ? `, in ${steps} steps: it was too large for one` : ''}\n`);
}
