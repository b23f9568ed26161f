import { basename } from 'node:path';
import { readTextFile } from '../config/readFile.js';
import { WindroseError } from '../errors/catalog.js';
import type { ApplyReport } from '../types/apply.js';
import { count, printIssues } from './check.js';
import { postFile, type SocketChoice, socketPath } from './controlClient.js';
import { Exit } from './fail.js';
import { print, printError } from './print.js';

export interface ApplyOptions extends SocketChoice {
  readonly dryRun?: true | undefined;
  readonly output: 'text' | 'json';
}

/** Makes the gateway's objects those of a file and prints what that changed, or why it changed nothing. */
export async function apply(file: string, options: ApplyOptions): Promise<Exit> {
  const content = readTextFile(file, true);
  if ('fault' in content) throw new WindroseError('APPLY_UNREADABLE', file, content.fault);
  const words = new URLSearchParams({ file: basename(file), ...(options.dryRun ? { dry: '1' } : {}) });
  const socket = await socketPath(options);
  const report = (await postFile(socket, `/v1/apply?${words}`, Buffer.from(content.text))) as ApplyReport;
  if (options.output === 'json') {
    print(`${JSON.stringify(report, null, 2)}\n`);
    return report.ok ? Exit.Done : Exit.Failed;
  }
  const { issues, refused, changes } = report;
  printIssues(issues, (text) => printError(text));
  for (const line of changes) print(`${line}\n`);
  for (const line of refused) printError(`refused: ${line}\n`);
  if (!report.ok)
    throw new WindroseError('APPLY_REFUSED', file, refused.length > 0 ? `${refused.length} refused` : count(issues, 'error', ''));
  if (changes.length === 0) print('no difference\n');
  if (report.dryRun) print('dry run: nothing has changed\n');
  else if (changes.length > 0) print(`revision ${report.revision}\n`);
  return Exit.Done;
}
