import assert from 'node:assert/strict';
import { Session } from '../../src/tables/sessions.js';
import { decode } from '../support/decode.js';
import { expectFrame } from '../support/expectFrame.js';
import { answerTo, inward, tcpOut, udpOut } from '../support/flows.js';
import { icmp, ipv4, packet } from '../support/layers.js';
import { lan, REMOTE } from '../support/sample.js';
import { worldTest } from '../support/world.js';

/** Options of the translation that are off by default. */

const echo = (dst: string, seq: number) =>
  packet(inward(), ipv4({ src: REMOTE, dst }), icmp({ type: 8, id: 7, seq }), 'are you there');

worldTest('ICM-3 echo to a local address is dropped by default', {}, (w) => {
  w.send('wan', echo('192.0.2.11', 1));
  assert.deepEqual(w.sent('wan'), []);
  assert.equal(w.count('no_session'), 1);
});

worldTest(
  'ICM-3 as an option it is answered, within the limits of ICMP errors',
  { yaml: `${lan}icmp: { answerEchoToLocalAddresses: true }\nlimits: { icmpErrorsPerSource: 5/s burst 5 }\n` },
  (w) => {
    w.send('wan', echo('192.0.2.11', 1));
    const answer = expectFrame(w.one('wan'), ipv4({ src: '192.0.2.11', dst: REMOTE }), icmp({ type: 0, id: 7, seq: 1 }));
    assert.equal(Buffer.from(answer.payload).subarray(-13).toString(), 'are you there');
    for (let i = 2; i <= 20; i++) w.send('wan', echo('192.0.2.11', i));
    assert.equal(w.sent('wan').length, 4);
    assert.equal(w.sessionCount, 0);
  },
);

worldTest(
  'UDP-4 TIM-3 the short timer is for remote ports 53 and 123 alone, answered or not; 443, 4500 and 51820 keep the usual one',
  { yaml: `${lan}timers: { udpShort: 30s, portHold: off }\n` },
  (w) => {
    for (const [i, dport] of [53, 123, 443, 4500, 51820].entries())
      w.send('lan', udpOut('10.0.0.5', 4000 + i, REMOTE, { dport }));
    for (const frame of w.sent('wan').slice(1)) w.send('wan', answerTo(frame));
    w.sent('lan');
    w.advance(29_000);
    assert.equal(w.sessionCount, 5);
    w.advance(2_000);
    const left = w.rows().map((row) => (w.sessions.rows[row + Session.OutwardPorts]! >>> 16) & 0xffff);
    assert.deepEqual(
      left.map((wire) => ((wire & 0xff) << 8) | (wire >> 8)).sort((a, b) => a - b),
      [443, 4500, 51820],
    );
    w.advance(268_000);
    assert.equal(w.sessionCount, 3);
    w.advance(3_000);
    assert.equal(w.sessionCount, 0);
  },
);

worldTest('UDP-4 without the option port 53 has the usual timer', { yaml: `${lan}timers: { portHold: off }\n` }, (w) => {
  w.send('lan', udpOut('10.0.0.5', 4000, REMOTE, { dport: 53 }));
  w.sent('wan');
  w.advance(119_000);
  assert.equal(w.sessionCount, 1);
  w.advance(2_000);
  assert.equal(w.sessionCount, 0);
});

worldTest('OFF-12 FWD-9 the IPv4 id of a super-frame stays, and so do those of its segments', {}, (w) => {
  w.send('lan', tcpOut('10.0.0.5', 4000, 'S'));
  w.send('wan', answerTo(w.one('wan')));
  w.sent('lan');
  const octets = tcpOut('10.0.0.5', 4000, 'A', REMOTE, {}, { id: 65_530 });
  w.send('lan', octets);
  assert.equal(decode(w.one('wan').octets).ipv4!.id, 65_530);
});
