import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anySession } from '../../src/pipeline/sessionSweep.js';
import { CounterEvent } from '../../src/shared/counters.js';
import { Session } from '../../src/tables/sessions.js';
import { udpOut } from '../support/flows.js';
import { lanWithoutHold } from '../support/sample.js';
import { World } from '../support/world.js';

/** Ends every session; how many the sweep says it ended. */
function purge(w: World): number {
  let ended = -1;
  w.turn.purge(anySession, (n) => {
    ended = n;
  });
  w.settle();
  return ended;
}

test('a purge ends each session once and leaves rows alone that are free already', () => {
  const w = new World({ yaml: lanWithoutHold });
  for (let i = 0; i < 20; i++) w.send('lan', udpOut('10.0.0.5', 3000 + i));
  w.sent('wan');
  const high = w.rows().length;
  assert.equal(purge(w), high);
  assert.equal(purge(w), 0, 'the rows are free');
  assert.deepEqual([w.sessionCount, w.event(CounterEvent.SessionsPurged)], [0, high]);
  for (let i = 0; i < 5; i++) w.send('lan', udpOut('10.0.0.5', 3000 + i));
  assert.equal(purge(w), 5);
  assert.ok(
    w.state.ports.owner.every((owner) => owner === 0),
    'no port is given back twice, none is kept',
  );
});

test('new timers reach live sessions only', () => {
  const w = new World();
  for (let i = 0; i < 20; i++) w.send('lan', udpOut('10.0.0.5', 3000 + i));
  purge(w);
  w.send('lan', udpOut('10.0.0.5', 4000));
  const free = w.sessions.rows.slice(Session.Words, 20 * Session.Words);
  const live = w.rows();
  w.turn.retime();
  w.settle();
  assert.deepEqual(w.rows(), live);
  assert.deepEqual(
    w.sessions.rows.slice(Session.Words, 20 * Session.Words).filter((_, i) => !live.includes(i)),
    free.filter((_, i) => !live.includes(i)),
  );
  w.advance(400_000);
  assert.equal(w.sessionCount, 0);
  assert.ok(w.state.ports.owner.every((owner) => owner === 0));
});
