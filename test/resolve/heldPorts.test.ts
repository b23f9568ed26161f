import assert from 'node:assert/strict';
import { anySession } from '../../src/pipeline/sessionSweep.js';
import { CounterEvent } from '../../src/shared/counters.js';
import { PoolHead } from '../../src/tables/portBlocks.js';
import { SessionsHead } from '../../src/tables/sessions.js';
import { answerTo, echoOut, externalPort, outVia, tcpOut, udpOut } from '../support/flows.js';
import { type World, worldTest } from '../support/world.js';
import { natZone } from './natZone.js';

/** Ports that are held back after their session (ZON-7, D18), and what makes room when a pool runs short (zones.md 4). */

const A = '198.51.100.7';
const B = '198.51.100.8';
const HOST = '10.0.0.5';
const FOUR = 'localAddresses: [192.0.2.10], ports: 2000-2003';
const held = (w: World): number => w.sessions.head[SessionsHead.Held]!;

worldTest(
  'ZON-7 EXH-3 a port of UDP or ICMP is held for its time, one of TCP that closed is not',
  { yaml: natZone(`${FOUR}, overload: false`, 'portHold: 6s') },
  (w) => {
    w.send('lan', tcpOut(HOST, 1, 'S'));
    const syn = w.one('wan');
    w.send('wan', answerTo(syn), answerTo(syn, { flags: 'FA' }));
    w.send('lan', tcpOut(HOST, 1, 'FA'), udpOut(HOST, 1), echoOut(HOST, 1));
    w.advance(5900);
    assert.deepEqual([w.sessionCount, held(w)], [0, 2]);
    w.advance(5000);
    assert.equal(held(w), 2);
    w.advance(1500);
    assert.equal(held(w), 0);
    w.send('lan', tcpOut(HOST, 2, 'S'));
    w.advance(4300);
    assert.deepEqual([w.sessionCount, held(w)], [0, 1], 'a connection that was not seen to close');
  },
);

worldTest(
  'ZON-7 a held port is nobody else’s while there is another; portHold off: at once',
  { yaml: natZone(`${FOUR}, overload: false`, 'portHold: 60s') },
  (w) => {
    const first = externalPort(outVia(w, 'lan', udpOut(HOST, 1)));
    w.advance(5300);
    for (let i = 0; i < 3; i++) assert.notEqual(externalPort(outVia(w, 'lan', udpOut('10.0.0.6', i + 1))), first);
    assert.equal(w.event(CounterEvent.HeldReused), 0);
  },
);

worldTest(
  'ZON-7 ZON-3 under pressure the port held longest goes first, before anybody is refused',
  { yaml: natZone(`${FOUR}, overload: false`, 'portHold: 600s') },
  (w) => {
    const order: number[] = [];
    for (let i = 0; i < 4; i++) {
      order.push(externalPort(outVia(w, 'lan', udpOut(HOST, 1 + i))));
      w.advance(500);
    }
    w.advance(5300);
    assert.equal(held(w), 4);
    const again = Array.from({ length: 4 }, (_, i) => externalPort(outVia(w, 'lan', udpOut('10.0.0.6', 1 + i))));
    assert.deepEqual(again, order);
    assert.equal(w.event(CounterEvent.HeldReused), 4);
    w.send('lan', udpOut('10.0.0.7', 1));
    assert.equal(w.count('ports_exhausted'), 1);
  },
);

worldTest(
  'D18 hold-down is per remote for apdm: towards another remote the port serves at once',
  { yaml: natZone('localAddresses: [192.0.2.10], ports: 2000-2000, mapping: apdm', 'portHold: 600s') },
  (w) => {
    const port = externalPort(outVia(w, 'lan', udpOut(HOST, 1, A)));
    w.advance(5300);
    assert.equal(held(w), 1);
    assert.equal(externalPort(outVia(w, 'lan', udpOut('10.0.0.6', 1, B))), port);
    assert.deepEqual([held(w), w.event(CounterEvent.HeldReused)], [1, 0]);
    // Answers of the first remote come to nobody.
    assert.equal(w.count('no_session'), 0);
    // Towards the first one only under pressure.
    assert.equal(externalPort(outVia(w, 'lan', udpOut('10.0.0.7', 1, A))), port);
    assert.deepEqual([held(w), w.event(CounterEvent.HeldReused)], [0, 1]);
  },
);

