import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { checkout } from '../../guard/markdown.js';

const env = { ...process.env, npm_config_update_notifier: 'false' };

/**
 * Where what a document tells its reader to type is typed, word for word: a network namespace and mounts of its own. /run and /var/lib, where
 * namespaces, sockets and stores are, are empty there, so that no name meets anybody else's and nothing stays.
 */
export class PageLab {
  readonly #terminals: ChildProcess[] = [];
  #lab: ChildProcess | undefined;

  constructor() {
    process.once('exit', () => this.#end());
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(143));
  }

  async open(): Promise<void> {
    const mounts = 'mount -t tmpfs none /run; mount -t tmpfs none /var/lib; ip link set lo up';
    this.#lab = spawn('unshare', ['--net', '--mount', 'sh', '-ec', `${mounts}\necho there; exec sleep 600`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await said(this.#lab, 'there');
  }

  /** A block, typed in one terminal after the other ones; what it has printed. */
  type(block: string, timeout = 120_000): string {
    return execFileSync(...this.#inside(block), { cwd: checkout, env, encoding: 'utf8', timeout });
  }

  /** A terminal that stays; resolves when it has printed `sign`. */
  async leave(line: string, sign: string): Promise<ChildProcess> {
    const [file, args] = this.#inside(`exec ${line.trim()}`);
    const terminal = spawn(file, args, { cwd: checkout, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#terminals.push(terminal);
    await said(terminal, sign);
    return terminal;
  }

  /** Ctrl-C in every terminal that stays. */
  async stop(): Promise<void> {
    for (const terminal of this.#terminals.splice(0).reverse()) {
      if (terminal.exitCode !== null || terminal.signalCode !== null) continue;
      terminal.kill('SIGTERM');
      await once(terminal, 'close', { signal: AbortSignal.timeout(20_000) });
    }
  }

  async close(): Promise<void> {
    await this.stop();
    this.#end();
  }

  #inside(script: string): [string, string[]] {
    const place = ['--target', String(this.#lab!.pid), '--net', '--mount', '--wd=.'];
    return ['nsenter', [...place, 'sh', '-ec', script]];
  }

  #end(): void {
    for (const child of [...this.#terminals, this.#lab]) if (child?.exitCode === null) child.kill('SIGTERM');
  }
}

/** Waits until a process has printed `sign`. */
async function said(child: ChildProcess, sign: string): Promise<void> {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  }
  for (const end = Date.now() + 120_000; !text.includes(sign); ) {
    assert.ok(Date.now() < end && child.exitCode === null, `no ${sign} in:\n${text}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
