import type { Logger } from 'pino';

/**
 * What nobody caught is a fault of the program: logged with its stack, then the process ends with code 1 and its supervisor
 * starts it again. The kernel takes TAPs and sockets back. The result undoes it.
 */
export function logFaults(log: Logger): () => void {
  const heard = (thrown: unknown, origin: string): void => {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    log.fatal({ failure: error.message, stack: error.stack, origin }, 'fault of the program: ends');
    process.exit(1);
  };
  const rejected = (reason: unknown): void => heard(reason, 'unhandledRejection');
  process.on('uncaughtException', heard);
  process.on('unhandledRejection', rejected);
  return () => {
    process.off('uncaughtException', heard);
    process.off('unhandledRejection', rejected);
  };
}
