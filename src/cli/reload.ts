import { WindroseError } from '../errors/catalog.js';
import type { ReloadReport } from '../types/reload.js';
import { count, printIssues } from './check.js';
import { postJson, type SocketChoice, socketPath } from './controlClient.js';
import { Exit } from './fail.js';
import { print, printError } from './print.js';

export interface ReloadOptions extends SocketChoice {
  readonly dryRun?: true | undefined;
  readonly output: 'text' | 'json';
}

/** Lets the gateway read its file again and prints what that changed, or why it changed nothing. */
export async function reload(options: ReloadOptions): Promise<Exit> {
  const socket = await socketPath(options);
  const report = (await postJson(socket, `/v1/reload${options.dryRun ? '?dry=1' : ''}`)) as ReloadReport;
  if (options.output === 'json') {
    print(`${JSON.stringify(report, null, 2)}\n`);
    return report.ok ? Exit.Done : Exit.Failed;
  }
  const { issues, notes, refused, changes, draining } = report;
  printIssues([...issues, ...(notes ?? [])], (text) => printError(text));
  for (const line of changes) print(`${line}\n`);
  for (const line of refused) printError(`refused: ${line}\n`);
  if (!report.ok) {
    const why = refused.length > 0 ? `${refused.length} refused` : count(issues, 'error', '');
    throw new WindroseError(report.begun ? 'RELOAD_FAILED' : 'RELOAD_REFUSED', report.configFile, why);
  }
  if (changes.length === 0) print('no difference\n');
  if (report.dryRun) print('dry run: nothing has changed\n');
  else if (changes.length > 0) print(`generation ${report.generation}\n`);
  for (const { address, zone, sessions } of draining)
    print(`draining: ${address} of zone ${zone}, ${sessions} session${sessions === 1 ? '' : 's'}\n`);
  for (const id of report.lateWorkers)
    process.stderr.write(`worker ${id} has not taken it over yet; it will with its next turn\n`);
  return Exit.Done;
}
