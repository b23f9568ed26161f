import { closeSync, linkSync, lstatSync, openSync, renameSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { WindroseError } from '../errors/catalog.js';

/**
 * One process at a time writes to a store. The lock is a unix socket that its holder listens on: unlike the number of a process it says
 * by itself whether the holder lives, in other namespaces of processes too, and a killed holder leaves one that nobody answers on.
 */
export class WriterLock {
  private constructor(
    private readonly path: string,
    private readonly directory: number,
    private readonly server: Server,
    private readonly identity: string | undefined,
  ) {}

  /** Throws STORE_IN_USE when somebody else has the directory. */
  static async take(directory: string): Promise<WriterLock> {
    const fd = openSync(directory, 'r');
    try {
      // A path of any length in the few octets that a socket's may have (unix(7): 107).
      const path = `/proc/self/fd/${fd}/lock`;
      return new WriterLock(path, fd, await listenAt(path, directory), identityOf(path));
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** False when the lock was taken away, by somebody who removed the file. */
  get held(): boolean {
    return identityOf(this.path) === this.identity;
  }

  async release(): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
    closeSync(this.directory);
  }
}

async function listenAt(path: string, directory: string): Promise<Server> {
  const looked = identityOf(path);
  if (looked !== undefined) {
    if (await answers(path)) throw new WindroseError('STORE_IN_USE', directory);
    removeSame(path, looked, directory);
  }
  const server = createServer((peer) => peer.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new WindroseError('STORE_IN_USE', directory, '', error) : error),
    );
    server.listen(path, resolve);
  });
  // It says that the process lives, and is nothing to live for.
  server.unref();
  return server;
}

/** Removes the file if it is still the one nobody answered on; else another process has just taken the lock. */
function removeSame(path: string, looked: string, directory: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const taken = identityOf(aside);
  try {
    if (taken === looked) return;
    linkSync(aside, path);
  } finally {
    unlinkSync(aside);
  }
  throw new WindroseError('STORE_IN_USE', directory);
}

/** What tells one file from another that had its name: inode numbers are used again at once, times are not. */
function identityOf(path: string): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? undefined : `${found.ino} ${found.mtimeNs}`;
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const knock = connect(path);
    knock.once('connect', () => {
      knock.destroy();
      resolve(true);
    });
    knock.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  });
}
