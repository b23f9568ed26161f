import { closeSync, openSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { WindroseError } from '../errors/catalog.js';
import { identityOf, knock, removeIfSame } from './socketFile.js';

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
    const refusal = await knock(path);
    const isLeft = refusal === 'ECONNREFUSED' || refusal === 'ENOENT';
    if (!isLeft || !removeIfSame(path, looked)) throw new WindroseError('STORE_IN_USE', directory);
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
