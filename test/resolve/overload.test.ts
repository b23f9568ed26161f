import assert from 'node:assert/strict';
import { CounterEvent } from '../../src/shared/counters.js';
import { Session, SessionFlag } from '../../src/tables/sessions.js';
import { type Decoded, decode } from '../support/decode.js';
import { externalPort, inward, outVia, udpOut } from '../support/flows.js';
import { ipv4, packet, udp } from '../support/layers.js';
import { type World, worldTest } from '../support/world.js';
import { natZone } from './natZone.js';

/** Port overloading, and what goes without it (MAP-2, MAP-3). */

const A = '198.51.100.7';
const B = '198.51.100.8';
const HOST = '10.0.0.5';
const ONE = 'localAddresses: [192.0.2.10]';

/** External endpoint of what left. */
const at = (d: Decoded): string => `${d.ipv4!.src}:${externalPort(d)}`;

/** UDP from `src`:`sport` to the external endpoint of what left. */
function towards(d: Decoded, src: string, sport: number): Uint8Array {
  return packet(inward(), ipv4({ src, dst: d.ipv4!.src }), udp({ sport, dport: externalPort(d) }), 'hello');
}

worldTest(
  'MAP-2 two inside endpoints never share an external one without overloading',
  {
    yaml: natZone(`${ONE}, ports: 2000-2015, mapping: eim, overload: false`),
  },
  (w) => {
    const seen = new Set<string>();
    for (let i = 0; i < 16; i++) seen.add(at(outVia(w, 'lan', udpOut(`10.0.0.${10 + i}`, 1000, i % 2 === 0 ? A : B))));
    assert.equal(seen.size, 16);
    w.send('lan', udpOut('10.0.0.99', 1000, '198.18.0.9'));
    assert.equal(w.count('ports_exhausted'), 1);
  },
);

const flagsOf = (w: World): number[] =>
  w.rows().map((row) => w.sessions.rows[row + Session.Meta]! & (SessionFlag.Overlapped | SessionFlag.Mapped));

worldTest(
  'MAP-2 MAP-3 Z10 overload: when no port is free one serves another remote; never the same remote twice; such sessions are counted',
  { yaml: natZone(`${ONE}, ports: 2000-2003, mapping: apdm`) },
  (w) => {
    const towardsA = new Set<string>();
    for (let i = 0; i < 4; i++) towardsA.add(at(outVia(w, 'lan', udpOut(`10.0.0.${10 + i}`, 1000, A))));
    assert.equal(towardsA.size, 4, 'one free port each');
    const towardsB = new Set<string>();
    for (let i = 0; i < 4; i++) towardsB.add(at(outVia(w, 'lan', udpOut(`10.0.0.${20 + i}`, 1000, B))));
    assert.deepEqual([...towardsB].sort(), [...towardsA].sort());
    assert.equal(w.event(CounterEvent.SessionsOverlapped), 4);
    for (const to of [A, B]) w.send('lan', udpOut('10.0.0.30', 1000, to));
    assert.equal(w.count('ports_exhausted'), 2);
    assert.equal(
      at(outVia(w, 'lan', udpOut('10.0.0.30', 1000, B, { dport: 5001 }))).split(':')[0],
      '192.0.2.10',
      'another endpoint',
    );
  },
);

worldTest(
  'MAP-3 a session that overlaps with a mapping has no mapping of its own: apdf, whatever the zone says',
  { yaml: natZone(`${ONE}, ports: 2000-2000, mapping: eim, filtering: eif`) },
  (w) => {
    const d = outVia(w, 'lan', udpOut(HOST, 1000, A));
    const shared = outVia(w, 'lan', udpOut('10.0.0.6', 1000, B));
    assert.equal(at(shared), at(d));
    assert.deepEqual(flagsOf(w), [SessionFlag.Mapped, SessionFlag.Overlapped]);
    w.send('wan', towards(d, B, 5000));
    assert.equal(decode(w.one('lan').octets).ipv4!.dst, '10.0.0.6', 'its own remote');
    w.send('wan', towards(d, B, 6000));
    assert.equal(decode(w.one('lan').octets).ipv4!.dst, HOST, 'anybody else reaches the mapping');
    // The mapping's host towards that remote: the port is taken there, so there is none for it.
    w.send('lan', udpOut(HOST, 1000, B));
    assert.equal(w.count('ports_exhausted'), 1);
  },
);

worldTest(
  'HAI-1 MAP-3 a host that calls a port does not get to share that very port: the packet would come back to it',
  { yaml: natZone('localAddresses: [192.0.2.10], ports: 3000-3000, mapping: apdm') },
  (w) => {
    w.send('lan', udpOut('10.0.0.6', 700));
    w.send('lan', udpOut('10.0.0.5', 1, '192.0.2.10', { dport: 3000 }));
    assert.deepEqual([w.count('ports_exhausted'), w.sessionCount], [1, 1]);
    w.send('lan', udpOut('10.0.0.5', 1, '192.0.2.10', { dport: 3001 }));
    assert.equal(w.sessionCount, 2, 'towards another port it may');
  },
);
