import { lchownSync, lstatSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import type { Server } from 'node:http';
import { dirname } from 'node:path';
import { WindroseError } from '../errors/catalog.js';
import { asideOf, identityOf, knock, removeIfSame } from '../store/socketFile.js';
import { type Answer, boundedServer, closeServer, ServerLimit } from './boundedServer.js';
import { largestBody } from './largestBody.js';

/** Room of sockaddr_un (unix(7)), less the zero at the end. A longer path would be cut off, and somewhere else. */
const LONGEST_PATH = 107;

/**
 * The control socket (D27): HTTP over a unix socket, 0660 and, where that group exists, owned by group `windrose`. The
 * directory is made; a file left by a gateway that died is replaced, one behind which somebody answers is not.
 */
export class ControlSocket {
  private constructor(
    readonly path: string,
    private readonly server: Server,
    /** By which the file is known again. */
    private readonly identity: string | undefined,
  ) {}

  /** Throws CONTROL_IN_USE or CONTROL_UNWRITABLE. */
  static async listen(path: string, answer: Answer): Promise<ControlSocket> {
    const server = boundedServer(answer, ['GET', 'HEAD', 'POST'], ServerLimit.AnswerMs, largestBody);
    try {
      if (Buffer.byteLength(path) > LONGEST_PATH)
        throw new WindroseError('CONTROL_UNWRITABLE', path, `the path is longer than ${LONGEST_PATH} octets`);
      mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
      await removeStale(path);
      await bind(server, path);
      giveToGroup(path);
    } catch (error) {
      if (server.listening) await closeServer(server);
      if (error instanceof WindroseError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE') throw new WindroseError('CONTROL_IN_USE', path, '', error);
      throw new WindroseError('CONTROL_UNWRITABLE', path, code ?? message, error);
    }
    return new ControlSocket(path, server, identityOf(path));
  }

  /** Closes, which also removes the file. One that another gateway has put in its place stays. */
  stop(): Promise<void> {
    const now = identityOf(this.path);
    if (now === undefined || now === this.identity) return closeServer(this.server);
    // Closing removes whatever has the name: for these few steps, in one turn, it has another.
    const aside = asideOf(this.path);
    renameSync(this.path, aside);
    const closed = closeServer(this.server);
    renameSync(aside, this.path);
    return closed;
  }
}

/** Removes a socket that nobody answers behind. Anything else under the name is not ours to remove. */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  const identity = identityOf(path);
  if (!found.isSocket()) throw new WindroseError('CONTROL_UNWRITABLE', path, 'a file of this name exists and is no socket');
  const refusal = await knock(path);
  if (refusal === undefined || refusal === 'EAGAIN') throw new WindroseError('CONTROL_IN_USE', path);
  if (refusal === 'ECONNREFUSED') {
    if (!removeIfSame(path, identity)) throw new WindroseError('CONTROL_IN_USE', path);
  } else if (refusal !== 'ENOENT') throw new WindroseError('CONTROL_UNWRITABLE', path, refusal);
}

/** The mode is right from the first moment: listen binds before it returns, under this umask. */
function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const before = process.umask(0o117);
    try {
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
}

/** Of the file itself: where others may write to the directory, a link could lead elsewhere by now. */
function giveToGroup(path: string): void {
  const gid = groupId('windrose');
  if (gid === undefined) return;
  try {
    lchownSync(path, process.geteuid?.() ?? -1, gid);
  } catch (error) {
    // Without CAP_CHOWN and outside the group the socket stays with the user that runs the gateway.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}

/** Number of a group in /etc/group; undefined when it is not there. */
export function groupId(name: string, file = '/etc/group'): number | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  const line = text.split('\n').find((entry) => entry.startsWith(`${name}:`));
  const gid = Number(line?.split(':')[2] || Number.NaN);
  return Number.isInteger(gid) ? gid : undefined;
}
