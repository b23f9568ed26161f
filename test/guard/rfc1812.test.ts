import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkout, page } from './markdown.js';

/** docs/rfc1812.md names tests by the beginning of their names, and gives a reason where a requirement is not met. */

const ROW = /^\| ([45]\.\S+) +\|(.*)\|$/gm;

function testSources(): string[] {
  return readdirSync(join(checkout, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(checkout, 'test', name), 'utf8'));
}

test('docs/rfc1812.md: each requirement has a test that exists or a reason, and each section is there once', () => {
  const rows = [...page('docs/rfc1812.md').matchAll(ROW)].map(([, section, rest]) => ({
    section: section!,
    cells: rest!.split('|'),
  }));
  assert.ok(rows.length > 50, `${rows.length} rows`);
  const sections = rows.map(({ section }) => section);
  assert.deepEqual(sections, [...new Set(sections)]);
  const sources = testSources();
  const begins = (name: string): boolean =>
    sources.some((source) => ["'", '"', '`'].some((quote) => source.includes(`${quote}${name.replaceAll("'", "\\'")}`)));
  for (const { section, cells } of rows) {
    const [requirement, does, shown] = cells.map((cell) => cell.trim());
    assert.equal(cells.length, 3, section);
    assert.ok(requirement !== '' && does !== '', section);
    const names = [...shown!.matchAll(/`([^`]+)`/g)].map((found) => found[1]!);
    assert.ok(names.length > 0 || /^Reason: .{20}/.test(shown!), `${section}: neither test nor reason`);
    for (const name of names) assert.ok(begins(name), `${section}: no test begins with "${name}"`);
  }
});
