import assert from 'node:assert/strict';
import { EventHead, EventOn, eventsWaiting, Refusal, RefusalWord } from '../../src/tables/eventRing.js';
import { ip } from '../control/made.js';
import { echoOut, udpOut } from '../support/flows.js';
import { small } from '../support/sample.js';
import { type World, worldTest } from '../support/world.js';

const ONE_BLOCK = small('2048-2111');
/** All sessions of one host, to remotes that differ: a port each, whatever the mapping. */
const hosts = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => udpOut(`10.0.0.${2 + (i % 200)}`, 1000 + i));

function refused(w: World, zone: string, refusal: Refusal): Record<string, number> {
  const at = (w.index.zone(zone) * Refusal.Count + refusal) * RefusalWord.Words;
  const { refusals } = w.state.events;
  return {
    count: refusals[at + RefusalWord.Count]!,
    inside: refusals[at + RefusalWord.Inside]!,
    protocol: refusals[at + RefusalWord.Protocol]!,
  };
}

function zoneOf(w: World): string {
  return [...w.index.zoneNames().keys()][0]!;
}

worldTest('LOG-3 a zone without a free port counts whom it refused last', { yaml: ONE_BLOCK }, (w) => {
  w.state.events.head[EventHead.On] = EventOn.Sessions | EventOn.Mappings;
  w.send('lan', ...hosts(64));
  assert.equal(refused(w, zoneOf(w), Refusal.PortsExhausted).count, 0);
  w.send('lan', udpOut('10.0.0.99', 9), udpOut('10.0.0.98', 9));
  assert.deepEqual(refused(w, zoneOf(w), Refusal.PortsExhausted), { count: 2, inside: ip('10.0.0.98'), protocol: 17 });
  assert.equal(refused(w, zoneOf(w), Refusal.Sessions).count, 0);
});

worldTest('LOG-3 a full table of sessions is another reason', { yaml: ONE_BLOCK, sessions: 8 }, (w) => {
  w.state.events.head[EventHead.On] = EventOn.Mappings;
  w.send('lan', ...hosts(8), echoOut('10.0.0.99', 7));
  assert.deepEqual(refused(w, zoneOf(w), Refusal.Sessions), { count: 1, inside: ip('10.0.0.99'), protocol: 1 });
  assert.equal(refused(w, zoneOf(w), Refusal.PortsExhausted).count, 0);
});

worldTest('LOG-3 a zone without addresses, and nobody who wants to know', { yaml: ONE_BLOCK }, (w) => {
  w.reload(ONE_BLOCK.replace(/localAddresses: \[[^\]]*\]/, 'localAddresses: []'));
  w.send('lan', udpOut('10.0.0.99', 9));
  assert.equal(refused(w, zoneOf(w), Refusal.AddressesExhausted).count, 0);
  w.state.events.head[EventHead.On] = EventOn.Mappings;
  w.send('lan', udpOut('10.0.0.99', 9));
  assert.deepEqual(refused(w, zoneOf(w), Refusal.AddressesExhausted), { count: 1, inside: ip('10.0.0.99'), protocol: 17 });
  assert.equal(eventsWaiting(w.state.events), 0);
});
