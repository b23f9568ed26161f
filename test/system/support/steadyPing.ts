import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { NetSandbox } from '../../support/netns.js';

/** One answer: when it came (Unix time, ms) and of which question. */
interface Answer {
  readonly ms: number;
  readonly sequence: number;
}

/** A ping(1) that goes on until it is stopped, for how long nobody answered meanwhile. */
export class SteadyPing {
  readonly #answers: Answer[] = [];
  readonly #child: ChildProcess;
  #rest = '';
  #said = '';

  /** Asks every `intervalMs`, from a namespace. */
  constructor(
    sandbox: NetSandbox,
    netns: string,
    readonly to: string,
    readonly intervalMs = 50,
  ) {
    this.#child = sandbox.start(netns, `ping -n -D -W 1 -i ${intervalMs / 1000} ${to}`);
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    this.#child.stderr!.resume();
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) {
      const answer = /^\[(\d+\.\d+)\] \d+ bytes from .* icmp_seq=(\d+) /.exec(line);
      if (answer !== null) this.#answers.push({ ms: Number(answer[1]) * 1000, sequence: Number(answer[2]) });
      else this.#said += `${line}\n`;
    }
  }

  /** Answers so far. */
  get answered(): number {
    return this.#answers.length;
  }

  /** Whether somebody has answered after this time. */
  answeredSince(ms: number): boolean {
    return (this.#answers.at(-1)?.ms ?? 0) > ms;
  }

  /** The longest time without an answer since `ms`, the one that lasts included. */
  silence(ms: number): number {
    const times = [ms, ...this.#answers.map((one) => one.ms).filter((one) => one > ms), Date.now()];
    return times.reduce((longest, time, i) => (i === 0 ? 0 : Math.max(longest, time - times[i - 1]!)), 0);
  }

  /** Ends it: how many questions it sent, and how many before the last one answered had no answer. */
  async stop(): Promise<{ sent: number; lost: number }> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) {
      const closed = once(this.#child, 'close');
      this.#child.kill('SIGINT');
      await closed;
    }
    const sent = /(\d+) packets transmitted/.exec(this.#said + this.#rest);
    if (sent === null) throw new Error(`ping ${this.to} says no sum: ${this.#said}`);
    const answered = new Set(this.#answers.map(({ sequence }) => sequence));
    return { sent: Number(sent[1]), lost: Math.max(0, ...answered) - answered.size };
  }
}