worldTest(
  'D18 hold-down is per port for eim: no mapping gets it, whatever the remote',
  { yaml: natZone('localAddresses: [192.0.2.10], ports: 2000-2001, mapping: eim, overload: false', 'portHold: 600s') },
  (w) => {
    const d = outVia(w, 'lan', udpOut(HOST, 1, A));
    w.advance(5300);
    assert.notEqual(externalPort(outVia(w, 'lan', udpOut('10.0.0.6', 1, B))), externalPort(d));
    // Whoever was told of the old mapping reaches nobody.
    w.send('wan', answerTo({ octets: udpOut('192.0.2.10', externalPort(d), A) }));
    assert.deepEqual(w.sent('lan'), []);
  },
);

worldTest(
  'ZON-7 limits.heldPorts: beyond it the one held longest is free',
  { yaml: natZone('localAddresses: [192.0.2.10]', 'portHold: 600s', 'limits: { heldPorts: 3 }\n') },
  (w) => {
    for (let i = 0; i < 8; i++) {
      w.send('lan', udpOut(HOST, 1 + i));
      w.advance(300);
    }
    w.advance(6000);
    assert.deepEqual([w.sessionCount, held(w)], [0, 3]);
  },
);

worldTest(
  'LIM-3 EXH-3 rows of held ports make room for sessions, whatever address they are of',
  { yaml: natZone('localAddresses: [192.0.2.10, 192.0.2.11], mapping: apdm', 'portHold: 600s'), sessions: 64 },
  (w) => {
    for (let i = 0; i < 64; i++) w.send('lan', udpOut(HOST, 1 + i));
    w.advance(5300);
    assert.equal(held(w), 64);
    for (let i = 0; i < 64; i++) w.send('lan', tcpOut(HOST, 1 + i, 'S'));
    assert.deepEqual([w.sessionCount, held(w), w.count('sessions_full')], [64, 0, 0]);
    w.send('lan', udpOut(HOST, 99));
    assert.equal(w.count('sessions_full'), 1);
  },
);

worldTest(
  'ZON-5 a reload that takes an address away ends what it holds; what it serves drains and is not held',
  { yaml: natZone('localAddresses: [192.0.2.10, 192.0.2.11], mapping: apdm', 'portHold: 600s') },
  (w) => {
    w.send('lan', udpOut(HOST, 1), udpOut(HOST, 2));
    w.advance(5300);
    assert.equal(held(w), 2);
    w.send('lan', udpOut(HOST, 3));
    w.reload(natZone('localAddresses: [192.0.2.11], mapping: apdm', 'portHold: 600s'), 2);
    w.turn.endContradicted();
    w.settle();
    assert.deepEqual([w.sessionCount, held(w)], [1, 1]);
    const gone = w.index.addresses().get(0x0a02_00c0)!;
    w.advance(5300);
    const used = (address: number): number => {
      const p = w.state.ports;
      return p.heads[(p.addresses + address) * PoolHead.Words + PoolHead.PortsUsed]!;
    };
    assert.equal(used(gone), 0, 'nothing keeps the slot of the address');
    w.turn.purge(anySession, () => {});
    w.settle();
  },
);

