import assert from 'node:assert/strict';
import { test } from 'node:test';
import { natZone } from '../resolve/natZone.js';
import { udpOut } from '../support/flows.js';
import { leftovers, whatIsLeft } from '../support/leftovers.js';
import { REMOTE } from '../support/sample.js';
import { World } from '../support/world.js';

const yaml = natZone('localAddresses: [192.0.2.10]', 'udpShort: 500ms, portHold: 1500ms', 'limits: { heldPorts: 1 }\n').replace(
  'udpUnanswered: 5s',
  'udpUnanswered: 2s',
);

/**
 * A session that ends makes room for its port by ending the held one of another row, which would have been next on the wheel; that row
 * is then another flow's, and the next to end.
 */
test('TIM-4 ZON-7 what the look ahead knows of a row is forgotten when the row is given away', () => {
  for (let ms = 0; ms < 3000; ms += 100) {
    const w = new World({ yaml, sessions: 64 });
    w.send('lan', udpOut('10.0.0.5', 1000, REMOTE, { dport: 53 }));
    w.advance(ms);
    w.send('lan', udpOut('10.0.0.6', 1000));
    w.advance(2200);
    w.send('lan', udpOut('10.0.0.7', 1000, REMOTE, { dport: 53 }));
    w.advance(1000);
    w.check();
    w.advance(10_000);
    w.check();
    assert.equal(whatIsLeft(leftovers([w.state])), '', `the second one began after ${ms} ms`);
  }
});
