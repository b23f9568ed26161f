import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filesBelow, textOf } from './sources.js';

const LINES = 250;
/** Longer on purpose. */
const LONGER: Readonly<Record<string, string>> = {
  'src/shared/verdict.ts': 'one table: every verdict with its words; two halves would need a third file to join them',
};

const files = ['src', 'test', 'bench'].flatMap(filesBelow);

test(`files have at most ${LINES} lines, or a reason`, () => {
  const long = files.filter((file) => textOf(file).split('\n').length - 1 > LINES && LONGER[file] === undefined);
  assert.deepEqual(long, []);
  const idle = Object.keys(LONGER).filter((file) => textOf(file).split('\n').length - 1 <= LINES);
  assert.deepEqual(idle, [], 'no longer needs its exception');
});

test('nothing is left to do, switched off or silenced', () => {
  const word = new RegExp(
    `\\b(${['TO', 'FIX'].map((w, i) => w + ['DO', 'ME'][i]).join('|')}|XXX)\\b|@ts-(ignore|nocheck|expect-error)|test\\.(only|skip|todo)\\(`,
  );
  const faults = files.flatMap((file) =>
    textOf(file)
      .split('\n')
      .flatMap((line, i) => (word.test(line) && file !== 'test/guard/files.test.ts' ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  );
  assert.deepEqual(faults, []);
});

test('every file of src that is longer than 20 lines explains itself', () => {
  const silent = filesBelow('src').filter((file) => textOf(file).split('\n').length > 20 && !/\/\*\*/.test(textOf(file)));
  assert.deepEqual(silent, []);
});

test('no comment is wider than 150 columns', () => {
  const wide = files.flatMap((file) =>
    textOf(file)
      .split('\n')
      .flatMap((line, i) => (line.length > 150 && /^\s*(\*|\/\*|\/\/)/.test(line) ? [`${file}:${i + 1}`] : [])),
  );
  assert.deepEqual(wide, []);
});
