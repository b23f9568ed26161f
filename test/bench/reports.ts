/** Reports for tests. */
import { type Report, ratioOf, type Series } from '../../bench/harness.js';

/** A report of one case with these values of each subject, and the ratio of the first subject to each other one. */
export function reportOf(bench: string, name: string, unit: string, values: Record<string, number[]>): Report {
  const series: Series[] = Object.entries(values).map(([subject, rounds]) => ({ case: name, subject, unit, values: rounds }));
  const [first, ...others] = Object.keys(values);
  return {
    bench,
    date: '2026-01-02T03:04:05.000Z',
    machine: { cpu: 'a processor', cores: 2, kernel: 'Linux 6', node: 'v20' },
    settings: { rounds: 5, clientCpus: '0' },
    series,
    ratios: others.map((against) => ({ case: name, subject: first!, against, ratio: ratioOf(series, name, first!, against)! })),
  };
}

export function resultsOf(...reports: Report[]): Map<string, Report> {
  return new Map(reports.map((report) => [report.bench, report]));
}
