import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { baselineOf, compare, textOf, toleranceOf } from '../../bench/compare/baseline.js';
import { merged } from '../../bench/harness.js';
import { reportOf } from './reports.js';

const before = reportOf('system', 'tcp1', 'Gbit/s', { windrose: [10, 10, 10], ioloop: [10, 10, 10] });
const withRatio = (ratio: number) => reportOf('system', 'tcp1', 'Gbit/s', { windrose: [10 * ratio], ioloop: [10] });
const judge = (...reports: Parameters<typeof compare>[1][]) =>
  compare(
    baselineOf([before], ''),
    reports.flatMap((r) => [...r]),
  );

describe('tolerance of a ratio', () => {
  it('follows the middle distance of the rounds, not one that was disturbed', () => {
    assert.equal(toleranceOf([0.9, 0.96, 1, 1.04, 1.1]), 0.06);
    assert.equal(toleranceOf([1, 1, 1, 1, 0.2]), 0.03);
  });

  it('is at least 3 % and at most 30 %, which is also what a single round gets', () => {
    assert.equal(toleranceOf([1, 1, 1]), 0.03);
    assert.equal(toleranceOf([0.2, 1, 3]), 0.3);
    assert.equal(toleranceOf([1]), 0.3);
  });
});

describe('a comparison with the baseline', () => {
  it('says better, same or worse by the tolerance of the case', () => {
    assert.equal(judge([withRatio(1.02)])[0]!.judgement, 'same');
    assert.equal(judge([withRatio(1.04)])[0]!.judgement, 'better');
    assert.equal(judge([withRatio(0.96)])[0]!.judgement, 'worse');
  });

  it('knows that of times and shares less is better', () => {
    const rtt = (mine: number) => reportOf('latency', 'rtt100', 'us', { windrose: [mine, mine], nftables: [10, 10] });
    const lines = (mine: number) => compare(baselineOf([rtt(20)], ''), [rtt(mine)]);
    assert.equal(lines(15)[0]!.judgement, 'better');
    assert.equal(lines(25)[0]!.judgement, 'worse');
  });

  it('does not compare absolute figures: a machine twice as fast is the same', () => {
    const faster = reportOf('system', 'tcp1', 'Gbit/s', { windrose: [20, 20], ioloop: [20, 20] });
    assert.equal(judge([faster])[0]!.judgement, 'same');
  });

  it('names what was not measured and what is new', () => {
    const other = reportOf('system', 'udp64', 'Mpps', { windrose: [1], ioloop: [1] });
    assert.deepEqual(
      judge([other]).map(({ judgement, place }) => [judgement, place]),
      [
        ['not measured', 'system: tcp1, windrose of ioloop'],
        ['new', 'system: udp64, windrose of ioloop'],
      ],
    );
  });

  it('prints the worst first', () => {
    const both = merged(withRatio(0.5), reportOf('system', 'udp64', 'Mpps', { windrose: [1], ioloop: [1] }));
    const text = textOf(judge([both]));
    assert.match(text, /^worse +system: tcp1, windrose of ioloop +1\.00 -> 0\.50 {2}-50\.0 % {2}\(\+-3 %\)\nnew +system: udp64/);
  });
});

describe('merging two runs', () => {
  it('replaces a case as a whole and keeps the others', () => {
    const earlier = merged(before, reportOf('system', 'udp64', 'Mpps', { windrose: [1], ioloop: [2], ovs: [3] }));
    const later = reportOf('system', 'udp64', 'Mpps', { windrose: [5], ioloop: [6] });
    const { series, ratios } = merged(earlier, later);
    assert.deepEqual(
      series.map((s) => [s.case, s.subject, s.values[0]]),
      [
        ['tcp1', 'windrose', 10],
        ['tcp1', 'ioloop', 10],
        ['udp64', 'windrose', 5],
        ['udp64', 'ioloop', 6],
      ],
    );
    assert.deepEqual(
      ratios.map((r) => r.case),
      ['tcp1', 'udp64'],
    );
  });
});
