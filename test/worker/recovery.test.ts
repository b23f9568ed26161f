import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CounterEvent, IfaceCounter } from '../../src/shared/counters.js';
import { Verdict } from '../../src/shared/verdict.js';
import { Session } from '../../src/tables/sessions.js';
import { checkSessions } from '../support/conservation.js';
import { expectFrame } from '../support/expectFrame.js';
import { answerTo, echoOut, tcpOut, udpOut } from '../support/flows.js';
import { eth, ipv4 } from '../support/layers.js';
import { lan, lanWithoutHold } from '../support/sample.js';
import { World, worldTest } from '../support/world.js';
import { arpReply, macOf } from '../support/worldParts.js';

const HOST = '10.0.0.5';

worldTest(
  'D10 a replacement finds every session again, in both directions, and its timers go on',
  { yaml: lanWithoutHold },
  (w) => {
    for (let i = 0; i < 300; i++) w.send('lan', udpOut(HOST, 3000 + i), tcpOut(HOST, 3000 + i, 'S'), echoOut(HOST, 3000 + i));
    const out = w.sent('wan');
    w.advance(5000);
    w.replaceWorker();
    assert.equal(w.sessionCount, 900);
    checkSessions(w);
    for (const frame of out) w.send('wan', answerTo(frame));
    assert.equal(w.sent('lan').length, 900);
    for (let i = 0; i < 300; i++) w.send('lan', udpOut(HOST, 3000 + i));
    assert.equal(w.sent('wan').length, 300);
    assert.equal(w.sessionCount, 900);
    w.advance(400_000);
    assert.equal(w.rows().filter((row) => (w.sessions.rows[row + Session.Meta]! & 0xff) !== 6).length, 0);
  },
);

test('D10 a row that was being written is dropped, everything else stays, no port leaks', () => {
  const w = new World({ yaml: lanWithoutHold });
  for (let i = 0; i < 100; i++) w.send('lan', udpOut(HOST, 3000 + i));
  w.sent('wan');
  const rows = w.rows();
  for (const row of [rows[0]!, rows[50]!, rows[99]!]) w.sessions.rows[row + Session.Generation]! |= 1;
  w.replaceWorker();
  assert.equal(w.sessionCount, 97);
  for (let i = 0; i < 100; i++) w.send('lan', udpOut(HOST, 3000 + i));
  assert.equal(w.sent('wan').length, 100);
  assert.equal(w.sessionCount, 100);
  const ports = w
    .rows()
    .map((row) => `${w.sessions.rows[row + Session.ExternalAddress]} ${w.sessions.rows[row + Session.InwardPorts]! >>> 16}`);
  assert.equal(new Set(ports).size, 100);
  w.advance(130_000);
  assert.equal(w.sessionCount, 0);
  assert.ok(w.state.ports.owner.every((owner) => owner === 0));
});

worldTest('D9 D10 what a worker that died between two stores left in the mirror of owners is put right', {}, (w) => {
  const { ports } = w.state;
  const mirror = new Uint8Array(ports.owner.length);
  ports.mirror = mirror;
  w.send('lan', udpOut(HOST, 3000));
  const claimed = mirror.indexOf(1);
  assert.ok(claimed >= 0);
  // Claimed and not mirrored yet; given back and still mirrored; another worker's.
  const free = ports.owner.indexOf(0);
  const other = ports.owner.lastIndexOf(0);
  mirror[claimed] = 0;
  mirror[free] = 1;
  mirror[other] = 2;
  w.replaceWorker();
  assert.deepEqual([mirror[claimed], mirror[free], mirror[other]], [1, 0, 2]);
  mirror[other] = 0;
  assert.deepEqual(mirror, Uint8Array.from(ports.owner));
});

worldTest('D10 frames in the hands of a failed worker are counted as worker_fault', { answerArp: false }, (w) => {
  for (let i = 0; i < 3; i++) w.send('lan', udpOut(HOST, 3000 + i));
  assert.equal(w.count('queued'), 3);
  w.replaceWorker();
  assert.equal(w.state.counters.verdicts[Verdict.DropWorkerFault], 3);
});

test('D10 answers that waited for their neighbour are counted when the worker dies, once', () => {
  const w = new World({ answerArp: false });
  w.send('lan', echoOut(HOST, 1, '10.0.0.1'), echoOut('10.0.0.6', 1, '10.0.0.1'));
  assert.equal(w.event(CounterEvent.MadeWaiting), 2);
  w.replaceWorker();
  w.replaceWorker();
  assert.deepEqual([w.event(CounterEvent.QueuedDropped), w.event(CounterEvent.MadeWaiting)], [2, 0]);
  w.send('lan', echoOut(HOST, 2, '10.0.0.1'));
  w.send('lan', arpReply(HOST, '10.0.0.1', w.mac(0)));
  assert.equal(w.sent('lan').length, 1);
  assert.deepEqual([w.event(CounterEvent.QueuedDropped), w.event(CounterEvent.MadeWaiting)], [2, 0]);
  w.check();
});

test('D10 frames received and not decided are counted, and no counter steps back where more were decided', () => {
  for (const [undecided, lost] of [
    [5, 5],
    [0, 0],
    [-2, 0],
  ] as const) {
    const w = new World();
    w.send('lan', udpOut(HOST, 3000));
    w.state.counters.rifs[IfaceCounter.RxFrames] = w.state.counters.rifs[IfaceCounter.RxFrames]! + undecided;
    w.replaceWorker();
    assert.equal(w.state.counters.verdicts[Verdict.DropWorkerFault], lost);
  }
});

worldTest('D1 D3 a new epoch chooses next hops anew and never address or port', {}, (w) => {
  w.send('lan', udpOut(HOST, 3000));
  const before = w.one('wan');
  w.reload(lan.replace('default via 192.0.2.254', 'default via 192.0.2.253'), 2);
  w.send('lan', udpOut(HOST, 3000));
  const after = w.one('wan');
  expectFrame(after, eth({ dst: macOf('192.0.2.253') }));
  assert.deepEqual(after.octets.slice(14), before.octets.slice(14));
  w.send('wan', answerTo(after));
  expectFrame(w.one('lan'), ipv4({ dst: HOST }));
  assert.equal(w.sessionCount, 1);
});

worldTest('sessions of an address that left its zone go on; new ones avoid it', {}, (w) => {
  w.send('lan', udpOut(HOST, 3000));
  const first = w.one('wan');
  expectFrame(first, ipv4({ src: '192.0.2.10' }));
  w.reload(lan.replace('192.0.2.10, ', ''), 1);
  w.send('lan', udpOut(HOST, 3000));
  expectFrame(w.one('wan'), ipv4({ src: '192.0.2.10' }));
  for (let i = 0; i < 6; i++) w.send('lan', udpOut(HOST, 4000 + i));
  for (const frame of w.sent('wan')) assert.notEqual(frame.octets[29], 10);
});
