/**
 * Comparing a run with an earlier one. Absolute figures of a machine move from hour to hour, ratios within a run hardly do, so ratios are
 * what is kept and compared. Each has a tolerance of its own, from how far the rounds of the run lay apart.
 */
import type { Report, Series } from '../harness.js';
import { median, ratioOf } from '../harness.js';

export interface Kept {
  bench: string;
  case: string;
  subject: string;
  against: string;
  /** Median of the ratios of the rounds. */
  ratio: number;
  /** Share of `ratio` within which another run is the same. */
  tolerance: number;
}

export interface Baseline {
  /** ISO 8601, UTC: when it was written. */
  date: string;
  kept: Kept[];
}

export type Judgement = 'better' | 'same' | 'worse' | 'new' | 'not measured';

export interface Line {
  place: string;
  judgement: Judgement;
  /** Absent where one of the two has none. */
  before?: number;
  now?: number;
  tolerance?: number;
}

/** What no machine we know stays within, and what would hide any change. */
const LEAST_TOLERANCE = 0.03;
const MOST_TOLERANCE = 0.3;

/** Units of which less is better; a ratio of such figures above the earlier one is worse. */
const LESS_IS_BETTER = /^(ns|us|µs|ms|s|%|octets)\b|^% /;

/** Every ratio of the reports with its tolerance. */
export function baselineOf(reports: Iterable<Report>, date: string): Baseline {
  const kept: Kept[] = [];
  for (const { bench, ratios, series } of reports) {
    for (const r of ratios) {
      const ratio = ratioOf(series, r.case, r.subject, r.against) ?? r.ratio;
      if (!Number.isFinite(ratio)) continue;
      const tolerance = toleranceOf(ratiosOfRounds(series, r.case, r.subject, r.against));
      kept.push({ bench, case: r.case, subject: r.subject, against: r.against, ratio: rounded(ratio), tolerance });
    }
  }
  return { date, kept };
}

/**
 * How far the median of such a run may lie from the median of another: one and a half times the middle distance of the rounds from theirs,
 * between 3 and 30 %. Distances rather than the whole spread: one disturbed round in five says nothing about the median.
 */
export function toleranceOf(ratios: readonly number[]): number {
  if (ratios.length < 2) return MOST_TOLERANCE;
  const middle = median(ratios);
  const distance = median(ratios.map((ratio) => Math.abs(ratio - middle))) / middle;
  return Math.round(Math.min(MOST_TOLERANCE, Math.max(LEAST_TOLERANCE, 1.5 * distance)) * 1000) / 1000;
}

/** Every ratio of the baseline against the present one, then those the baseline does not know. */
export function compare(baseline: Baseline, reports: Iterable<Report>): Line[] {
  const present = new Map<string, Report>();
  for (const report of reports) present.set(report.bench, report);
  const lines = baseline.kept.map((kept): Line => {
    const report = present.get(kept.bench);
    const now = report === undefined ? undefined : ratioOf(report.series, kept.case, kept.subject, kept.against);
    const { ratio: before, tolerance } = kept;
    if (now === undefined) return { place: placeOf(kept), judgement: 'not measured', before, tolerance };
    const gain = (now / before - 1) * (lessIsBetter(report!, kept.case) ? -1 : 1);
    const judgement = gain > tolerance ? 'better' : gain < -tolerance ? 'worse' : 'same';
    return { place: placeOf(kept), judgement, before, now, tolerance };
  });
  const known = new Set(baseline.kept.map(placeOf));
  for (const { place, now } of baselineOf(present.values(), '').kept.map((k) => ({ place: placeOf(k), now: k.ratio })))
    if (!known.has(place)) lines.push({ place, judgement: 'new', now });
  return lines;
}

/** One line each, worst first. */
export function textOf(lines: readonly Line[]): string {
  const order: Judgement[] = ['worse', 'better', 'same', 'new', 'not measured'];
  const width = Math.max(0, ...lines.map(({ place }) => place.length));
  return [...lines]
    .sort((a, b) => order.indexOf(a.judgement) - order.indexOf(b.judgement))
    .map(({ place, judgement, before, now, tolerance }) => {
      const figures = [before, now].map((value) => value?.toFixed(2) ?? '-').join(' -> ');
      const change = before === undefined || now === undefined ? '' : `  ${signed(now / before - 1)}`;
      const allowed = tolerance === undefined ? '' : `  (+-${(tolerance * 100).toFixed(0)} %)`;
      return `${judgement.padEnd(12)}  ${place.padEnd(width)}  ${figures}${change}${allowed}`;
    })
    .join('\n');
}

function placeOf({ bench, case: name, subject, against }: Kept): string {
  return `${bench}: ${name}, ${subject} of ${against}`;
}

function lessIsBetter({ series }: Report, name: string): boolean {
  return LESS_IS_BETTER.test(series.find((s) => s.case === name)?.unit ?? '');
}

function ratiosOfRounds(series: readonly Series[], name: string, subject: string, against: string): number[] {
  const of = (who: string) => series.find((s) => s.case === name && s.subject === who)?.values ?? [];
  const [mine, theirs] = [of(subject), of(against)];
  return mine.length === theirs.length ? mine.map((value, round) => value / theirs[round]!) : [];
}

function rounded(value: number): number {
  return Number(value.toFixed(4));
}

function signed(share: number): string {
  return `${share < 0 ? '-' : '+'}${Math.abs(share * 100).toFixed(1)} %`;
}
