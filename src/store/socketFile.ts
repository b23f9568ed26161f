import { linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';

/** The file of a unix socket. It outlives a listener that is killed, and only an attempt to connect says whether there still is one. */

/** Undefined when somebody accepts, else the error's code: ECONNREFUSED is a file nobody listens on, EAGAIN somebody whose queue is full. */
export function knock(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

/** What tells one file from another that had or gets its name: inode numbers are used again at once, times are not. */
export function identityOf(path: string): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? undefined : `${found.ino} ${found.mtimeNs}`;
}

/** A name of our own in the same directory. */
export function asideOf(path: string): string {
  return `${path}.${process.pid}`;
}

/**
 * Removes the file if it is still the one that was looked at; false when it is not: another process that starts has replaced it since, and listens.
 * Between a look and a removal there is always a moment; a file that was moved aside can still be put back.
 */
export function removeIfSame(path: string, looked: string | undefined): boolean {
  const aside = asideOf(path);
  try {
    renameSync(path, aside);
  } catch (error) {
    // Another process that starts has removed it: who binds first has the name.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
  const taken = identityOf(aside);
  try {
    if (taken === looked) return true;
    linkSync(aside, path);
  } catch (error) {
    // A third one is there already; the one aside is beyond reach, and says so when it is asked for.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(aside);
  }
  return false;
}
