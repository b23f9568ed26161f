import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countsOf, renderDrops } from '../../src/cli/dropsListings.js';
import type { DropRow } from '../../src/types/show.js';

const row = (reason: string, count: number): DropRow => ({ reason, count, by: 'gateway', help: 'What.', look: 'Where.' });

test('drops listed again and again say how many more there are than in the picture before', () => {
  const first = [row('ttl', 5), row('no_route', 0)];
  assert.deepEqual(renderDrops(first, false, 'none').trimEnd().split('\n'), [
    'REASON  COUNT  MORE  BY       WHAT',
    'ttl         5     -  gateway  What.',
  ]);
  const second = [row('ttl', 5), row('no_route', 7)];
  assert.deepEqual(renderDrops(second, false, countsOf(first)).trimEnd().split('\n'), [
    'REASON    COUNT  MORE  BY       WHAT',
    'ttl           5    +0  gateway  What.',
    'no_route      7    +7  gateway  What.',
  ]);
  assert.equal(renderDrops(first, false).split('\n')[0], 'REASON  COUNT  BY       WHAT');
});
