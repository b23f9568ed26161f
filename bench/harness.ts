/**
 * What all benches share: medians, ratios, the result file, the text table. A bench measures; this file reports.
 * Result files have one stable name per bench (`bench/results/<bench>.json` and `.svg`), so that a new run shows as a diff.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { barChart } from './chart.js';

/** Root of the repository, seen from out/bench/. */
export const repository = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Measurements of one subject (`windrose`, `ioloop`, ...) in one case (`tcp1`, `in2out 64B`, ...), one value per round. */
export interface Series {
  case: string;
  subject: string;
  /** 'Gbit/s', 'Mpps', 'ns/frame', ... the same for every subject of a case. */
  unit: string;
  values: number[];
}

/** A ratio of two medians of one run, with what it should be. */
export interface Ratio {
  case: string;
  subject: string;
  against: string;
  ratio: number;
  /** Least ratio that meets the target; absent: reported only. */
  target?: number;
}

export interface Machine {
  cpu: string;
  cores: number;
  kernel: string;
  node: string;
}

export interface Report {
  bench: string;
  /** ISO 8601, UTC. */
  date: string;
  machine: Machine;
  /** How it was run: rounds, seconds, pinning, ... */
  settings: Record<string, string | number | boolean>;
  series: Series[];
  ratios: Ratio[];
}

/** Median of a non-empty list; the mean of the two middle values when the count is even. NaN for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** (largest - smallest) / median: how far the rounds lie apart. */
export function spread(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}

export function machine(): Machine {
  const cpus = os.cpus();
  return { cpu: cpus[0]?.model ?? 'unknown', cores: cpus.length, kernel: `${os.type()} ${os.release()}`, node: process.version };
}

/**
 * Median of the per-round ratios: both sides of a round were measured within seconds of each other, so slow drift of the
 * machine cancels out. Falls back to the ratio of medians when the series have different lengths. Undefined when one is missing.
 */
export function ratioOf(series: readonly Series[], forCase: string, subject: string, against: string): number | undefined {
  const mine = series.find((s) => s.case === forCase && s.subject === subject)?.values;
  const theirs = series.find((s) => s.case === forCase && s.subject === against)?.values;
  if (!mine?.length || !theirs?.length) return undefined;
  if (mine.length !== theirs.length) return median(mine) / median(theirs);
  return median(mine.map((value, round) => value / theirs[round]));
}

/**
 * Writes bench/results/<bench>.json and .svg; returns both paths. With `merge`, what the file has of cases that this run did not measure
 * stays; a case that it did measure is replaced as a whole, for ratios compare subjects of one run.
 */
export function writeReport(report: Report, merge = false): string[] {
  const folder = `${repository}/bench/results`;
  mkdirSync(folder, { recursive: true });
  const json = `${folder}/${report.bench}.json`;
  const svg = `${folder}/${report.bench}.svg`;
  const earlier = merge && existsSync(json) ? (JSON.parse(readFileSync(json, 'utf8')) as Report) : undefined;
  const whole = earlier === undefined ? report : merged(earlier, report);
  writeFileSync(json, JSON.stringify(whole, null, 2) + '\n');
  writeFileSync(svg, barChart(whole));
  return [json, svg];
}

/** `later`, and before it the cases of `earlier` that `later` does not have. */
export function merged(earlier: Report, later: Report): Report {
  const measured = new Set(later.series.map((s) => s.case));
  return {
    ...later,
    series: [...earlier.series.filter((s) => !measured.has(s.case)), ...later.series],
    ratios: [...earlier.ratios.filter((r) => !measured.has(r.case)), ...later.ratios],
  };
}

/** One line per case and subject: median, spread, then every ratio this subject has, with target and verdict. */
export function textTable(report: Report): string {
  const rows: string[][] = [['case', 'subject', 'median', 'unit', 'spread', 'ratio', 'target', '']];
  for (const s of report.series) {
    const own = report.ratios.filter((r) => r.case === s.case && r.subject === s.subject);
    const first = [s.case, s.subject, median(s.values).toFixed(2), s.unit, `${(spread(s.values) * 100).toFixed(0)} %`];
    if (own.length === 0) rows.push([...first, '', '', '']);
    for (const [i, r] of own.entries()) {
      const start = i === 0 ? first : ['', '', '', '', ''];
      rows.push([...start, `${r.ratio.toFixed(2)} x ${r.against}`, ...verdict(r)]);
    }
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const right = new Set([2, 4]);
  return rows
    .map((row) =>
      row
        .map((cell, i) => (right.has(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function verdict(r: Ratio): [string, string] {
  if (r.target === undefined) return ['reported', ''];
  return [`>= ${r.target.toFixed(2)}`, r.ratio >= r.target ? 'met' : 'missed'];
}

/** Shows what is being measured on one line of a terminal, or one line per call in a log. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  else if (text !== '') process.stderr.write(`${text}\n`);
}

/**
 * What a bench parsed of its command line: the options, 'help', or a sentence that says what is wrong. Prints the help then, and ends the
 * process with 0, or 2 for a wrong command line.
 */
export function optionsOrEnd<T extends object>(parsed: T | string, helpText: string): T {
  if (typeof parsed !== 'string') return parsed;
  if (parsed === 'help') {
    process.stdout.write(helpText);
    process.exit(0);
  }
  process.stderr.write(`${parsed}\n\n${helpText}`);
  return process.exit(2);
}
