import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The compiled program, as an operator starts it. */
export const program = fileURLToPath(new URL('../../../src/main.js', import.meta.url));

/** How the program ended: its code, or the signal that ended it, and all it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `windrose run` as a child process. */
export class GatewayProcess {
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  private constructor(readonly child: ChildProcess) {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve) => {
      child.on('close', (code, signal) => resolve({ code, signal, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  /** Starts it and returns at once. `through` is a command that runs it, such as setpriv(1) with its options. */
  static launch(configFile: string, through: readonly string[] = [], nodeOptions: readonly string[] = []): GatewayProcess {
    // A test that dies takes its gateway along, whatever killed it.
    const [file, ...args] = [
      'setpriv',
      '--pdeathsig',
      'TERM',
      ...through,
      process.execPath,
      ...nodeOptions,
      program,
      'run',
      '--config',
      configFile,
    ];
    return new GatewayProcess(spawn(file!, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** Starts it and waits until it forwards. Throws with what it said when it ends instead. */
  static async start(configFile: string, nodeOptions: readonly string[] = []): Promise<GatewayProcess> {
    const gateway = GatewayProcess.launch(configFile, [], nodeOptions);
    await gateway.ready();
    return gateway;
  }

  async ready(timeoutMs = 90_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (this.readyLine() === undefined) {
      if (this.child.exitCode !== null || this.child.signalCode !== null || Date.now() > deadline) {
        this.child.kill('SIGKILL');
        throw new Error(`the gateway did not get ready:\n${this.stdout}${this.stderr}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** The log line that says `ready`. */
  readyLine(): Record<string, unknown> | undefined {
    const line = this.stdout.split('\n').find((text) => text.includes('"msg":"ready"') && text.endsWith('}'));
    return line === undefined ? undefined : (JSON.parse(line) as Record<string, unknown>);
  }

  /** Sends the signal and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    const ended = await this.ended;
    clearTimeout(timer);
    return ended;
  }
}
