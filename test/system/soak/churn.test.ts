import assert from 'node:assert/strict';
import { test } from 'node:test';
import { churn } from '../../soak/churn.js';
import { netnsSkipReason } from '../../support/netns.js';

test('churn of every kind with reloads leaves empty tables behind, every frame with its verdict, 2 workers', {
  skip: netnsSkipReason(),
  timeout: 180_000,
}, async (t) => {
  const seed = Date.now() & 0x7fff_ffff;
  const print = (text: string) => t.diagnostic(text);
  assert.deepEqual(await churn({ kind: 'tap', workers: 2, seconds: 10, connectionsPerSecond: 20, seed, print }), []);
});
