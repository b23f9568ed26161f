import assert from 'node:assert/strict';
import { it } from 'node:test';
import { rewritten } from '../../bench/report/page.js';
import { readResults } from '../../bench/report/results.js';
import { page } from './markdown.js';

it('docs/performance.md shows what lies in bench/results', () => {
  const text = page('docs/performance.md');
  assert.ok(text === rewritten(text, readResults()), 'out of date, run: npm run bench -- report');
});
