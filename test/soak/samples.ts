import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bed } from '../system/support/bed.js';

/** What is written down at one moment of a soak. */
export interface Sample {
  readonly atSeconds: number;
  /** Resident memory of the gateway. */
  readonly residentMib: number;
  /** Used heap of its main thread. */
  readonly heapMib: number;
  readonly sessions: number;
  readonly portsUsed: number;
  readonly dropped: number;
  /** Frames received since the start. */
  readonly frames: number;
}

const MIB = 1 << 20;

export function heapFile(bed: Bed): string {
  return join(bed.folder, 'heap');
}

export async function sample(bed: Bed, startedMs: number): Promise<Sample> {
  const drops = await bed.read.drops();
  return {
    atSeconds: Math.round((Date.now() - startedMs) / 1000),
    residentMib: residentOctets(bed.process.child.pid!) / MIB,
    heapMib: Number(readFileSync(heapFile(bed), 'utf8')) / MIB,
    sessions: await bed.read.sessionCount(),
    portsUsed: await bed.read.portsUsed(),
    dropped: Object.values(drops).reduce((sum, count) => sum + count, 0),
    frames: (await bed.read.balance()).received,
  };
}

function residentOctets(pid: number): number {
  const pages = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(pages?.[1]) * 1024;
}

/** How much the median of `of` grew from the second quarter of the samples to the last one. */
export function growth(samples: readonly Sample[], of: (one: Sample) => number): number {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  return median(samples.slice(-quarter).map(of)) - median(samples.slice(quarter, 2 * quarter).map(of));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function line({ atSeconds, residentMib, heapMib, sessions, portsUsed, dropped, frames }: Sample): string {
  const columns = [
    `${atSeconds} s`,
    `${residentMib.toFixed(1)} MiB`,
    `${heapMib.toFixed(1)} MiB`,
    sessions,
    portsUsed,
    dropped,
    frames,
  ];
  return columns.map((column) => String(column).padStart(11)).join('');
}

export const headings = ['time', 'resident', 'heap', 'sessions', 'ports', 'dropped', 'frames']
  .map((word) => word.padStart(11))
  .join('');