worldTest(
  'EXH-1 zones.md 4: a half-open session silent for long makes room, of the same host first; an established one never',
  { yaml: natZone('localAddresses: [192.0.2.10], ports: 2000-2003, overload: false') },
  (w) => {
    for (const [i, host] of ['10.0.0.11', '10.0.0.12', '10.0.0.13', '10.0.0.14'].entries()) {
      w.send('lan', tcpOut(host, 1, 'S'));
      const syn = w.one('wan');
      if (i === 0) w.send('wan', answerTo(syn));
      w.advance(300);
    }
    w.advance(1800);
    w.sent('lan');
    w.send('lan', tcpOut('10.0.0.13', 2, 'S'));
    assert.equal(w.event(CounterEvent.SessionsRecycled), 1);
    const alive = (host: string): boolean => {
      w.sent('wan');
      w.send('lan', tcpOut(host, 1, 'A'));
      return w.sent('wan').length === 1;
    };
    assert.deepEqual(['10.0.0.11', '10.0.0.12', '10.0.0.13', '10.0.0.14'].map(alive), [true, true, false, true], 'its own first');
    w.advance(2100);
    for (let i = 0; i < 8; i++) w.send('lan', tcpOut('10.0.0.20', 10 + i, 'S'));
    assert.equal(alive('10.0.0.11'), true);
    assert.ok(w.count('ports_exhausted') > 0);
  },
);

worldTest(
  'EXH-1 no session ends for another that gains nothing by it',
  { yaml: natZone('localAddresses: [192.0.2.10], ports: 2000-2001, mapping: apdm') },
  (w) => {
    // Both ports have a connection with A, established, and a half-open one with B.
    for (const [to, answers] of [
      [A, true],
      [B, false],
    ] as const)
      for (const host of ['10.0.0.11', '10.0.0.12']) {
        w.send('lan', tcpOut(host, 1, 'S', to));
        const syn = w.one('wan');
        if (answers) w.send('wan', answerTo(syn));
      }
    w.advance(2500);
    w.send('lan', tcpOut('10.0.0.13', 1, 'S', A));
    assert.deepEqual([w.count('ports_exhausted'), w.event(CounterEvent.SessionsRecycled), w.sessionCount], [1, 0, 4]);
    w.send('lan', tcpOut('10.0.0.13', 1, 'S', B));
    assert.deepEqual([w.event(CounterEvent.SessionsRecycled), w.sessionCount], [1, 4], 'towards B the end of one helps');
  },
);

worldTest(
  'ZON-7 EXH-1 a held port of the same remote address but another of its ports is no help and is left alone',
  { yaml: natZone('localAddresses: [192.0.2.10], ports: 2000-2000, mapping: apdm', 'portHold: 600s') },
  (w) => {
    w.send('lan', udpOut(HOST, 1, A, { dport: 5001 }));
    w.advance(100);
    w.send('lan', udpOut(HOST, 2, A, { dport: 5000 }), udpOut(HOST, 3, B));
    w.advance(5300);
    assert.equal(held(w), 3);
    w.sent('wan');
    w.send('lan', udpOut('10.0.0.6', 1, A, { dport: 5000 }));
    assert.deepEqual([w.sent('wan').length, held(w), w.count('ports_exhausted')], [1, 2, 0]);
  },
);

worldTest(
  'ZON-7 beyond limits.heldPorts the port that was held longest is free',
  {
    yaml: natZone(
      'localAddresses: [192.0.2.10], ports: 2000-2001, mapping: apdm, overload: false',
      'portHold: 60s',
      'limits: { heldPorts: 1 }',
    ),
  },
  (w) => {
    const first = externalPort(outVia(w, 'lan', udpOut(HOST, 1)));
    w.advance(1000);
    w.send('lan', udpOut(HOST, 2));
    w.advance(6000);
    assert.deepEqual([w.sessionCount, held(w)], [0, 1]);
    w.sent('wan');
    assert.equal(externalPort(outVia(w, 'lan', udpOut('10.0.0.6', 1))), first);
    assert.equal(w.event(CounterEvent.HeldReused), 0);
  },
);
