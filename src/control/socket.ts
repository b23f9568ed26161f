import { lchownSync, linkSync, lstatSync, mkdirSync, readFileSync, renameSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { WindroseError } from '../errors/catalog.js';
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
  if (refusal === 'ECONNREFUSED') removeSame(path, identity);
  else if (refusal !== 'ENOENT') throw new WindroseError('CONTROL_UNWRITABLE', path, refusal);
}

/**
 * Removes the file if it is still the one that was looked at: another gateway that starts may have replaced it since, and
 * listens. Between a look and a removal there is always a moment; a file that was moved aside can still be put back.
 */
function removeSame(path: string, looked: string | undefined): void {
  const aside = asideOf(path);
  try {
    renameSync(path, aside);
  } catch (error) {
    // Another gateway that starts has removed it: who binds first has the name.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const taken = identityOf(aside);
  try {
    if (taken === looked) return;
    linkSync(aside, path);
  } catch (error) {
    // A third one is there already; the one aside is beyond reach, and says so when it is asked for.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(aside);
  }
  throw new WindroseError('CONTROL_IN_USE', path);
}

/** A name of our own in the same directory. */
function asideOf(path: string): string {
  return `${path}.${process.pid}`;
}

/** What tells one file from another that had or gets its name: inode numbers are used again at once, times are not. */
function identityOf(path: string): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? undefined : `${found.ino} ${found.mtimeNs}`;
}

/** Undefined when somebody accepts, else the error's code. EAGAIN is somebody whose queue is full. */
function knock(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
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
