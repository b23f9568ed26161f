import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { drawn } from '../system/support/draw.js';
import { checkout } from './markdown.js';

interface Process {
  readonly names: readonly string[];
  readonly seconds: number;
}

test('a run of everything runs each test file once, the longest first; ids are lost in no bundle', async () => {
  const { plan, testFiles } = (await import(pathToFileURL(join(checkout, 'scripts/test-plan.mjs')).href)) as {
    plan(names: readonly string[], whole: boolean): Record<'together' | 'beside' | 'pairs' | 'alone', readonly Process[]>;
    testFiles(): string[];
  };
  const names = testFiles();
  for (const whole of [true, false]) {
    const { together, beside, pairs, alone } = plan(names, whole);
    const planned = [...together, ...beside, ...pairs, ...alone].flatMap((one) => one.names);
    assert.deepEqual([...planned].sort(), names);
    for (const group of [together, beside, pairs, alone])
      for (const [i, { seconds }] of group.entries()) assert.ok(i === 0 || seconds <= group[i - 1]!.seconds);
    assert.ok([...beside, ...pairs, ...alone].every((one) => one.names.length === 1 && one.names[0]!.startsWith('system/')));
    assert.equal(together.length < names.length / 2, whole);
  }
});

test('one combination of a scenario is drawn, and as many commits as there are combinations draw them all', () => {
  const before = process.env.WINDROSE_TEST_DRAW;
  try {
    const all = ['a', 'b', 'c', 'd'];
    const seen = Array.from({ length: 4 }, (_, i) => {
      process.env.WINDROSE_TEST_DRAW = String(700 + i);
      return drawn('a scenario', all);
    });
    assert.deepEqual(seen.flat().sort(), all);
    process.env.WINDROSE_TEST_DRAW = 'all';
    assert.deepEqual(drawn('a scenario', all), all);
    delete process.env.WINDROSE_TEST_DRAW;
    assert.deepEqual(drawn('a scenario', all), all);
  } finally {
    if (before === undefined) delete process.env.WINDROSE_TEST_DRAW;
    else process.env.WINDROSE_TEST_DRAW = before;
  }
});

test('words that the runner does not know are refused with its usage', () => {
  for (const args of [['--draw', 'x'], ['--workers', '0'], ['--nothing']]) {
    const { status, stderr } = spawnSync(process.execPath, [join(checkout, 'scripts/run-tests.mjs'), ...args], {
      encoding: 'utf8',
    });
    assert.equal(status, 2);
    assert.match(stderr, /^run-tests: .*\nusage: npm test \[-- .*--all \| --draw n.*\]\n$/);
  }
});
