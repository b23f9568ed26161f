import assert from 'node:assert/strict';
import { test } from 'node:test';
import { churn } from '../../soak/churn.js';
import { soak } from '../../soak/soak.js';
import { netnsSkipReason } from '../../support/netns.js';

/** The soak of `npm run soak`, for twenty seconds and at a rate that a busy machine reaches too (D22). */
test('mixed load leaves no session, no port, no memory and no unexplained drop behind', {
  skip: netnsSkipReason(),
  timeout: 120_000,
}, async (t) => {
  const report = await soak({ kind: 'tap', seconds: 20, connectionsPerSecond: 300, print: (text) => t.diagnostic(text) });
  assert.deepEqual(report.faults, []);
});

test('churn of every kind with reloads leaves empty tables behind, every frame with its verdict, 2 workers', {
  skip: netnsSkipReason(),
  timeout: 180_000,
}, async (t) => {
  const seed = Date.now() & 0x7fff_ffff;
  const print = (text: string) => t.diagnostic(text);
  assert.deepEqual(await churn({ kind: 'tap', workers: 2, seconds: 15, connectionsPerSecond: 20, seed, print }), []);
});
