import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Etcd3 } from 'etcd3';
import type { EtcdAccess } from '../../src/types/etcdAccess.js';

/** Why tests with an etcd cannot run here; false: they can. */
export function etcdSkipReason(): string | false {
  const { error, status } = spawnSync('etcd', ['--version'], { stdio: 'ignore' });
  return error === undefined && status === 0 ? false : 'there is no etcd (Debian package etcd-server)';
}

/** Until an etcd answers. */
const START_MS = 20_000;

/** An etcd of one member, on free ports of an address of this machine, with its data in a directory of its own. */
export class EtcdProcess {
  #child: ChildProcess | undefined;

  private constructor(
    readonly directory: string,
    private readonly address: string,
    private readonly port: number,
    private readonly peerPort: number,
    private readonly more: readonly string[],
    /** Runs it in a network namespace. */
    private readonly netns: string | undefined,
  ) {
    process.once('exit', () => this.close());
  }

  /** `more`: arguments; with certificates among them it is reached by https. */
  static async start({
    more = [] as readonly string[],
    address = '127.0.0.1',
    netns,
    ports,
  }: {
    more?: readonly string[];
    address?: string;
    netns?: string;
    /** Where it cannot be found out which are free. */
    ports?: readonly [client: number, peer: number];
  } = {}): Promise<EtcdProcess> {
    const directory = mkdtempSync(join(tmpdir(), 'windrose-etcd-'));
    const [port, peer] = ports ?? [await freePort(), await freePort()];
    const etcd = new EtcdProcess(directory, address, port, peer, more, netns);
    await etcd.begin();
    return etcd;
  }

  get endpoint(): string {
    return `${this.more.some((one) => one.startsWith('--cert-file')) ? 'https' : 'http'}://${this.address}:${this.port}`;
  }

  access(more: Partial<EtcdAccess> = {}): EtcdAccess {
    const none = { tls: undefined, user: undefined, passwordFile: undefined };
    return { endpoints: [this.endpoint], prefix: '/windrose/', ...none, ...more };
  }

  /** Starts it with the data it has; resolves when it listens to clients. */
  async begin(): Promise<void> {
    const peer = `http://127.0.0.1:${this.peerPort}`;
    const args = [
      ...['--name', 'test', '--data-dir', join(this.directory, 'data'), '--log-level', 'error'],
      ...['--listen-client-urls', this.endpoint, '--advertise-client-urls', this.endpoint],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `test=${peer}`],
      ...this.more,
    ];
    const command = this.netns === undefined ? ['etcd', ...args] : ['ip', 'netns', 'exec', this.netns, 'etcd', ...args];
    const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    let said = '';
    child.stderr.on('data', (part: Buffer) => {
      said = (said + part).slice(-4000);
    });
    for (const end = Date.now() + START_MS; !this.#answers(); ) {
      if (child.exitCode !== null || Date.now() > end) throw new Error(`etcd does not start:\n${said}`);
      await pause(50);
    }
  }

  /** As a power failure does, of this process only. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  /** Stands still, with its connections open, until it is let go on. */
  freeze(still: boolean): void {
    this.#child?.kill(still ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Waits until all of its threads stand still: the signal reaches them one after the other. */
  async frozen(): Promise<void> {
    const tasks = `/proc/${this.#child!.pid}/task`;
    const stopped = (task: string): boolean => /^State:\s+T/m.test(readFileSync(`${tasks}/${task}/status`, 'utf8'));
    while (!readdirSync(tasks).every(stopped)) await pause(1);
  }

  /** Revisions before this one are forgotten. */
  async compact(revision: number): Promise<void> {
    const client = new Etcd3({ hosts: this.endpoint });
    await client.kv.compact({ revision, physical: true });
    client.close();
  }

  /** Safe to call twice. */
  close(): void {
    this.#child?.kill('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }

  #answers(): boolean {
    const look = ['-H', '-t', '-l', '-n', `sport = :${this.port}`];
    const [file, args] = this.netns === undefined ? ['ss', look] : ['ip', ['netns', 'exec', this.netns, 'ss', ...look]];
    return execFileSync(file as string, args as string[], { encoding: 'utf8' }).includes(`:${this.port}`);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
