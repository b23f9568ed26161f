import assert from 'node:assert/strict';
import { test } from 'node:test';
import { objectChurn } from '../../soak/objectChurn.js';
import { etcdSkipReason } from '../../store/etcdProcess.js';
import { drawsOf } from '../../support/long.js';
import { netnsSkipReason } from '../../support/netns.js';

/** The churn of `npm run soak -- --churn`, for some seconds (D22). */
test('objects of a cloud change at random: hosts know what their store holds, no frame reaches a guest of another network', {
  skip: netnsSkipReason() || etcdSkipReason(),
  timeout: 120_000,
}, async (t) => {
  const seed = Date.now() & 0x7fff_ffff;
  assert.deepEqual(await objectChurn({ seconds: drawsOf(10, 60), seed, workers: 2, print: (text) => t.diagnostic(text) }), []);
});
