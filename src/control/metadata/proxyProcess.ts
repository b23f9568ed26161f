import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ProxyCounts, ToProxy } from './proxy/messages.js';

/** Octets of its last words that are kept. */
const LAST_WORDS = 2000;
/** MiB of JavaScript objects: connections of all ports, one request each. */
const HEAP_MB = 256;
/** How long it may take to end. */
const END_MS = 1000;

/** The process of the metadata proxy (proxy/main.ts), accepting from the socket that it is given. */
export class ProxyProcess {
  readonly #child: ChildProcess;
  #words = '';
  #ended = false;

  /** `onExit`: it has ended although nobody asked it to, with what it said last. */
  constructor(listening: number, onCounts: (counts: ProxyCounts) => void, onExit: (words: string) => void) {
    const script = fileURLToPath(new URL('proxy/main.js', import.meta.url));
    this.#child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, script], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', listening],
    });
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.#words = (this.#words + chunk.toString('utf8')).slice(-LAST_WORDS);
    });
    this.#child.on('message', (counts: ProxyCounts) => onCounts(counts));
    const gone = (why: string): void => {
      if (this.#ended) return;
      this.#ended = true;
      onExit(this.#words.trim() || why);
    };
    this.#child.on('error', (error) => gone(error.message));
    this.#child.on('exit', (code, signal) => gone(signal === null ? `exit status ${code}` : `signal ${signal}`));
    // It keeps no gateway alive.
    this.#child.unref();
    this.#child.channel?.unref();
    (this.#child.stderr as unknown as { unref(): void }).unref();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(message: ToProxy): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  /** Resolves when it is gone. */
  async end(): Promise<void> {
    this.#ended = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    const gone = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    if (this.#child.connected) this.#child.disconnect();
    const late = setTimeout(() => this.#child.kill('SIGKILL'), END_MS);
    this.#child.ref();
    await gone;
    clearTimeout(late);
  }
}
