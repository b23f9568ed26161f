import { printError } from './print.js';

/** Of a process that SIGINT ended, as shells have it. */
const INTERRUPTED = 130;

/** A change that is asked for. Ctrl-C ends the process, and says that it may be made all the same; `teller`: the command that tells. */
export async function unlessInterrupted<T>(change: () => Promise<T>, teller: string): Promise<T> {
  const stop = (): void => {
    printError(`interrupted; the change may have been made: "${teller}" tells\n`);
    process.exit(INTERRUPTED);
  };
  process.once('SIGINT', stop);
  try {
    return await change();
  } finally {
    process.removeListener('SIGINT', stop);
  }
}
