import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './sources.js';

/** D42: heap growth allowed over a million frames, octets. */
const GROWTH = 64 * 1024;

test('a million frames cause no garbage collection and no growth of the heap (D42)', () => {
  const child = join(ROOT, 'out', 'test', 'guard', 'allocationChild.js');
  const said = execFileSync(process.execPath, ['--expose-gc', child], { encoding: 'utf8', timeout: 120_000 });
  const { collections, growth, translated, joined, cut } = JSON.parse(said) as Record<string, number>;
  assert.ok(translated! >= 1_000_000, `${translated} frames were translated`);
  assert.ok(joined! >= 100_000, `${joined} frames were joined`);
  assert.ok(cut! >= 15_000, `${cut} super-frames were cut`);
  assert.equal(collections, 0);
  assert.ok(growth! < GROWTH, `the heap grew by ${growth} octets`);
});

test('a million segments that come out of a tunnel cause none either', () => {
  const child = join(ROOT, 'out', 'test', 'guard', 'tunnelAllocationChild.js');
  const said = execFileSync(process.execPath, ['--expose-gc', child], { encoding: 'utf8', timeout: 120_000 });
  const { collections, growth, joined } = JSON.parse(said) as Record<string, number>;
  assert.ok(joined! >= 700_000, `${joined} segments were joined`);
  assert.equal(collections, 0);
  assert.ok(growth! < GROWTH, `the heap grew by ${growth} octets`);
});
