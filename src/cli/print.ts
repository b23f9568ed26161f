import { writeSync } from 'node:fs';
import { visibleLines } from '../types/visible.js';

/**
 * Whole text to standard output before the process may end. False: the reader went away, which is no error. Control characters
 * of files, devices and gateways never reach the terminal.
 */
export function print(text: string): boolean {
  return printAsIs(visibleLines(text));
}

/** The same to standard error. */
export function printError(text: string): void {
  write(2, visibleLines(text));
}

/** The same as print for control characters that are meant. */
export function printAsIs(text: string): boolean {
  return write(1, text);
}

function write(fd: number, text: string): boolean {
  const octets = Buffer.from(text);
  for (let at = 0; at < octets.length; ) {
    try {
      at += writeSync(fd, octets, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') return false;
      if (code !== 'EAGAIN') throw error;
    }
  }
  return true;
}
