import { close, open, write } from 'node:fs';
import { promisify } from 'node:util';
import { jsonLine } from './jsonLine.js';
import type { EventOutput, OutputLoss, OutputWatch } from './output.js';
import type { EventRecord } from './record.js';

/** Characters that may wait for a slow disk. */
const MOST_WAITING = 16 << 20;
/** Pause after an error, until the file is opened again. */
const RETRY_MS = 1000;
const MODE = 0o640;
const NEWLINE = 10;

const [openFile, writeFile, closeFile] = [promisify(open), promisify(write), promisify(close)];

/**
 * JSON lines appended to a file. Writing happens beside the event loop, one piece after the other; what comes while the disk is slow
 * waits up to a bound, what comes while it fails is lost, counted, and told by a gap line as soon as it works again (LOG-5).
 */
export class FileOutput implements EventOutput {
  readonly name = 'file';
  #fd: number | undefined;
  #lines: string[] = [];
  #records: EventRecord[] = [];
  /** Characters of the lines, and of the piece that is being written. */
  #waiting = 0;
  #writing = 0;
  #busy: Promise<void> | undefined;
  #reopen = false;
  #failedMs = -Infinity;
  /** A line was cut off in its middle: what comes next begins on a line of its own. */
  #cut = false;
  #gap: Missing | undefined;

  constructor(
    readonly path: string,
    private readonly watch: OutputWatch,
    private readonly wallMs: () => number = Date.now,
    private readonly mostWaiting: number = MOST_WAITING,
  ) {}

  write(record: EventRecord): void {
    if (this.#waiting + this.#writing > this.mostWaiting) {
      this.#lose(1, 'slow');
      return;
    }
    const line = jsonLine(record);
    this.#lines.push(line);
    this.#records.push(record);
    this.#waiting += line.length;
  }

  flush(): void {
    if (this.#busy !== undefined) return;
    const nothing = this.#lines.length === 0 && this.#gap === undefined && !this.#reopen && this.#fd !== undefined;
    if (nothing) return;
    if (performance.now() - this.#failedMs < RETRY_MS) {
      this.#lose(this.#take().records.length, 'failed');
      return;
    }
    this.#busy = this.#run().finally(() => {
      this.#busy = undefined;
    });
  }

  /** Opens the file anew: logrotate(8) has moved it, or there is room again. */
  reopen(): void {
    this.#reopen = true;
    this.#failedMs = -Infinity;
    this.flush();
  }

  async close(): Promise<void> {
    // The piece under way, then what came meanwhile.
    await this.#busy;
    this.flush();
    await this.#busy;
    await this.#release();
  }

  /** One piece: all that waits. Never rejects. */
  async #run(): Promise<void> {
    const { text, records } = this.#take();
    const gap = this.#gap;
    this.#gap = undefined;
    const head =
      gap === undefined
        ? ''
        : jsonLine({ kind: 'gap', timeMs: this.wallMs(), worker: undefined, reason: reasons[gap.loss], ...gap });
    const octets = Buffer.from(`${this.#cut ? '\n' : ''}${head}${text}`);
    let written = 0;
    try {
      if (this.#reopen) await this.#release();
      this.#reopen = false;
      this.#fd ??= await openFile(this.path, 'a', MODE);
      while (written < octets.length)
        written += (await writeFile(this.#fd, octets, written, octets.length - written)).bytesWritten;
      if (written > 0) this.#cut = false;
      this.watch.state(undefined);
    } catch (error) {
      this.#failedMs = performance.now();
      if (written > 0) this.#cut = octets[written - 1] !== NEWLINE;
      this.watch.state(error as Error);
      await this.#release().catch(() => {});
    }
    this.#writing = 0;
    this.#account(octets.subarray(0, written), records, gap);
  }

  /** Counts what of a piece is in the file and what is not. */
  #account(written: Buffer, records: readonly EventRecord[], gap: Missing | undefined): void {
    let lines = 0;
    for (let at = written.indexOf(NEWLINE); at >= 0; at = written.indexOf(NEWLINE, at + 1)) lines++;
    const before = gap === undefined ? 0 : 1;
    // A piece that begins with the end of a line that was cut off holds one line end more, that of no record.
    const whole = Math.min(records.length, Math.max(0, lines - before - (written[0] === NEWLINE ? 1 : 0)));
    for (const record of records.slice(0, whole)) this.watch.written(record);
    this.#lose(records.length - whole, 'failed');
    if (gap !== undefined && lines === 0) {
      const since = this.#gap;
      this.#gap = { ...gap, lost: gap.lost + (since?.lost ?? 0), loss: since?.loss ?? gap.loss };
    }
  }

  #take(): { text: string; records: EventRecord[] } {
    const taken = { text: this.#lines.join(''), records: this.#records };
    this.#writing = this.#waiting;
    this.#lines = [];
    this.#records = [];
    this.#waiting = 0;
    return taken;
  }

  #lose(lost: number, loss: OutputLoss): void {
    if (lost === 0) return;
    this.#gap = { sinceMs: this.#gap?.sinceMs ?? this.wallMs(), lost: (this.#gap?.lost ?? 0) + lost, loss };
    this.watch.lost(lost, loss);
  }

  async #release(): Promise<void> {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) await closeFile(fd);
  }
}

/** Records that are not in the file and that no line has told yet. */
interface Missing {
  readonly sinceMs: number;
  readonly lost: number;
  readonly loss: OutputLoss;
}

const reasons = { failed: 'output-failed', slow: 'output-slow' } as const;
