import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { markdownTable } from '../../bench/report/markdown.js';
import { rewritten, targetTable } from '../../bench/report/page.js';
import { reportOf, resultsOf } from './reports.js';

const system = reportOf('system', 'tcp1', 'Gbit/s', { windrose: [9, 10, 11], ioloop: [10, 10, 11] });

/** Cells of the line of a Markdown table that begins with this word. */
function line(text: string, first: string): string[] {
  const found = text.split('\n').find((row) => row.startsWith(`| ${first}`));
  assert.ok(found, `no line ${first} in\n${text}`);
  return found
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());
}

describe('pages of figures', () => {
  const page = 'before\n\n<!-- figures: system -->\nold\n<!-- end -->\n\nafter\n';

  it('have their marked parts replaced and the rest kept', () => {
    const text = rewritten(page, resultsOf(system));
    assert.match(text, /^before\n\n<!-- figures: system -->\n\n2026-01-02, 2 x a processor/);
    assert.match(text, /Settings: rounds 5, client cpus 0\./);
    assert.match(text, /!\[.*\]\(\.\.\/bench\/results\/system\.svg\)\n\n<!-- end -->\n\nafter\n$/);
    assert.doesNotMatch(text, /\bold\b/);
    assert.deepEqual(line(text, 'tcp1 | Gbit/s'), ['tcp1', 'Gbit/s', '10.00 (20 %)', '10.00 (10 %)']);
    assert.match(text, /windrose : ioloop/);
  });

  it('stay the same when nothing was measured since', () => {
    const once = rewritten(page, resultsOf(system));
    assert.equal(rewritten(once, resultsOf(system)), once);
  });

  it('say what has not been measured, and may not leave out what has', () => {
    assert.match(rewritten('<!-- figures: io -->\n<!-- end -->', new Map()), /Not measured yet: `npm run bench -- io`/);
    assert.throws(() => rewritten(page, resultsOf(system, reportOf('io', 'udp64', 'Mpps', { mmsg: [1] }))), /io\.json/);
  });

  it('show a gap where a subject took no part in a case', () => {
    const other = reportOf('system', 'udp64', 'Mpps', { ovs: [1] });
    const both = { ...system, series: [...system.series, ...other.series] };
    assert.deepEqual(line(rewritten(page, resultsOf(both)), 'udp64'), ['udp64', 'Mpps', '-', '-', '1.00 (0 %)']);
  });
});

describe('the table of targets', () => {
  const reading = (text: string, what: string) => line(text, what).slice(2, 4);

  it('compares ratios of rounds with the least value', () => {
    const table = targetTable(resultsOf(system));
    assert.deepEqual(reading(table, 'TCP, 1 flow, TAP, of the C I/O loop'), ['1.00', 'met']);
    const slow = targetTable(resultsOf(reportOf('system', 'tcp1', 'Gbit/s', { windrose: [9, 9], ioloop: [10, 10] })));
    assert.deepEqual(reading(slow, 'TCP, 1 flow, TAP, of the C I/O loop'), ['0.90', '**missed**']);
  });

  it('judges times and shares by the greatest value', () => {
    const of = (mine: number) => resultsOf(reportOf('latency', 'rtt100', 'us', { windrose: [mine], nftables: [20] }));
    assert.deepEqual(reading(targetTable(of(39)), 'median round trip at 100/s'), ['1.95', 'met']);
    assert.deepEqual(reading(targetTable(of(41)), 'median round trip at 100/s'), ['2.05', '**missed**']);
  });

  it('wants new sessions fast and flat', () => {
    const of = (...rates: number[]) => {
      const series = [10, 50, 95].map(
        (percent, i) => reportOf('', `new sessions, pool ${percent} %`, 'M/s', { windrose: [rates[i]!] }).series[0]!,
      );
      return reading(targetTable(resultsOf({ ...reportOf('pipeline', 'x', 'y', {}), series })), 'new sessions')[1];
    };
    assert.equal(of(1.1, 1.1, 1.05), 'met');
    assert.equal(of(1.1, 0.9, 1.1), '**missed**');
    assert.equal(of(1.5, 1.5, 1.1), '**missed**', 'not flat');
  });

  it('says what no result file tells', () => {
    assert.deepEqual(reading(targetTable(new Map()), 'idle'), ['not measured', '']);
  });
});

describe('Markdown tables', () => {
  it('are aligned, numbers to the right', () => {
    assert.equal(
      markdownTable(
        ['Name', 'N'],
        [
          ['a', '1.00'],
          ['longer', '10.00'],
        ],
        [1],
      ),
      ['| Name   |     N |', '| ------ | ----: |', '| a      |  1.00 |', '| longer | 10.00 |'].join('\n'),
    );
  });
});
