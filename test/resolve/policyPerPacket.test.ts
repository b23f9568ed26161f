import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { Session } from '../../src/tables/sessions.js';
import { decode } from '../support/decode.js';
import { expectFrame } from '../support/expectFrame.js';
import { answerTo, outward, tcpOut, udpOut } from '../support/flows.js';
import { cut, datagram } from '../support/fragments.js';
import { eth, ipv4, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { policy, UPSTREAM2, WAN2 } from '../support/policySample.js';
import { GW, REMOTE, UPSTREAM } from '../support/sample.js';
import { Team } from '../support/team.js';
import { worldTest } from '../support/world.js';
import { macOf } from '../support/worldParts.js';

/** Sessions whose packets rules and routes tell apart: they keep no way, every frame asks for its own. */

const A = '10.0.0.11';
const toWan = [eth({ dst: macOf(UPSTREAM), src: GW.wan }), ipv4({ src: '192.0.2.10', dst: REMOTE, ttl: 63 })];

/** An answer to a frame, by another interface than wan. */
const answerBy = (frame: MemoryFrame): Uint8Array => {
  const octets = answerTo(frame);
  octets.set(WAN2.split(':').map((o) => Number.parseInt(o, 16)));
  return octets;
};

const byTos = policy({
  rules: ['pref 100 tos 0x10 lookup 102'],
  routes: ['default via 192.0.2.254 dev wan', 'default via 192.0.3.254 dev wan2 table 102'],
  more: 'tcp: { mss: pmtu }',
});
const byRouteTos = policy({
  routes: ['default via 192.0.2.254 dev wan', 'default tos 0x10 via 192.0.3.254 dev wan2'],
  more: 'tcp: { mss: pmtu }',
});
const byDscp = byTos.replace('tos 0x10 lookup', 'dscp 4 lookup');

for (const [what, yaml] of [
  ['a rule tos', byTos],
  ['a route with tos', byRouteTos],
  ['a rule dscp', byDscp],
] as const) {
  worldTest(
    `FWD-2 ${what}: packets of one session go different ways by their tos`,
    { yaml, mtus: { wan: 1400, wan2: 1300 } },
    (w) => {
      const sports = new Set<number>();
      for (let i = 0; i < 3; i++) {
        w.send('lan', udpOut(A, 5));
        sports.add(expectFrame(w.one('wan'), ...toWan).udp!.sport);
        w.send('lan', udpOut(A, 5, REMOTE, {}, { tos: 0x10 }));
        sports.add(expectFrame(w.one('wan2'), eth({ dst: macOf(UPSTREAM2) }), ipv4({ src: '192.0.2.10', tos: 0x10 })).udp!.sport);
      }
      assert.deepEqual([sports.size, w.sessionCount], [1, 1]);
      for (const row of w.rows())
        for (const word of [Session.OutwardAdjacency, Session.InwardAdjacency])
          assert.equal(w.sessions.rows[row + word], -1, 'it keeps no way');
    },
  );

  worldTest(`TCP-13 ${what}: SYNs are clamped to the way they take`, { yaml, mtus: { wan: 1400, wan2: 1300 } }, (w) => {
    const mss = [2, 4, 1460 >> 8, 1460 & 0xff];
    for (const [tos, iface, most] of [
      [0, 'wan', 1360],
      [0x10, 'wan2', 1260],
    ] as const) {
      w.send('lan', tcpOut(A, 60 + tos, 'S', REMOTE, { options: mss }, { tos }));
      const syn = w.one(iface);
      assert.deepEqual(decode(syn.octets).tcp!.options, [2, 4, most >> 8, most & 0xff]);
      w.send(iface, iface === 'wan' ? answerTo(syn, { options: mss }, { tos }) : answerBy({ octets: syn.octets }));
      w.sent('lan');
    }
  });

  worldTest(`FRG-2 ${what}: fragments of a session go the way of their tos, all of them`, { yaml }, (w) => {
    for (const tos of [0, 0x10]) {
      const d = datagram(
        outward(A),
        { src: A, dst: REMOTE, tos, id: 9 + tos },
        udp({ sport: 5, dport: 5000 }),
        new Uint8Array(3000),
      );
      const [first, ...rest] = cut(d, 1000);
      w.send('lan', ...rest.reverse(), first!);
      assert.equal(w.sent(tos === 0 ? 'wan' : 'wan2').length, 4);
      assert.deepEqual(w.sent(tos === 0 ? 'wan2' : 'wan'), []);
    }
    assert.equal(w.sessionCount, 1);
  });
}

const byPort = policy({
  rules: ['pref 100 dport 5000 ipproto udp lookup 102'],
  routes: ['default via 192.0.2.254 dev wan', 'default via 192.0.3.254 dev wan2 table 102'],
});

for (const workers of [1, 2])
  test(`FRG-1 a session has the way of its ports, whether fragments open it or not, ${workers} workers`, () => {
    const team = new Team(workers, new Dice(11), { yaml: byPort });
    for (let i = 0; i < 8; i++) {
      const host = `10.0.0.${30 + i}`;
      const d = datagram(outward(host), { src: host, dst: REMOTE, id: i }, udp({ sport: 5, dport: 5000 }), new Uint8Array(3000));
      const frames = [...cut(d, 1000), udpOut(host, 5)];
      if (i % 2 === 0) frames.reverse();
      for (const frame of frames) {
        team.push('lan', frame);
        if (i % 3 === 0) team.settle();
      }
      team.settle();
      assert.equal(team.sent('wan2').length, 5);
      assert.deepEqual(team.sent('wan'), []);
    }
    assert.equal(team.sessionCount, 8);
    team.check();
  });

const byIif = policy({
  rules: ['pref 100 iif dmz lookup 102'],
  routes: ['default via 192.0.2.254 dev wan', 'default via 192.0.3.254 dev wan2 table 102', '10.0.1.0/24 dev dmz table 102'],
});

worldTest('FWD-2 a rule iif: by the interface a session’s frame comes in by', { yaml: byIif }, (w) => {
  w.send('lan', udpOut(A, 5));
  expectFrame(w.one('wan'), ...toWan);
  w.send('dmz', udpOut('10.0.1.7', 5));
  const out = w.one('wan2');
  expectFrame(out, eth({ dst: macOf(UPSTREAM2) }), ipv4({ src: '192.0.2.10' }));
  w.send('wan2', answerBy(out));
  expectFrame(w.one('dmz'), ipv4({ dst: '10.0.1.7' }));
});
