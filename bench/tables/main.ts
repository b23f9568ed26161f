/**
 * Tables bench: nanoseconds per operation of the single tables, in memory. `node out/bench/tables/main.js --help` lists the options.
 * Each case prepares its table once; a round runs the operation OPERATIONS times over random keys.
 */
import { machine, progress, type Series, textTable, writeReport } from '../harness.js';
import { memoryOptions } from '../memoryOptions.js';
import { type TableCase, tableCases } from './cases.js';

const OPERATIONS = 1 << 20;
const WARM_ROUNDS = 3;

const cases = tableCases();
const { rounds, wants, part, merge } = memoryOptions(
  'tables',
  cases.map(({ name }) => name),
);

/** The sum of all results is kept, so that no operation can be dropped. */
let kept = 0;

function measure(c: TableCase): number[] {
  const values: number[] = [];
  const operations = OPERATIONS / (c.fewer ?? 1);
  for (let r = -WARM_ROUNDS; r < rounds; r++) {
    c.prepare?.(operations);
    const start = performance.now();
    kept = (kept + c.run(operations)) | 0;
    const spent = performance.now() - start;
    if (r >= 0) values.push((spent * 1e6) / operations);
  }
  return values;
}

const series: Series[] = cases
  .filter(({ name }) => wants(name))
  .map((c) => {
    progress(c.name);
    return { case: c.name, subject: 'windrose', unit: 'ns/op', values: measure(c) };
  });
const report = {
  bench: 'tables',
  date: new Date().toISOString(),
  machine: machine(),
  settings: { rounds, operations: OPERATIONS, kept },
  series,
  ratios: [],
};
const files = part && !merge ? [] : writeReport(report, merge);
progress('');
console.log(textTable(report));
console.log(files.join('\n'));
