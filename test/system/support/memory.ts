import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { pause } from './scenario.js';

const PAGE_OCTETS = 4096;
/** Of an entry of /proc/PID/pagemap (proc(5)): the page is in memory, or swapped out. */
const PRESENT = 0xc0;
/** Clock ticks of processor time in a look, below which a process counts as at rest. */
const REST_TICKS = 5;
const LOOK_MS = 300;
const LOOKS = 3;

/** Waits until a process hardly uses the processor: a gateway's spare worker has warmed up then. Throws after the time. */
export async function atRest(pid: number, timeoutMs = 30_000): Promise<void> {
  const ticks = (): number => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return Number(fields[11]) + Number(fields[12]);
  };
  const deadline = Date.now() + timeoutMs;
  let before = ticks();
  for (let quiet = 0; quiet < LOOKS; ) {
    await pause(LOOK_MS);
    const now = ticks();
    quiet = now - before < REST_TICKS ? quiet + 1 : 0;
    before = now;
    assert.ok(Date.now() < deadline, `process ${pid} does not come to rest within ${timeoutMs} ms`);
  }
}

/** Smallest mapping that can hold the tables; stacks have 8 MiB, pages of V8's heap a quarter of one. */
const LEAST_OCTETS = 16 << 20;

/**
 * The large mappings of a process. What of them comes into use after this is made is counted page by page: that is what tables of a
 * fixed size take, for they are mapped whole at the start and touched as they fill up. Neither a heap that grows nor code that is
 * compiled is in it, and a heap that shrinks hides nothing.
 */
export class LargeMappings {
  /** Start of each mapping and the entries of its pages. */
  readonly #mappings: readonly (readonly [start: number, before: Buffer])[];

  constructor(private readonly pid: number) {
    const lines = readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n');
    const ranges = lines.flatMap((line) => {
      const [, start, end] = /^([0-9a-f]+)-([0-9a-f]+) rw-p 00000000 00:00 0\s*$/.exec(line) ?? [];
      const range = [Number.parseInt(start ?? '0', 16), Number.parseInt(end ?? '0', 16)] as const;
      return range[1] - range[0] >= LEAST_OCTETS ? [range] : [];
    });
    this.#mappings = this.#pages((read) =>
      ranges.map(([start, end]) => [start, read(start, (end - start) / PAGE_OCTETS)] as const),
    );
  }

  /** Octets of pages that were not in use then and are now. */
  grown(): number {
    const isUsed = (entries: Buffer, page: number): boolean => (entries[page * 8 + 7]! & PRESENT) !== 0;
    const fresh = this.#pages((read) =>
      this.#mappings.map(([start, before]) => {
        const now = read(start, before.length / 8);
        let pages = 0;
        for (let page = 0; page < before.length / 8; page++) if (isUsed(now, page) && !isUsed(before, page)) pages++;
        return pages;
      }),
    );
    return fresh.reduce((sum, pages) => sum + pages, 0) * PAGE_OCTETS;
  }

  /** Hands out a reader of so many entries of /proc/PID/pagemap from an address on. */
  #pages<T>(use: (read: (start: number, pages: number) => Buffer) => T): T {
    const file = openSync(`/proc/${this.pid}/pagemap`, 'r');
    try {
      return use((start, pages) => {
        const entries = Buffer.alloc(pages * 8);
        readSync(file, entries, 0, entries.length, (start / PAGE_OCTETS) * 8);
        return entries;
      });
    } finally {
      closeSync(file);
    }
  }
}
