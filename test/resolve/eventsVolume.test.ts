import assert from 'node:assert/strict';
import { EventHead, EventOn, EventWord, eventsWaiting, NatEvent } from '../../src/tables/eventRing.js';
import { SessionsHead } from '../../src/tables/sessions.js';
import { udpOut } from '../support/flows.js';
import { small } from '../support/sample.js';
import { type World, worldTest } from '../support/world.js';

const SESSIONS = 200;
const ZONE = small('2048-2303').replace(
  'localAddresses:',
  'hostLimits: { ports: off, newSessions: off }, mapping: MAPPING, localAddresses:',
);

/** How many records of each event wait in the ring. */
function told({ state: { events } }: World): Record<number, number> {
  const counts: Record<number, number> = {};
  for (let i = 0; i < eventsWaiting(events); i++) {
    const event = events.words[i * EventWord.Words + EventWord.Event]! & 0xff;
    counts[event] = (counts[event] ?? 0) + 1;
  }
  return counts;
}

/** One UDP port of a host talks to many remotes; without a mapping each session has a port of its own. */
function talk(w: World): void {
  w.state.events.head[EventHead.On] = EventOn.Mappings;
  for (let i = 0; i < SESSIONS; i++) w.send('lan', udpOut('10.0.0.5', 4000, `198.51.${100 + (i >> 7)}.${1 + (i & 127)}`));
  assert.equal(w.state.sessions.head[SessionsHead.Count], SESSIONS);
}

worldTest(
  'LOG-4 one record for an endpoint-independent mapping, however many sessions it has',
  { yaml: ZONE.replace('MAPPING', 'eim') },
  (w) => {
    talk(w);
    assert.deepEqual(told(w), { [NatEvent.BindingCreate]: 1, [NatEvent.BlockAllocate]: 1 });
  },
);

worldTest('LOG-4 without mappings one record for every 64 ports', { yaml: ZONE.replace('MAPPING', 'apdm') }, (w) => {
  talk(w);
  assert.deepEqual(told(w), { [NatEvent.BlockAllocate]: Math.ceil(SESSIONS / 64) });
});
