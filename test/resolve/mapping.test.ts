import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CounterEvent } from '../../src/shared/counters.js';
import { type Decoded, decode } from '../support/decode.js';
import { answerTo, echoOut, externalPort, inward, outVia, tcpOut, udpOut } from '../support/flows.js';
import { ipv4, packet, tcp, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { Team } from '../support/team.js';
import { worldTest } from '../support/world.js';
import { natZone } from './natZone.js';

/** Mapping and its filtering (nat-behaviour.md 3, 5). */

const A = '198.51.100.7';
const B = '198.51.100.8';
const HOST = '10.0.0.5';

const ONE = 'localAddresses: [192.0.2.10]';
const MANY = 'localAddresses: [192.0.2.10, 192.0.2.11, 192.0.2.12]';

/** External endpoint of what left. */
const at = (d: Decoded): string => `${d.ipv4!.src}:${externalPort(d)}`;

/** UDP from `src`:`sport` to the external endpoint of what left. */
function towards(d: Decoded, src: string, sport: number): Uint8Array {
  return packet(inward(), ipv4({ src, dst: d.ipv4!.src }), udp({ sport, dport: externalPort(d) }), 'hello');
}

worldTest(
  'MAP-1 GEN-2 eim: one inside endpoint, one external endpoint for every destination; rr moves once per mapping, not per session',
  { yaml: natZone(`${MANY}, mapping: eim`) },
  (w) => {
    const first = at(outVia(w, 'lan', udpOut(HOST, 1000, A)));
    for (const [to, dport] of [
      [A, 5001],
      [B, 5000],
      ['198.18.0.1', 53],
    ] as const)
      assert.equal(at(outVia(w, 'lan', udpOut(HOST, 1000, to, { dport }))), first);
    const second = outVia(w, 'lan', udpOut(HOST, 1001, A));
    assert.deepEqual([first.split(':')[0], second.ipv4!.src], ['192.0.2.10', '192.0.2.11']);
    const syn = at(outVia(w, 'lan', tcpOut(HOST, 1000, 'S', A)));
    assert.equal(at(outVia(w, 'lan', tcpOut(HOST, 1000, 'S', B))), syn);
    const echo = outVia(w, 'lan', echoOut(HOST, 9, A));
    assert.equal(outVia(w, 'lan', echoOut(HOST, 9, B)).icmp!.id, echo.icmp!.id);
    assert.equal(w.cx.cursors[w.index.zone('tenants')], 4, 'four mappings');
  },
);

worldTest('GEN-2 D19 defaults: UDP and ICMP eim, TCP apdm', { yaml: natZone(ONE) }, (w) => {
  assert.equal(at(outVia(w, 'lan', udpOut(HOST, 1, A))), at(outVia(w, 'lan', udpOut(HOST, 1, B))));
  assert.equal(at(outVia(w, 'lan', echoOut(HOST, 1, A))), at(outVia(w, 'lan', echoOut(HOST, 1, B))));
  assert.notEqual(at(outVia(w, 'lan', tcpOut(HOST, 1, 'S', A))), at(outVia(w, 'lan', tcpOut(HOST, 1, 'S', B))));
});

worldTest('GEN-5 mapping and filtering are per protocol', { yaml: natZone(`${ONE}, mapping: { tcp: eim, udp: apdm }`) }, (w) => {
  assert.notEqual(at(outVia(w, 'lan', udpOut(HOST, 1, A))), at(outVia(w, 'lan', udpOut(HOST, 1, B))));
  assert.equal(at(outVia(w, 'lan', tcpOut(HOST, 1, 'S', A))), at(outVia(w, 'lan', tcpOut(HOST, 1, 'S', B))));
});

for (const [filtering, sameAddress, stranger] of [
  ['eif', true, true],
  ['adf', true, false],
  ['apdf', false, false],
] as const) {
  worldTest(
    `GEN-3 FIL-1 filtering ${filtering}: who reaches a mapping, over UDP and TCP`,
    { yaml: natZone(`${ONE}, mapping: eim, filtering: ${filtering}`) },
    (w) => {
      const udpAt = outVia(w, 'lan', udpOut(HOST, 1000, A));
      const synAt = outVia(w, 'lan', tcpOut(HOST, 1000, 'S', A));
      const passes = (frame: Uint8Array): boolean => {
        w.send('wan', frame);
        return w.sent('lan').length === 1;
      };
      const syn = (src: string, sport: number): Uint8Array =>
        packet(inward(), ipv4({ src, dst: synAt.ipv4!.src }), tcp({ sport, dport: externalPort(synAt), flags: 'S' }));
      assert.equal(passes(towards(udpAt, A, 5000)), true, 'the endpoint itself');
      assert.equal(passes(towards(udpAt, A, 6000)), sameAddress);
      assert.equal(passes(towards(udpAt, B, 5000)), stranger);
      assert.equal(passes(syn(A, 80)), true);
      assert.equal(passes(syn(A, 81)), sameAddress);
      assert.equal(passes(syn(B, 80)), stranger);
      assert.equal(w.count('filtered') + w.count('unsolicited_syn'), (sameAddress ? 0 : 2) + (stranger ? 0 : 2));
      // A segment that opens nothing comes to nobody.
      const ack = packet(
        inward(),
        ipv4({ src: '198.18.0.9', dst: synAt.ipv4!.src }),
        tcp({ dport: externalPort(synAt), flags: 'A' }),
      );
      assert.equal(passes(ack), false);
    },
  );
}

worldTest(
  'GEN-3 the host answers whom its mapping let in, by the same external endpoint',
  { yaml: natZone(`${MANY}, mapping: eim, filtering: eif`) },
  (w) => {
    const d = outVia(w, 'lan', udpOut(HOST, 1000, A));
    w.send('wan', towards(d, B, 6000));
    assert.equal(decode(w.one('lan').octets).udp!.dport, 1000);
    assert.equal(at(outVia(w, 'lan', udpOut(HOST, 1000, B, { dport: 6000 }))), at(d));
    assert.equal(w.sessionCount, 2);
  },
);

worldTest(
  'FIL-2 what is filtered refreshes nothing; FIL-6 DOS-5 and makes nothing',
  { yaml: natZone(`${ONE}, mapping: eim, filtering: adf`) },
  (w) => {
    const d = outVia(w, 'lan', udpOut(HOST, 1000, A));
    for (let i = 0; i < 6; i++) {
      w.advance(900);
      w.send('wan', towards(d, B, 6000));
    }
    assert.deepEqual([w.sessionCount, w.sent('lan').length], [0, 0]);
    assert.equal(w.event(CounterEvent.SessionsCreated), 1);
  },
);

worldTest(
  'DOS-5 FIL-2 what the outside begins through an eif mapping keeps neither itself nor the mapping, until the inside answers',
  { yaml: natZone(`${ONE}, mapping: eim, filtering: eif`) },
  (w) => {
    const d = outVia(w, 'lan', udpOut(HOST, 1000, A));
    let came = 0;
    for (let i = 0; i < 12; i++) {
      w.advance(900);
      // Ever new senders, and one that sends each time.
      w.send('wan', towards(d, B, 7000 + i), towards(d, B, 6000));
      came += w.sent('lan').length;
    }
    assert.ok(came > 0 && came < 24, `${came} of 24 came in`);
    assert.equal(w.sessionCount, 0);
    const again = outVia(w, 'lan', udpOut(HOST, 1000, A));
    w.send('wan', towards(again, B, 6000));
    outVia(w, 'lan', udpOut(HOST, 1000, B, { dport: 6000 }));
    for (let i = 0; i < 12; i++) {
      w.advance(900);
      w.send('wan', towards(again, B, 6000));
    }
    assert.equal(w.sent('lan').length, 13, 'answered: an ordinary session');
  },
);

worldTest('TIM-5 a mapping lives as long as its last session', { yaml: natZone(`${MANY}, mapping: eim`) }, (w) => {
  const first = at(outVia(w, 'lan', udpOut(HOST, 1000, A)));
  for (let i = 0; i < 4; i++) {
    w.advance(3000);
    assert.equal(at(outVia(w, 'lan', udpOut(HOST, 1000, i % 2 === 0 ? B : '198.18.0.9'))), first);
  }
  w.advance(6000);
  assert.equal(w.sessionCount, 0);
  assert.notEqual(at(outVia(w, 'lan', udpOut(HOST, 1000, A))), first, 'the next mapping takes the next address');
});

worldTest('GEN-2 GEN-3 a reload changes no live mapping', { yaml: natZone(`${ONE}, mapping: eim, filtering: eif`) }, (w) => {
  const d = outVia(w, 'lan', udpOut(HOST, 1000, A));
  w.reload(natZone(`${ONE}, mapping: apdm`), 2);
  w.send('wan', towards(d, B, 6000));
  assert.equal(w.sent('lan').length, 1, 'its filtering is what it was');
  w.send('lan', udpOut(HOST, 2000, A), udpOut(HOST, 2000, B));
  const [x, y] = w.sent('wan').map((frame) => at(decode(frame.octets)));
  assert.notEqual(x, y, 'a new one goes by the new mode');
});

for (const workers of [1, 2, 3, 8]) {
  test(`MAP-7 GEN-8 two first packets of one flow at two workers make one session, and none is lost: ${workers} workers`, () => {
    const team = new Team(workers, new Dice(workers), { yaml: natZone(`${MANY}, mapping: eim`) });
    for (let i = 0; i < 50; i++) {
      for (let k = 0; k < 4; k++) team.push('lan', udpOut(`10.0.0.${10 + i}`, 1000, k % 2 === 0 ? A : B));
      team.settle();
      const ends = team.sent('wan').map((frame) => at(decode(frame.octets)));
      assert.equal(ends.length, 4);
      assert.equal(new Set(ends).size, 1);
    }
    assert.equal(team.sessionCount, 100);
    team.check();
  });
}

worldTest(
  'PRT-6 PRT-7 configured ports only; one of a static mapping is handed out to nobody',
  {
    yaml: natZone(
      `${ONE}, ports: 2000-2015, mapping: apdm, overload: false`,
      'portHold: off',
      'staticMappings: [{ protocol: udp, external: "192.0.2.10:2005", inside: "10.0.0.9:53" }]\n',
    ),
  },
  (w) => {
    const ports = new Set<number>();
    for (let i = 0; i < 15; i++) ports.add(externalPort(outVia(w, 'lan', udpOut(HOST, 2005 + i, A))));
    assert.deepEqual([...ports].sort(), [2000, 2001, 2002, 2003, 2004, ...Array.from({ length: 10 }, (_, i) => 2006 + i)]);
    w.send('lan', udpOut(HOST, 1, A));
    assert.equal(w.count('ports_exhausted'), 1);
  },
);

worldTest(
  'TCP-8 a SYN from outside to a closed session of a mapping that admits it begins a new life; apdf filters it',
  {
    yaml: natZone(`${ONE}, mapping: eim, filtering: { tcp: adf }`),
  },
  (w) => {
    for (const [filtering, passes] of [
      ['adf', true],
      ['apdf', false],
    ] as const) {
      w.reload(natZone(`${ONE}, mapping: eim, filtering: { tcp: ${filtering} }`), 2);
      const sport = passes ? 1000 : 2000;
      w.send('lan', tcpOut(HOST, sport, 'S', A));
      const out = w.one('wan');
      w.send('wan', answerTo(out, { flags: 'SA' }), answerTo(out, { flags: 'FA' }));
      w.send('lan', tcpOut(HOST, sport, 'FA', A));
      w.sent('lan');
      w.sent('wan');
      w.advance(1000);
      w.send('wan', answerTo(out, { flags: 'S' }));
      assert.equal(w.sent('lan').length, passes ? 1 : 0);
      if (!passes) continue;
      w.send('lan', tcpOut(HOST, sport, 'SA', A));
      w.sent('wan');
      w.advance(10_000);
      assert.equal(w.sessionCount, 1, 'established, on its long timer');
    }
    assert.equal(w.count('tcp_state'), 1);
  },
);
