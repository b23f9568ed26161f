import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { largerThan, YamlRoom } from './yamlRoom.js';

/** Octets of a configuration file, or why it cannot be one. */
export type FileContent = { readonly octets: Uint8Array } | { readonly fault: string; readonly remedy: string };

/** Where a shell puts a pipe it gives to a command: "windrose check /dev/stdin", "windrose check <(envsubst ...)". */
const GIVEN = /^\/(?:dev\/stdin|dev\/fd\/\d+|proc\/self\/fd\/\d+)$/;

/** What the system's commonest words about a file mean. */
const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file, ',
  EISDIR: 'it is a directory, ',
  EACCES: 'this user may not, ',
};

const LOOK_AGAIN_MS = 10;

/**
 * Reads a configuration file. Only a regular file is read, or one a link leads to: opening or reading a FIFO, a terminal or
 * another device could take for ever. `pipes`: a pipe that the shell gave to this command is read to its end as well; a
 * gateway that reloads does not wait for one. Never throws.
 */
export function readConfigFile(file: string, pipes: boolean, most: number = YamlRoom.Octets): FileContent {
  const piped = (found: Stats): boolean => pipes && found.isFIFO() && GIVEN.test(file);
  let fd: number | undefined;
  try {
    // Looked at before it is opened: to open a device is to use it. And after: it may be another one by then.
    const before = statSync(file);
    if (before.isDirectory()) return unreadable('EISDIR');
    if (!before.isFile() && !piped(before)) return notRegular();
    // Without O_NONBLOCK the open itself waits for a writer of a FIFO.
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const found = fstatSync(fd);
    if (!found.isFile() && !piped(found)) return notRegular();
    return found.size > most ? tooLarge(most) : readWhole(fd, piped(found), most);
  } catch (error) {
    return unreadable((error as NodeJS.ErrnoException).code ?? String(error));
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** The same as text. */
export function readTextFile(
  file: string,
  pipes: boolean,
  most?: number,
): { readonly text: string } | { readonly fault: string; readonly remedy: string } {
  const content = readConfigFile(file, pipes, most);
  if ('fault' in content) return content;
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(content.octets) };
  } catch {
    return { fault: 'the file is not UTF-8 text', remedy: 'Save it as UTF-8.' };
  }
}

function readWhole(fd: number, waits: boolean, most: number): FileContent {
  // One more than may be: a file can grow, and those of /proc have no size.
  const octets = Buffer.alloc(most + 1);
  let length = 0;
  while (length < octets.length) {
    const read = readSome(fd, octets, length, waits);
    if (read === 0) return { octets: octets.subarray(0, length) };
    length += read;
  }
  return tooLarge(most);
}

function readSome(fd: number, into: Buffer, at: number, waits: boolean): number {
  for (;;) {
    try {
      return readSync(fd, into, at, into.length - at, null);
    } catch (error) {
      if (!waits || (error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_AGAIN_MS);
    }
  }
}

function notRegular(): FileContent {
  return { fault: 'is not a regular file', remedy: 'Give the path of a file.' };
}

function tooLarge(most: number): FileContent {
  return { fault: largerThan(most), remedy: 'A configuration of this size is a mistake; check the path.' };
}

function unreadable(code: string): FileContent {
  return { fault: `cannot be read: ${UNREADABLE[code] ?? ''}${code}`, remedy: 'Check the path and the permissions of the file.' };
}
