import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricsRegistry } from '../../src/metrics/registry.js';
import { Session, SessionsHead } from '../../src/tables/sessions.js';
import { makeGateway } from '../control/made.js';

const SESSIONS = 1_000_000;

test('MET-3 a scrape costs less than 10 ms with a million sessions, also while they are counted by state', async (t) => {
  const made = makeGateway({ sessions: SESSIONS });
  const { rows, head } = made.states[0]!.sessions;
  for (let i = 0; i < SESSIONS; i++) {
    const row = i * Session.Words;
    rows[row + Session.InsideAddress] = i % 5000;
    rows[row + Session.Meta] = 17;
    rows[row + Session.Generation] = 2;
  }
  head[SessionsHead.HighWater] = SESSIONS;
  head[SessionsHead.Count] = SESSIONS;
  const registry = metricsRegistry(made.shown);
  const counted = () => made.census.latest().states.reduce((sum, { count }) => sum + count, 0);
  const took: number[] = [];
  // The census rests on timers that keep no process alive.
  const alive = setInterval(() => {}, 1000);
  try {
    const census = made.census.current();
    for (let round = 0; round < 50; round++) {
      const began = performance.now();
      await registry.metrics();
      took.push(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await census;
  } finally {
    clearInterval(alive);
  }
  assert.equal(counted(), SESSIONS);
  // The quickest of all: what the work costs, and not what else runs on this machine.
  took.sort((a, b) => a - b);
  t.diagnostic(`scrapes took ${took[0]!.toFixed(2)} ms at least, ${took[25]!.toFixed(2)} ms in the median`);
  assert.ok(took[0]! < 10, `${took[0]} ms`);
});
