import type { Issue } from '../config/issues.js';
import { readTextFile } from '../config/readFile.js';
import { WindroseError } from '../errors/catalog.js';
import { looksLikeObjects } from '../objects/recognize.js';
import { count, printProblems } from './check.js';

/** What to throw for a configuration with faults, which are printed; one that is a file of objects has none that are worth it. */
export function faultyConfig(file: string, issues: readonly Issue[]): WindroseError {
  // A pipe has been read already, and is passed over.
  const content = readTextFile(file, false);
  if ('text' in content && looksLikeObjects(content.text)) return new WindroseError('CONFIG_IS_OBJECTS', file);
  printProblems(issues);
  return new WindroseError('CONFIG_FAULTY', file, count(issues, 'error', ''));
}
