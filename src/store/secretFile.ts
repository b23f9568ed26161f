import { readFileSync, statSync } from 'node:fs';
import { WindroseError } from '../errors/catalog.js';

/** Octets of a file: no certificate chain is longer. */
const LONGEST = 1024 * 1024;
/** Permissions a secret may not have: any of others, and to write of the group. */
const TOO_OPEN = 0o027;

/**
 * Reads a file that the configuration names (D27); what is in it goes into no log, no listing and no error. Throws `code` for one that cannot be
 * read, is empty, or holds a secret and is open to others.
 */
export function readGuarded(code: 'STORE_SECRET' | 'METADATA_SECRET', what: string, path: string, secret: boolean): Buffer {
  try {
    const { mode, size } = statSync(path);
    if (secret && (mode & TOO_OPEN) !== 0)
      throw new WindroseError(code, what, `has mode ${(mode & 0o7777).toString(8).padStart(4, '0')}, open to others`);
    if (size > LONGEST) throw new WindroseError(code, what, `has ${size} octets`);
    const content = readFileSync(path);
    if (content.length === 0) throw new WindroseError(code, what, 'is empty');
    return content;
  } catch (error) {
    if (error instanceof WindroseError) throw error;
    throw new WindroseError(code, what, `cannot be read, ${(error as NodeJS.ErrnoException).code}`, error);
  }
}

/** Editors end a file with a line end that is no part of the secret. */
export function firstLine(content: Buffer): string {
  return content.toString('utf8').split(/\r?\n/)[0]!;
}
