import assert from 'node:assert/strict';
import { CounterEvent } from '../../src/shared/counters.js';
import { natZone } from '../resolve/natZone.js';
import { decode } from '../support/decode.js';
import { tcpOut } from '../support/flows.js';
import { worldTest } from '../support/world.js';

/** Sessions are found for a whole burst before its first frame is decided (src/pipeline/plainFind.ts). */

worldTest(
  'a frame whose session an earlier one of its burst ended does not follow the session that has the row now',
  { yaml: natZone('localAddresses: [192.0.2.10], ports: 2000-2000, overload: false') },
  (w) => {
    w.send('lan', tcpOut('10.0.0.11', 1, 'S'));
    assert.equal(w.one('wan').octets.length > 0, true);
    w.advance(2100);
    w.sent('wan');
    // The only port goes to another host, and with it the row; then comes a segment of the one that had it.
    w.send('lan', tcpOut('10.0.0.12', 2, 'S'), tcpOut('10.0.0.11', 1, 'A'));
    assert.equal(w.event(CounterEvent.SessionsRecycled), 1);
    const left = w.sent('wan').map((frame) => decode(frame.octets));
    assert.deepEqual(
      left.map((d) => [d.tcp?.sport, d.tcp?.dport, d.tcp?.flags]),
      [[2000, 80, 'S']],
    );
  },
);

worldTest(
  'flows of one home and tag in the index are told apart',
  {
    yaml: natZone('localAddresses: [192.0.2.10], ports: 2000-2255', 'portHold: off', 'limits: { sessions: 256 }\n'),
    sessions: 256,
  },
  (w) => {
    // 256 rows in 512 slots: with four bits of tag some dozen of the flows share home and tag with one before them.
    const ports = Array.from({ length: 256 }, (_, i) => 3000 + i);
    for (const port of ports) w.send('lan', tcpOut('10.0.0.5', port, 'S'));
    const first = w.sent('wan').map((frame) => decode(frame.octets).tcp?.sport);
    assert.equal(new Set(first).size, 256);
    for (let i = 0; i < 256; i += 64) w.send('lan', ...ports.slice(i, i + 64).map((port) => tcpOut('10.0.0.5', port, 'A')));
    assert.deepEqual(
      w.sent('wan').map((frame) => decode(frame.octets).tcp?.sport),
      first,
    );
  },
);
