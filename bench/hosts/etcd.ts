import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Clock ticks of /proc/<pid>/stat in a second. */
const TICKS = 100;
const START_MS = 20_000;

/** What etcd has done since its start. */
export interface EtcdUsage {
  readonly sentOctets: number;
  readonly receivedOctets: number;
  /** Answered calls of every kind. */
  readonly requests: number;
  readonly cpuMs: number;
  readonly rssOctets: number;
}

/** An etcd of one member in a folder that is new. */
export class Etcd {
  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
  ) {}

  /** Listens to clients on all addresses, so that each host has a connection of its own: the bench runs in a namespace. */
  static async start(folder: string, port: number): Promise<Etcd> {
    const peer = `http://127.0.0.1:${port + 1}`;
    const args = [
      ...['--name', 'bench', '--data-dir', join(folder, `etcd-${port}`), '--log-level', 'error'],
      ...['--listen-client-urls', `http://0.0.0.0:${port}`, '--advertise-client-urls', `http://127.0.0.1:${port}`],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `bench=${peer}`],
    ];
    const child = spawn('etcd', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    let gone = false;
    child.once('error', () => {
      gone = true;
    });
    const etcd = new Etcd(child, port);
    for (const end = Date.now() + START_MS; ; await pause(50)) {
      if (
        await etcd.usage().then(
          () => true,
          () => false,
        )
      )
        return etcd;
      if (gone || child.exitCode !== null || Date.now() > end)
        throw new Error('etcd does not start (Debian package etcd-server)');
    }
  }

  endpoint(host: number): string {
    return `http://127.1.${host >> 8}.${host & 255}:${this.port}`;
  }

  async usage(): Promise<EtcdUsage> {
    const text = await (await fetch(`http://127.0.0.1:${this.port}/metrics`)).text();
    const sum = (name: string): number =>
      [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce((all, [, value]) => all + Number(value), 0);
    const { pid } = this.child;
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    const [, rssKib] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
    return {
      sentOctets: sum('etcd_network_client_grpc_sent_bytes_total'),
      receivedOctets: sum('etcd_network_client_grpc_received_bytes_total'),
      requests: sum('grpc_server_handled_total'),
      cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS,
      rssOctets: Number(rssKib) * 1024,
    };
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }
}
