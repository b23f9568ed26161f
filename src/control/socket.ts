import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { WindroseError } from '../errors/catalog.js';
import { type Answer, boundedServer, closeServer } from './boundedServer.js';

/**
 * The control socket (D27): HTTP over a unix socket, 0660 and, where that group exists, owned by group `windrose`. The
 * directory is made; a file left by a gateway that died is replaced, one behind which somebody answers is not.
 */
export class ControlSocket {
  private constructor(
    readonly path: string,
    private readonly server: Server,
  ) {}

  /** Throws CONTROL_IN_USE or CONTROL_UNWRITABLE. */
  static async listen(path: string, answer: Answer): Promise<ControlSocket> {
    const server = boundedServer(answer, ['GET', 'HEAD', 'POST']);
    try {
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
    return new ControlSocket(path, server);
  }

  /** Closes, which also removes the file. */
  stop(): Promise<void> {
    return closeServer(this.server);
  }
}

/** Removes a socket that nobody answers behind. Anything else under the name is not ours to remove. */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new WindroseError('CONTROL_UNWRITABLE', path, 'a file of this name exists and is no socket');
  const refusal = await knock(path);
  if (refusal === undefined || refusal === 'EAGAIN') throw new WindroseError('CONTROL_IN_USE', path);
  if (refusal === 'ECONNREFUSED') unlinkSync(path);
  else if (refusal !== 'ENOENT') throw new WindroseError('CONTROL_UNWRITABLE', path, refusal);
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

function giveToGroup(path: string): void {
  chmodSync(path, 0o660);
  const gid = groupId('windrose');
  if (gid === undefined) return;
  try {
    chownSync(path, process.geteuid?.() ?? -1, gid);
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
