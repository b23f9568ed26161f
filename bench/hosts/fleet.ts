import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Order, Said, SimulatedHost, Usage } from './messages.js';

const PROGRAM = fileURLToPath(new URL('./simulated.js', import.meta.url));

/** The processes of the simulated hosts: one for each CPU, which is fewer than hosts have, and fair to none but the others. */
export class Fleet {
  /** Revision and time of the last view of each host. */
  readonly views = new Map<string, { readonly revision: number; readonly at: number }>();
  readonly ready = new Map<string, { readonly tookMs: number; readonly knownPorts: number }>();
  readonly #children: ChildProcess[];
  #heard: (said: Said) => void = () => {};
  #ended: string | undefined;

  private constructor() {
    this.#children = Array.from({ length: availableParallelism() }, () =>
      fork(PROGRAM, { execArgv: ['--max-old-space-size=8192'] }),
    );
    for (const child of this.#children) {
      child.on('message', (said: Said) => this.#take(said));
      child.once('exit', (code) => {
        this.#ended = `a process of simulated hosts has ended (${code})`;
      });
    }
  }

  /** Resolves to the processes and what they take without hosts. */
  static async start(): Promise<{ readonly fleet: Fleet; readonly empty: Usage }> {
    const fleet = new Fleet();
    return { fleet, empty: await fleet.#all('empty') };
  }

  begin(hosts: readonly SimulatedHost[], presence: boolean): void {
    this.#children.forEach((child, c) => {
      const own = hosts.filter((_, i) => i % this.#children.length === c);
      child.send({ kind: 'begin', hosts: own, presence } satisfies Order);
    });
  }

  async usage(): Promise<Usage> {
    const all = this.#all('usage');
    for (const child of this.#children) child.send({ kind: 'usage' } satisfies Order);
    return all;
  }

  /** Rejects when it takes longer, or a process has ended. */
  async until(what: string, holds: () => boolean, withinMs: number): Promise<void> {
    for (const end = Date.now() + withinMs; !holds(); await new Promise((resolve) => setTimeout(resolve, 2))) {
      if (this.#ended !== undefined) throw new Error(this.#ended);
      if (Date.now() > end) throw new Error(`${what}: not within ${withinMs / 1000} s`);
    }
  }

  stop(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  #take(said: Said): void {
    if (said.kind === 'ready') this.ready.set(said.host, said);
    else if (said.kind === 'view') this.views.set(said.host, said);
    else this.#heard(said);
  }

  /** The sum of what each process says. */
  #all(kind: 'empty' | 'usage'): Promise<Usage> {
    return new Promise((resolve) => {
      const said: Usage[] = [];
      this.#heard = (one) => {
        if (one.kind !== kind || said.push(one.usage) < this.#children.length) return;
        resolve({
          cpuMs: said.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
          rssOctets: said.reduce((sum, { rssOctets }) => sum + rssOctets, 0),
        });
      };
    });
  }
}
