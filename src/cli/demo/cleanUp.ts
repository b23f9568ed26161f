/**
 * The one list of things a demo has to undo. Whatever is created or started registers its removal here; the list runs
 * backwards at the end, after an error and on a signal. It is synchronous, so that nothing can outlive the process.
 */
const undo: (() => void)[] = [];

/** Registers a removal; the latest registered runs first. */
export function onCleanUp(action: () => void): void {
  undo.push(action);
}

/** Undoes everything registered so far. A removal that fails is reported and does not stop the others. */
export function cleanUp(): void {
  for (let action = undo.pop(); action !== undefined; action = undo.pop()) {
    try {
      action();
    } catch (error) {
      process.stderr.write(`windrose: clean-up: ${(error as Error).message.split('\n')[0]}\n`);
    }
  }
}

/** Cleans up on a signal, with the shell's exit code for it, and whenever the process ends by itself. */
export function cleanUpAtTheEnd(): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => {
      process.stderr.write('\ninterrupted; removing namespaces and processes\n');
      cleanUp();
      process.exit(code);
    });
  }
  process.on('exit', cleanUp);
}
