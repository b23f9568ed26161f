import { finishFrame, frameRoom, wireOctets } from '../control/capture/finishFrame.js';
import { frameLine, frameText } from '../control/capture/frameLine.js';
import { listen } from '../control/capture/listener.js';
import type { TraceAnswer } from '../types/trace.js';
import { postOctets } from './controlClient.js';
import { Exit, fail } from './fail.js';
import { print } from './print.js';
import { segmentOf } from './superFrame.js';
import type { TraceTask } from './traceTask.js';
import { traceText } from './traceText.js';

/**
 * The program that traces frames as they come in: `traceLive.ts` starts it in the namespace of the device, with its task as the
 * only argument. It listens as `capture` does and asks the gateway about one frame after the other. It ends with SIGINT, SIGTERM or
 * SIGHUP, or when it has what was asked for.
 */

/** Frames that wait for their turn at most; the ones behind them are counted and left out. */
const MOST_WAITING = 256;

interface Caught {
  readonly octets: Uint8Array;
  /** Microseconds since 1970, when it was taken. */
  readonly time: number;
}

class Tracer {
  readonly #room = frameRoom();
  readonly #waiting: Caught[] = [];
  readonly #verdicts = new Map<string, number>();
  #caught = 0;
  #traced = 0;
  #missed = 0;
  #isBusy = false;
  #isFull = false;
  #isOver = false;
  #stop: () => void = () => {};

  constructor(readonly task: TraceTask) {}

  start(): void {
    this.#stop = listen(this.task.device, this.task.filter, (octets) => this.#take(octets));
  }

  #take(octets: Uint8Array): void {
    if (this.#isFull || this.#isOver) return;
    if (this.#waiting.length >= MOST_WAITING) {
      this.#missed++;
      return;
    }
    const finished = finishFrame(this.#room, octets);
    // What was cut off is data; the headers say how much, and lengths are all that counts of it.
    const whole = new Uint8Array(wireOctets(finished));
    whole.set(finished);
    this.#waiting.push({ octets: whole, time: (performance.timeOrigin + performance.now()) * 1000 });
    this.#caught++;
    this.#isFull = this.#caught === this.task.count;
    if (!this.#isBusy) void this.#work();
  }

  /** Asks about the frames in turn. Whoever stops reading ends it, as does a gateway that no longer answers. */
  async #work(): Promise<void> {
    this.#isBusy = true;
    try {
      for (let one = this.#waiting.shift(); one !== undefined && !this.#isOver; one = this.#waiting.shift()) {
        if (!(await this.#trace(one))) return this.end('; the reader is gone');
      }
    } catch (error) {
      this.#isOver = true;
      process.exit(fail(error));
    }
    this.#isBusy = false;
    if (this.#isFull) this.end('');
  }

  async #trace({ octets, time }: Caught): Promise<boolean> {
    const { iface, socket, mtu, output } = this.task;
    const query = new URLSearchParams({ iface, segment: String(segmentOf(octets, mtu)) });
    const answer = (await postOctets(socket, `/v1/trace?${query}`, octets)) as TraceAnswer;
    const number = ++this.#traced;
    this.#verdicts.set(answer.verdict, (this.#verdicts.get(answer.verdict) ?? 0) + 1);
    if (output === 'json')
      return print(
        `${JSON.stringify({ number, time: new Date(time / 1000).toISOString(), captured: frameText(octets), ...answer })}\n`,
      );
    return print(`${number === 1 ? '' : '\n'}${frameLine(octets, time)}\n${traceText(answer)}`);
  }

  end(why: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stop();
    const list = [...this.#verdicts].map(([verdict, frames]) => `${frames} ${verdict}`).join(', ');
    const missed = this.#missed === 0 ? '' : `; ${this.#missed} more came in too fast to be traced`;
    const frames = `${this.#traced} ${this.#traced === 1 ? 'frame' : 'frames'}`;
    process.stderr.write(`windrose: ${frames} traced on ${this.task.label}${list === '' ? '' : ` (${list})`}${missed}${why}.\n`);
    process.exitCode = Exit.Done;
    // What libpcap still holds open must not keep the process.
    setImmediate(() => process.exit());
  }
}

function run(task: TraceTask): void {
  const tracer = new Tracer(task);
  tracer.start();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => tracer.end(''));
  if (task.seconds !== undefined) setTimeout(() => tracer.end(''), task.seconds * 1000);
  process.stderr.write(`windrose: tracing what comes in by ${task.label}: ${task.filter}\n`);
}

try {
  run(JSON.parse(process.argv[2]!) as TraceTask);
} catch (error) {
  process.exit(fail(error));
}
