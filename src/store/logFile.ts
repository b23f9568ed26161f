import { type FileHandle, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { WindroseError } from '../errors/catalog.js';
import { syncDirectory } from './directory.js';
import { seal, unseal } from './sealed.js';
import type { Change } from './store.js';

/** One revision: p are puts, d deletes. */
interface Entry {
  readonly r: number;
  readonly p: readonly (readonly [key: string, value: string])[];
  readonly d: readonly string[];
}

export interface LoggedRevision {
  readonly revision: number;
  readonly changes: readonly Change[];
}

const NAME = 'log';

/**
 * The revisions since the last snapshot, a line for each, appended and flushed before anybody hears of them. A process or machine
 * that dies while it writes leaves half a line at the end, which nobody was told of: it is cut off at the next start.
 */
export class LogFile {
  #broken: unknown;

  private constructor(
    private readonly directory: string,
    private handle: FileHandle,
    private length: number,
  ) {}

  /** Opens or makes the file. Throws STORE_CORRUPT when a line is not whole and others follow it. */
  static async open(directory: string): Promise<{ log: LogFile; revisions: LoggedRevision[] }> {
    const path = join(directory, NAME);
    const octets = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (octets === undefined) {
      const handle = await emptyAside(directory);
      await putInPlace(directory);
      return { log: new LogFile(directory, handle, 0), revisions: [] };
    }
    const { entries, length } = wholeLines(octets, path);
    const handle = await open(path, 'r+');
    if (length < octets.length) {
      await handle.truncate(length);
      await handle.datasync();
    }
    return { log: new LogFile(directory, handle, length), revisions: entries.map(revisionOf) };
  }

  /** Resolves when the revision is on the disk. When it rejects the revision is not there, now or at the next start. */
  async append(revision: number, changes: readonly Change[]): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    const p = changes.flatMap(({ key, value }) => (value === undefined ? [] : [[key, value] as const]));
    const d = changes.filter(({ value }) => value === undefined).map(({ key }) => key);
    const line = Buffer.from(seal({ r: revision, p, d } satisfies Entry));
    try {
      await writeAll(this.handle, line, this.length);
      await this.handle.datasync();
      this.length += line.length;
    } catch (error) {
      await this.#takeBack(error);
      throw error;
    }
  }

  /** Begins anew, after a snapshot of all that it holds. */
  async clear(): Promise<void> {
    const old = this.handle;
    const fresh = await emptyAside(this.directory);
    try {
      await putInPlace(this.directory);
    } catch (error) {
      // Which of the two files has the name now nobody can say.
      this.#broken = error;
      await fresh.close();
      throw error;
    }
    this.handle = fresh;
    this.length = 0;
    await old.close();
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  /** What may have been written goes; when that fails too nobody knows what the disk holds, and nothing is written any more. */
  async #takeBack(error: unknown): Promise<void> {
    try {
      await this.handle.truncate(this.length);
      await this.handle.datasync();
    } catch {
      this.#broken = error;
    }
  }
}

async function emptyAside(directory: string): Promise<FileHandle> {
  const handle = await open(join(directory, `${NAME}.new`), 'w+', 0o640);
  await handle.sync();
  return handle;
}

/** The new file takes the name of the one before at once. */
async function putInPlace(directory: string): Promise<void> {
  await rename(join(directory, `${NAME}.new`), join(directory, NAME));
  await syncDirectory(directory);
}

async function writeAll(handle: FileHandle, octets: Buffer, at: number): Promise<void> {
  for (let done = 0; done < octets.length; ) {
    const { bytesWritten } = await handle.write(octets, done, octets.length - done, at + done);
    done += bytesWritten;
  }
}

function wholeLines(octets: Buffer, path: string): { entries: Entry[]; length: number } {
  const entries: Entry[] = [];
  let length = 0;
  let torn = false;
  for (let start = 0; start < octets.length; ) {
    const end = octets.indexOf(0x0a, start);
    const entry = end < 0 ? undefined : (unseal(octets.toString('utf8', start, end)) as Entry | undefined);
    if (entry === undefined) torn = true;
    else if (torn) throw new WindroseError('STORE_CORRUPT', path, `the line at octet ${length} is not whole`);
    else {
      entries.push(entry);
      length = end + 1;
    }
    start = end < 0 ? octets.length : end + 1;
  }
  return { entries, length };
}

function revisionOf({ r, p, d }: Entry): LoggedRevision {
  const puts = p.map(([key, value]): Change => ({ key, value }));
  return { revision: r, changes: [...puts, ...d.map((key): Change => ({ key, value: undefined }))] };
}
