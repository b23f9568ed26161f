/** The result files of the repository, and questions to all of them at once. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { median, type Report, ratioOf, repository, type Series } from '../harness.js';

/** By kind of bench. */
export type Results = ReadonlyMap<string, Report>;

/** Everything in bench/results. */
export function readResults(folder = join(repository, 'bench/results')): Results {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return new Map(
    names.sort().map((name) => [basename(name, '.json'), JSON.parse(readFileSync(join(folder, name), 'utf8')) as Report]),
  );
}

/** Measurements of one subject in one case, whichever bench made them; undefined when none did. */
export function seriesOf(results: Results, name: string, subject: string): Series | undefined {
  for (const report of results.values()) {
    const found = report.series.find((s) => s.case === name && s.subject === subject && s.values.length > 0);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function medianOf(results: Results, name: string, subject: string): number | undefined {
  const found = seriesOf(results, name, subject);
  return found && median(found.values);
}

/** Median of the ratios of the rounds of one run; undefined when one of the two was not measured. */
export function ratioIn(results: Results, name: string, subject: string, against: string): number | undefined {
  for (const { series } of results.values()) {
    const found = ratioOf(series, name, subject, against);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function settingOf(results: Results, kind: string, name: string): number | undefined {
  const value = results.get(kind)?.settings[name];
  return typeof value === 'number' ? value : undefined;
}
