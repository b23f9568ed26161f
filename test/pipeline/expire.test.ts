import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { expireSessions } from '../../src/pipeline/expire.js';
import { CounterEvent, ZoneCounter } from '../../src/shared/counters.js';
import { blocksHeld, PortSpace } from '../../src/tables/portBlocks.js';
import { answerTo, echoOut, tcpOut, udpOut } from '../support/flows.js';
import { wireIp } from '../support/octets.js';
import { small } from '../support/sample.js';
import { type World, worldTest } from '../support/world.js';

const HOST = '10.0.0.5';
const yaml = small('1024-65535');

/** Ten seconds before the tick wraps from 2^31 - 1 to -2^31. */
const BEFORE_WRAP = 0x7fff_ffff - 100;

function assertNothingLeft(w: World): void {
  assert.equal(w.sessionCount, 0);
  for (let pool = 0; pool < PortSpace.Count * w.state.ports.addresses; pool++)
    assert.equal(blocksHeld(w.state.ports, 0, pool), 0);
  assert.ok(
    w.sessions.outward.slots.every((slot) => slot === 0),
    'the outward index is empty',
  );
  assert.ok(
    w.sessions.inward.slots.every((slot) => slot === 0),
    'the inward index is empty',
  );
  assert.ok(
    w.sessions.wheel.every((slot) => slot === 0),
    'the wheel is empty',
  );
  assert.ok(
    w.state.ports.taken.every((word) => word === 0),
    'no port is taken',
  );
  assert.ok(
    w.state.ports.owner.every((owner) => owner === 0),
    'no block is held',
  );
}

worldTest(
  'Z16 TIM-4 each session ends at its timer, not before and at most a tick later; everything is given back',
  { yaml },
  (w) => {
    w.send('lan', udpOut(HOST, 1), echoOut(HOST, 2), tcpOut(HOST, 3, 'S'));
    w.advance(1900);
    assert.equal(w.sessionCount, 3);
    w.advance(200);
    assert.equal(w.sessionCount, 2);
    w.advance(800);
    assert.equal(w.sessionCount, 2);
    w.advance(200);
    assert.equal(w.sessionCount, 1);
    w.advance(1200);
    assertNothingLeft(w);
    assert.equal(w.event(CounterEvent.SessionsExpired), 3);
    assert.equal(w.state.counters.zones[ZoneCounter.Ended], 3);
  },
);

test('TIM-8 timers under their floor are refused unless allowShort', () => {
  const short = small('1024-65535');
  assert.notEqual(loadConfig(short, 'x').config, undefined);
  const refused = loadConfig(short.replace('allowShort: true, ', ''), 'x');
  assert.equal(refused.config, undefined);
  assert.ok(refused.issues.length >= 4);
});

worldTest('D15 timers hold while the tick count wraps', { yaml, startTick: BEFORE_WRAP }, (w) => {
  for (let i = 0; i < 20; i++) {
    w.send('lan', udpOut(HOST, 100 + i), tcpOut(HOST, 100 + i, 'S'));
    w.advance(1000);
  }
  assert.ok(w.cx.now < 0, 'the tick wrapped');
  assert.equal(w.event(CounterEvent.SessionsCreated), 40);
  assert.ok(w.sessionCount <= 7);
  w.advance(5000);
  assertNothingLeft(w);
});

worldTest(
  'D15 an established session outlives the wrap and its neighbours are still found',
  { yaml, startTick: BEFORE_WRAP },
  (w) => {
    w.send('lan', tcpOut(HOST, 7, 'S'));
    const out = w.one('wan');
    w.send('wan', answerTo(out));
    w.advance(15_000);
    w.send('lan', tcpOut(HOST, 7, 'A'));
    w.send('wan', answerTo(out, { flags: 'A' }));
    assert.equal(w.sent('wan').length, 1);
    assert.equal(w.sent('lan').length, 2);
    w.advance(19_800);
    assert.equal(w.sessionCount, 1);
    w.advance(300);
    assertNothingLeft(w);
  },
);

worldTest(
  'TIM-7 D15 a stopped process: time jumps, no turn expires more than its budget, all end in the turns after',
  { yaml },
  (w) => {
    for (let i = 0; i < 3000; i++) w.send('lan', udpOut(HOST, 10_000 + i));
    w.tick(3_600_000);
    w.turn.run();
    assert.equal(w.sessionCount, 3000 - 2048);
    w.turn.run();
    assertNothingLeft(w);
  },
);

worldTest(
  'a timer longer than the wheel goes round again',
  { yaml: small('1024-65535').replace('tcpEstablished: 20s', 'tcpEstablished: 3h') },
  (w) => {
    w.send('lan', tcpOut(HOST, 7, 'S'));
    w.send('wan', answerTo(w.one('wan')));
    for (let i = 0; i < 179; i++) {
      w.tick(60_000);
      w.turn.run();
    }
    assert.equal(w.sessionCount, 1);
    w.tick(61_000);
    w.turn.run();
    assertNothingLeft(w);
  },
);

worldTest('a frame of an expired tuple opens a new session', { yaml }, (w) => {
  w.send('lan', udpOut(HOST, 1));
  w.advance(3000);
  w.send('lan', udpOut(HOST, 1));
  assert.equal(w.event(CounterEvent.SessionsCreated), 2);
  expireSessions(w.cx);
  assert.equal(w.sessionCount, 1);
  assert.equal(w.index.addresses().get(wireIp('192.0.2.10')), 0);
});

worldTest('TIM-4 a session whose last frame came late in its tick does not end before its timer', { yaml }, (w) => {
  w.tick(90);
  w.send('lan', udpOut(HOST, 1));
  w.tick(1920);
  w.settle();
  assert.equal(w.sessionCount, 1, '1.92 of 2 s');
  w.advance(200);
  assert.equal(w.sessionCount, 0);
});
