import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionState as S, sessionState } from '../../src/pipeline/tcpState.js';
import { CounterEvent } from '../../src/shared/counters.js';
import { Verdict } from '../../src/shared/verdict.js';
import { Limit, Midstream } from '../../src/tables/snapshot.js';
import { decode } from '../support/decode.js';
import { expectFrame } from '../support/expectFrame.js';
import { answerTo, inward, PAYLOAD, tcpOut } from '../support/flows.js';
import { eth, ipv4, packet, tcp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { GW, REMOTE, small } from '../support/sample.js';
import { Team } from '../support/team.js';
import { tso } from '../support/virtio.js';
import { type World, worldTest } from '../support/world.js';
import { macOf } from '../support/worldParts.js';

/** TCP segments that no session took and that open none (TCP-9). */

const HOST = '10.0.0.5';
const yaml = small('1024-65535');

function allow(w: World, mode: Midstream): void {
  w.snapshot.limits[Limit.Midstream] = mode;
}

worldTest('TCP-9 drop is the default: nothing is answered', { yaml }, (w) => {
  w.send('lan', tcpOut(HOST, 4000, 'A'), tcpOut(HOST, 4000, 'FA'), tcpOut(HOST, 4000, 'SA'), tcpOut(HOST, 4000, 'R'));
  assert.deepEqual([w.sent('lan'), w.sent('wan')], [[], []]);
  assert.equal(w.count('not_syn'), 4);
  assert.equal(w.sessionCount, 0);
});

worldTest('TCP-9 reset: the inside sender is told as RFC 9293 says, never about an RST, and nothing leaves', { yaml }, (w) => {
  allow(w, Midstream.Reset);
  for (const flags of ['A', 'PA', 'FA', 'SA', 'AU']) {
    w.send('lan', tcpOut(HOST, 4000, flags, REMOTE, { seq: 0xffff_fff0, ack: 0x8765_4321 }));
    const reset = w.one('lan');
    expectFrame(
      reset,
      eth({ dst: macOf(HOST), src: GW.lan }),
      ipv4({ src: REMOTE, dst: HOST, protocol: 6, ttl: 64 }),
      tcp({ sport: 80, dport: 4000, flags: 'R', seq: 0x8765_4321, ack: 0 }),
    );
  }
  for (const flags of ['R', 'RA', '', 'SF', 'F']) w.send('lan', tcpOut(HOST, 4000, flags));
  assert.deepEqual(w.sent('lan'), []);
  assert.deepEqual(w.sent('wan'), []);
  assert.equal(w.count('not_syn'), 7);
  assert.equal(w.sessionCount, 0);
  assert.equal(w.event(CounterEvent.ResetsMade), 5);
});

worldTest('TCP-9 reset: a segment of a super-frame with IP and TCP options is answered alike', { yaml }, (w) => {
  allow(w, Midstream.Reset);
  const frame = tcpOut(HOST, 4000, 'PA', REMOTE, { ack: 77, checksum: 'partial' });
  w.send('lan', { octets: frame, virtio: tso(10) });
  assert.equal(decode(w.one('lan').octets).tcp!.seq, 77);
  w.send(
    'lan',
    tcpOut(HOST, 4000, 'A', REMOTE, { ack: 78, options: [1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0] }, { options: [148, 4, 0, 0] }),
  );
  assert.equal(decode(w.one('lan').octets).tcp!.seq, 78);
});

worldTest('TCP-9 reset: within the rate limits of ICMP errors', { yaml }, (w) => {
  allow(w, Midstream.Reset);
  for (let port = 1; port <= 100; port++) w.send('lan', tcpOut(HOST, port, 'A'));
  assert.equal(w.sent('lan').length, 20, 'the burst for one receiver');
  assert.equal(w.event(CounterEvent.ResetsSuppressed), 80);
  assert.equal(w.count('not_syn'), 100);
});

worldTest('TCP-9 from outside nothing is answered in any mode', { yaml }, (w) => {
  for (const mode of [Midstream.Drop, Midstream.Reset, Midstream.Adopt]) {
    allow(w, mode);
    for (const flags of ['A', 'SA', 'FA', 'R'])
      w.send('wan', packet(inward(), ipv4({ src: REMOTE, dst: '192.0.2.10' }), tcp({ sport: 80, dport: 2000, flags }), PAYLOAD));
  }
  assert.deepEqual([w.sent('lan'), w.sent('wan')], [[], []]);
  assert.equal(w.count('no_session'), 12);
  assert.equal(w.sessionCount, 0);
});

worldTest('TCP-9 adopt: a segment with ACK becomes an established session; SYN+ACK and RST do not', { yaml }, (w) => {
  allow(w, Midstream.Adopt);
  w.send('lan', tcpOut(HOST, 4000, 'SA'), tcpOut(HOST, 4000, 'R'), tcpOut(HOST, 4000, 'RA'));
  assert.equal(w.count('not_syn'), 3);
  assert.equal(w.sessionCount, 0);
  w.send('lan', tcpOut(HOST, 4000, 'PA', REMOTE, { seq: 5, ack: 6 }));
  const out = w.one('wan');
  assert.equal(decode(out.octets).ipv4!.src, '192.0.2.10');
  assert.equal(sessionState(w.sessions, w.rows()[0]!), S.Established);
  w.send('wan', answerTo(out, { flags: 'A' }));
  assert.equal(decode(w.one('lan').octets).ipv4!.dst, HOST);
  w.advance(19_000);
  assert.equal(w.sessionCount, 1, 'on the timer of established ones');
  w.send('lan', tcpOut(HOST, 4001, 'FA'));
  assert.equal(sessionState(w.sessions, w.rows()[1]!), S.FinOutward);
});

for (const workers of [1, 2, 3]) {
  test(`TCP-9 every mode is the same for ${workers} workers, whichever queue a segment comes to`, () => {
    const host = (i: number): string => `10.0.0.${10 + i}`;
    for (const mode of [Midstream.Drop, Midstream.Reset, Midstream.Adopt]) {
      // 96 ports in two blocks: the home often has to ask another worker for one.
      const team = new Team(workers, new Dice(7), { yaml: small('2000-2095').replace(/timers:.*/, '') });
      for (const member of team.members) allow(member, mode);
      for (let i = 0; i < 40; i++)
        for (const flags of ['A', 'PA']) team.push('lan', tcpOut(host(i), 4000, flags, REMOTE, { ack: i }));
      team.settle();
      const sent = team.sent('wan');
      const resets = team.sent('lan');
      assert.equal(sent.length, mode === Midstream.Adopt ? 80 : 0);
      assert.equal(resets.length, mode === Midstream.Reset ? 80 : 0);
      assert.ok(resets.every(({ octets }) => decode(octets).tcp!.flags === 'R'));
      assert.equal(team.sessionCount, mode === Midstream.Adopt ? 40 : 0);
      assert.equal(team.count(Verdict.DropNotSyn), mode === Midstream.Adopt ? 0 : 80);
      for (const member of team.members)
        for (const row of member.rows()) assert.equal(sessionState(member.sessions, row), S.Established);
      team.check();
    }
  });
}
