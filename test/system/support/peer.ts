import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TcpOperations } from './tcpEnds.js';
import type { UdpOperations } from './udpEnds.js';

/** A host's program (peerMain.ts) and the requests it takes. Times in milliseconds, sizes in octets. */

export interface ConnectResult {
  ok: boolean;
  /** "ECONNREFUSED", "EHOSTUNREACH", "ETIMEDOUT", ...; empty when ok. */
  error: string;
  /** From the call until connected or failed. */
  ms: number;
  echoed: number;
}

export interface UdpResult {
  ok: boolean;
  error: string;
  octets: number;
  ms: number;
}

export interface CountResult {
  ok: number;
  errors: Record<string, number>;
}

interface Target {
  to: string;
  port: number;
  from?: string;
  timeoutMs?: number;
}

export interface PeerOperations extends TcpOperations, UdpOperations {
  /** Echo servers on all addresses. */
  serveTcp(options: { port: number }): Promise<null>;
  serveUdp(options: { port: number }): Promise<null>;
  /** "address:port" of who connected since the last call, in order; waits for so many at first. */
  accepted(options: { least: number }): Promise<string[]>;
  received(options: null): Promise<{ from: string; octets: number }[]>;
  connect(options: Target & { payload?: number }): Promise<ConnectResult>;
  connectMany(options: Target & { payload?: number; count: number; parallel?: number }): Promise<CountResult>;
  /** Short connections at a steady rate, to the ports in turn. */
  connectRate(
    options: Omit<Target, 'port'> & { ports: number[]; payload?: number; perSecond: number; seconds: number },
  ): Promise<CountResult>;
  /** Opens connections and keeps them. */
  hold(options: Target & { count: number }): Promise<{ held: number; error: string }>;
  echoHeld(options: { timeoutMs: number }): Promise<number>;
  dropHeld(options: null): Promise<null>;
  askUdp(options: Target & { octets: number }): Promise<UdpResult>;
}

type Result<K extends keyof PeerOperations> = Awaited<ReturnType<PeerOperations[K]>>;

export class Peer {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  #next = 1;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (answer: { id?: number; result?: unknown; error?: string }) => {
      const waiting = answer.id === undefined ? undefined : this.#waiting.get(answer.id);
      if (waiting === undefined) return;
      this.#waiting.delete(answer.id!);
      if (answer.error === undefined) waiting.resolve(answer.result as never);
      else waiting.reject(new Error(answer.error));
    });
    child.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the peer ended'));
    });
  }

  /** Starts the program in a namespace. */
  static async start(netns: string): Promise<Peer> {
    const program = fileURLToPath(new URL('./peerMain.js', import.meta.url));
    const child = spawn('ip', ['netns', 'exec', netns, process.execPath, program], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const peer = new Peer(child);
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve());
      child.once('exit', (code) => reject(new Error(`the peer ended with ${code}`)));
      child.once('error', reject);
    });
    return peer;
  }

  ask<K extends keyof PeerOperations>(operation: K, options: Parameters<PeerOperations[K]>[0]): Promise<Result<K>> {
    const { timeoutMs = 3000, seconds = 0 } = (options ?? {}) as { timeoutMs?: number; seconds?: number };
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      const limit = setTimeout(
        () => {
          this.#waiting.delete(id);
          reject(new Error(`the peer did not answer ${operation} ${JSON.stringify(options)}`));
        },
        2 * timeoutMs + seconds * 1000 + 15_000,
      );
      const settled =
        <T>(done: (value: T) => void) =>
        (value: T) => {
          clearTimeout(limit);
          done(value);
        };
      this.#waiting.set(id, { resolve: settled(resolve) as (value: never) => void, reject: settled(reject) });
      this.#child.send({ id, operation, options });
    });
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }
}
