import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { WindroseError } from '../errors/catalog.js';
import { syncDirectory } from './directory.js';
import { seal, unseal } from './sealed.js';
import type { KeyValue, Range } from './store.js';

const NAME = 'snapshot';

/** Number of the form of the files. */
const FORM = 1;

/** Stands in the first line. */
interface Head {
  readonly form: number;
  readonly revision: number;
  readonly items: number;
}

/** Everything at one revision, so that the log need not be kept for ever. It takes the place of the one before at once, or not at all. */
export async function writeSnapshot(directory: string, { revision, items }: Range): Promise<void> {
  const aside = join(directory, `${NAME}.new`);
  const handle = await open(aside, 'w', 0o640);
  try {
    const head: Head = { form: FORM, revision, items: items.length };
    await handle.writeFile([seal(head), ...items.map(({ key, value, modRevision }) => seal([key, value, modRevision]))].join(''));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(aside, join(directory, NAME));
  await syncDirectory(directory);
}

/** Nothing at revision 0 when there is none. Throws STORE_CORRUPT, or STORE_NEWER for one of a later version of the program. */
export async function readSnapshot(directory: string): Promise<Range> {
  const path = join(directory, NAME);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { revision: 0, items: [] };
    throw error;
  }
  const lines = text.split('\n').slice(0, -1);
  const head = unseal(lines[0] ?? '') as Head | undefined;
  if (head !== undefined && head.form > FORM)
    throw new WindroseError('STORE_NEWER', path, `form ${head.form}, this program knows ${FORM}`);
  const items = lines.slice(1).map(unseal) as (readonly [string, string, number] | undefined)[];
  const broken = head === undefined ? 0 : items.indexOf(undefined) + 1;
  if (head === undefined || broken > 0) throw new WindroseError('STORE_CORRUPT', path, `line ${broken + 1} is not whole`);
  if (head.items !== items.length) throw new WindroseError('STORE_CORRUPT', path, 'lines are missing');
  return {
    revision: head.revision,
    items: items.map((item): KeyValue => ({ key: item![0], value: item![1], modRevision: item![2] })),
  };
}
