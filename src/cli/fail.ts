import { type ErrorCode, WindroseError } from '../errors/catalog.js';
import { fromAddonError, isAddonError } from '../errors/system.js';
import { printError } from './print.js';

/** Exit codes of every verb. */
export const enum Exit {
  Done = 0,
  Failed = 1,
  Usage = 2,
  /** It was done, and not everybody has it in the time that was given. */
  Late = 3,
}

/** Errors in the words of the command line itself. */
const USAGE: ReadonlySet<string> = new Set<ErrorCode>(['SELECTOR_FAULTY', 'KIND_UNKNOWN', 'SHOW_UNKNOWN', 'WORDS_REFUSED']);

/** One line on stderr; the stack only for someone who asks for it. Returns the exit code. */
export function fail(thrown: unknown): Exit {
  const error = isAddonError(thrown) ? fromAddonError(thrown) : thrown;
  const remedy = error instanceof WindroseError ? ` ${error.remedy}` : '';
  const sentence = error instanceof Error ? error.message.split('\n')[0]! : String(error);
  printError(`windrose: ${sentence}${remedy}\n`);
  if (process.env.WINDROSE_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  if (!(error instanceof WindroseError)) return Exit.Failed;
  if (error.code === 'APPLY_LATE') return Exit.Late;
  return USAGE.has(error.code) ? Exit.Usage : Exit.Failed;
}
