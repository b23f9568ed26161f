import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filesBelow, textOf } from './sources.js';

test('docs/pitfalls.md names only tests that there are', () => {
  const titles = filesBelow('test').flatMap((path) =>
    [...textOf(path).matchAll(/\b(?:test|it)\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g)].map(([, a, b]) => (a ?? b)!),
  );
  const rows = textOf('docs/pitfalls.md')
    .split('\n')
    .filter((line) => /^\| \d/.test(line));
  assert.ok(rows.length >= 20);
  for (const row of rows) {
    const shown = row.split('|').at(-2)!;
    const names = [...shown.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    assert.ok(names.length > 0, `nothing shows ${row}`);
    for (const name of names)
      assert.ok(
        titles.some((title) => title.startsWith(name)),
        `there is no test "${name}..."`,
      );
  }
});
