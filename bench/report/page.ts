/**
 * What a page of figures is made of. A page is written by hand, but for its marked parts:
 *
 *     <!-- figures: NAME -->
 *     (replaced)
 *     <!-- end -->
 *
 * NAME is `targets`, the table of the design's targets, or a kind of bench: where and how it was measured, medians, ratios, chart.
 */
import { median, type Report, spread } from '../harness.js';
import { markdownTable } from './markdown.js';
import type { Results } from './results.js';
import { targetRows } from './targets.js';

const MARKED = /(<!-- figures: ([\w-]+) -->\n)[\s\S]*?(<!-- end -->)/g;

/** The page with its marked parts made anew. Throws when it leaves out a result file. */
export function rewritten(page: string, results: Results): string {
  const shown = new Set([...page.matchAll(MARKED)].map((match) => match[2]!));
  const missing = [...results.keys()].filter((kind) => !shown.has(kind));
  if (missing.length > 0)
    throw new Error(`no part of the page shows bench/results/${missing[0]}.json: add <!-- figures: ${missing[0]} -->`);
  return page.replace(MARKED, (_, begin: string, name: string, end: string) => `${begin}\n${part(name, results)}\n\n${end}`);
}

function part(name: string, results: Results): string {
  if (name === 'targets') return targetTable(results);
  const report = results.get(name);
  if (report === undefined) return `Not measured yet: \`npm run bench -- ${name}\`.`;
  const ratios = ratioTable(report);
  return [circumstances(report), medianTable(report), ...(ratios === '' ? [] : [ratios]), chart(name)].join('\n\n');
}

export function targetTable(results: Results): string {
  const rows = targetRows.map(({ what, target, read, decidedBy }) => {
    const reading = read(results);
    const verdict = reading?.met === undefined ? '' : reading.met ? 'met' : '**missed**';
    return [what, target, reading?.measured ?? 'not measured', verdict, decidedBy];
  });
  return markdownTable(['What', 'Target', 'Measured', '', 'Decided by'], rows, [2]);
}

/** Day, machine and settings of a run. */
function circumstances({ date, machine, settings }: Report): string {
  const said = Object.entries(settings).map(([name, value]) => `${words(name)} ${number(value)}`);
  const { cores, cpu, kernel, node } = machine;
  return `${date.slice(0, 10)}, ${cores} x ${cpu}, ${kernel}, Node ${node}. Settings: ${said.join(', ')}.`;
}

function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function number(value: string | number | boolean): string {
  return typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(value < 1 ? 4 : 2) : String(value);
}

/** One line per case, one column per subject. */
function medianTable({ series }: Report): string {
  const subjects = [...new Set(series.map((s) => s.subject))];
  const cases = [...new Set(series.map((s) => s.case))];
  const rows = cases.map((name) => {
    const mine = series.filter((s) => s.case === name && s.values.length > 0);
    const cells = subjects.map((subject) => {
      const found = mine.find((s) => s.subject === subject);
      return found === undefined ? '-' : `${median(found.values).toFixed(2)} (${Math.round(spread(found.values) * 100)} %)`;
    });
    return [name, mine[0]?.unit ?? '', ...cells];
  });
  return `Median (spread: largest less smallest, of the median).\n\n${markdownTable(
    ['Case', 'Unit', ...subjects],
    rows,
    subjects.map((_, i) => i + 2),
  )}`;
}

/** One line per ratio with a target or without; empty when the bench has none. */
function ratioTable({ ratios }: Report): string {
  if (ratios.length === 0) return '';
  const subjects = [...new Set(ratios.map((r) => `${r.subject} : ${r.against}`))];
  const cases = [...new Set(ratios.map((r) => r.case))];
  const rows = cases.map((name) => [
    name,
    ...subjects.map((pair) => {
      const found = ratios.find((r) => r.case === name && `${r.subject} : ${r.against}` === pair);
      return found === undefined || !Number.isFinite(found.ratio) ? '-' : found.ratio.toFixed(2);
    }),
  ]);
  return `Ratios (median of the ratios of the rounds).\n\n${markdownTable(
    ['Case', ...subjects],
    rows,
    subjects.map((_, i) => i + 1),
  )}`;
}

function chart(kind: string): string {
  return `![Chart of the ${kind} bench](../bench/results/${kind}.svg)`;
}
