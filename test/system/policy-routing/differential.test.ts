import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawsOf } from '../../support/long.js';
import { netnsSkipReason } from '../../support/netns.js';
import { compareInTwo, summary } from '../../support/policy/compareInTwo.js';

const SETS = drawsOf(60, 1000);
/** The same sets each time, so that a change of the code is what makes it fail; others are drawn by `npm run soak -- --lookups N`. */
const SEED = Number(process.env.WINDROSE_SEED ?? 1);

test(`F75, F76, F77 ${SETS * 100} look-ups over ${SETS} random rule sets: the kernel decides and refuses alike`, {
  skip: netnsSkipReason(),
}, async (t) => {
  const sum = await compareInTwo(SEED, SETS, () => {});
  for (const line of summary(sum)) t.diagnostic(line);
  assert.deepEqual(sum.faults, [], sum.faults.join('\n\n'));
  assert.equal(sum.lookups, SETS * 100);
  // That nothing differs says little unless all kinds of answers and refusals were there.
  assert.ok(sum.refused > sum.lines * 0.15, `${sum.refused} of ${sum.lines} lines refused`);
  for (const kind of [
    'unicast',
    'local',
    'broadcast',
    'Network is unreachable',
    'No route to host',
    'Permission denied',
    'Invalid argument',
  ])
    assert.ok((sum.answers.get(kind) ?? 0) > sum.lookups / 500, `${kind}: ${sum.answers.get(kind)}`);
  const listed = [...sum.listed.values()].reduce((all, count) => all + count, 0);
  assert.ok(listed < sum.lookups * 0.2, `${listed} listed differences`);
});
