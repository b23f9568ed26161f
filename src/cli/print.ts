import { writeSync } from 'node:fs';

/** Whole text to standard output before the process may end. False: the reader went away, which is no error. */
export function print(text: string): boolean {
  const octets = Buffer.from(text);
  for (let at = 0; at < octets.length; ) {
    try {
      at += writeSync(1, octets, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') return false;
      if (code !== 'EAGAIN') throw error;
    }
  }
  return true;
}
