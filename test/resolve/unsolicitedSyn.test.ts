import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HELD_SYNS } from '../../src/pipeline/heldSyns.js';
import { anySession } from '../../src/pipeline/sessionSweep.js';
import { SessionState as S, sessionState } from '../../src/pipeline/tcpState.js';
import { Verdict } from '../../src/shared/verdict.js';
import { Session } from '../../src/tables/sessions.js';
import { Limit, Timeout } from '../../src/tables/snapshot.js';
import { decode, decodePacket } from '../support/decode.js';
import { expectFrame } from '../support/expectFrame.js';
import { answerTo, inward, tcpOut, udpOut } from '../support/flows.js';
import { type Ipv4Fields, ipv4, packet, type TcpFields, tcp, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { GW, REMOTE, small, UPSTREAM } from '../support/sample.js';
import { Team } from '../support/team.js';
import { type World, worldTest } from '../support/world.js';
import { macOf } from '../support/worldParts.js';

/** SYNs from outside that nothing inside asked for (TCP-3, TCP-4). */

const HOST = '10.0.0.5';
const LOCAL = '192.0.2.10';
const yaml = small('1024-65535');
/** Few ports, so that one comes up again soon. */
const few = small('2000-2063');

function syn(sport: number, dport: number, t: TcpFields = {}, ip: Ipv4Fields = {}): Uint8Array {
  return packet(inward(), ipv4({ src: REMOTE, dst: LOCAL, ...ip }), tcp({ sport, dport, flags: 'S', ...t }));
}

/** Six seconds, and no limit on ICMP errors that these tests could reach. */
function answering(w: World): void {
  w.snapshot.limits[Limit.AnswerUnsolicited] = 1;
  w.snapshot.timeouts[Timeout.UnsolicitedSyn] = 60;
  w.snapshot.limits[Limit.IcmpPerHostBurst] = 1000;
  w.snapshot.limits[Limit.IcmpBurst] = 1000;
}

worldTest('TCP-4 an unsolicited SYN is dropped and counted as such; without the option nothing is ever said', { yaml }, (w) => {
  w.send('wan', syn(5000, 2000), syn(5000, 2000, {}, { dst: '192.0.2.10' }));
  w.advance(10_000);
  assert.equal(w.count('unsolicited_syn'), 2);
  assert.deepEqual([w.sent('wan'), w.sent('lan'), w.sessionCount], [[], [], 0]);
  assert.equal(w.cx.heldSyns.count, 0, 'nothing is remembered');
});

worldTest('TCP-4 only a SYN alone to a local address is one', { yaml }, (w) => {
  answering(w);
  for (const flags of ['SA', 'A', 'R', 'SF', 'FPU', '']) w.send('wan', syn(5000, 2000, { flags }));
  w.send('wan', syn(5000, 2000, {}, { dst: '192.0.2.1' }));
  w.send('wan', syn(5000, 2000, {}, { dst: HOST }));
  w.send('wan', packet(inward(), ipv4({ src: REMOTE, dst: LOCAL }), udp({ sport: 1, dport: 2 })));
  w.advance(10_000);
  assert.equal(w.count('unsolicited_syn'), 0);
  assert.deepEqual([w.count('no_session'), w.count('local_reset')], [8, 1]);
  expectFrame(w.one('wan'), ipv4({ src: '192.0.2.1', dst: REMOTE }), tcp({ flags: 'RA' }));
});

worldTest('TCP-4 answered by ICMP 3/3 after its six seconds, not before, once for all that were sent again', { yaml }, (w) => {
  answering(w);
  w.send('wan', syn(5000, 2000, { seq: 0x0102_0304 }, { id: 7, ttl: 33, tos: 8, options: [148, 4, 0, 0] }));
  for (const wait of [1000, 2000, 2900]) {
    w.advance(wait);
    w.send('wan', syn(5000, 2000));
  }
  assert.deepEqual(w.sent('wan'), []);
  w.advance(300);
  const error = w.one('wan');
  const d = expectError(error.octets);
  assert.deepEqual([d.ipv4!.id, d.ipv4!.ttl, d.ipv4!.tos, d.ipv4!.totalLength], [7, 33, 8, 44], 'quoted as it came');
  assert.deepEqual(d.ipv4!.options, [148, 4, 0, 0]);
  assert.deepEqual([...d.segment.subarray(0, 8)], [0x13, 0x88, 0x07, 0xd0, 1, 2, 3, 4]);
  w.advance(20_000);
  assert.deepEqual(w.sent('wan'), []);
  assert.equal(w.cx.heldSyns.count, 0);
});

/** The error is sound and goes to the sender; returns what it quotes. */
function expectError(frame: Uint8Array): ReturnType<typeof decode> {
  const d = decode(frame);
  assert.deepEqual(
    [d.eth!.src, d.eth!.dst, d.ipv4!.src, d.ipv4!.dst, d.icmp!.type, d.icmp!.code],
    [GW.wan, macOf(UPSTREAM), '192.0.2.1', REMOTE, 3, 3],
  );
  return decodePacket(d.payload);
}

worldTest(
  'TCP-3 TCP-4 a SYN from inside that maps to the same tuple makes the stored one forgotten; both open',
  { yaml: few },
  (w) => {
    answering(w);
    w.send('lan', tcpOut(HOST, 4000, 'S'));
    const first = w.one('wan');
    const port = decode(first.octets).tcp!.sport;
    w.advance(4100);
    assert.equal(w.sessionCount, 0);
    w.send('wan', syn(80, port), syn(81, port));
    assert.equal(w.count('unsolicited_syn'), 2);
    // Until the same port comes up again.
    let sport = 4000;
    for (; ; sport++) {
      w.send('lan', tcpOut(HOST, sport, 'S'));
      if (decode(w.one('wan').octets).tcp!.sport === port) break;
      assert.ok(sport < 65_000, 'the port never came up');
      w.turn.purge({ ...anySession, insidePort: sport }, () => {});
      w.settle();
    }
    w.send('wan', syn(80, port));
    assert.equal(decode(w.one('lan').octets).tcp!.dport, sport, 'sent again it is translated inward');
    assert.equal(sessionState(w.sessions, w.rows()[0]!), S.Established);
    w.advance(8000);
    const errors = w.sent('wan').map(({ octets }) => decodePacket(decode(octets).payload));
    assert.equal(errors.length, 1, 'the one from the other remote port is answered');
    assert.equal((errors[0]!.segment[0]! << 8) | errors[0]!.segment[1]!, 81);
  },
);

worldTest('DOS-4 the store holds 256; the oldest are overwritten, which is a plain drop', { yaml }, (w) => {
  answering(w);
  // The next hop is known: no more than 64 frames could wait for it.
  w.send('lan', udpOut(HOST, 1));
  w.sent('wan');
  for (let i = 0; i < HELD_SYNS + 44; i++) w.send('wan', syn(1000 + i, 2000));
  assert.equal(w.cx.heldSyns.count, HELD_SYNS);
  w.advance(7000);
  const ports = w.sent('wan').map(({ octets }) => {
    const quote = expectError(octets);
    return (quote.segment[0]! << 8) | quote.segment[1]!;
  });
  assert.deepEqual(
    ports,
    Array.from({ length: HELD_SYNS }, (_, i) => 1044 + i),
  );
});

worldTest('ERR-16 TCP-4 the answers keep the rate limits of ICMP errors', { yaml }, (w) => {
  answering(w);
  w.snapshot.limits[Limit.IcmpPerHostBurst] = 5;
  for (let i = 0; i < 100; i++) w.send('wan', syn(1000 + i, 2000));
  w.advance(6300);
  assert.equal(w.sent('wan').length, 5);
});

worldTest(
  'TCP-4 what a reload made meaningless is not answered; the tick count may wrap',
  { yaml, startTick: 0x7fff_ffff - 30 },
  (w) => {
    answering(w);
    w.send('wan', syn(5000, 2000));
    w.advance(3000);
    w.reload(yaml, 2);
    answering(w);
    w.send('wan', syn(5001, 2000));
    w.advance(5900);
    assert.deepEqual(w.sent('wan'), []);
    w.advance(400);
    assert.equal(expectError(w.one('wan').octets).segment[1], 5001 & 0xff);
    assert.ok(w.cx.now < 0);
  },
);

for (const workers of [2, 3]) {
  test(`TCP-3 TCP-4 ${workers} workers: unsolicited SYNs are answered, those that the inside meets are not`, () => {
    for (let seed = 1; seed <= 20; seed++) {
      const team = new Team(workers, new Dice(seed), { yaml });
      for (const member of team.members) answering(member);
      // Before anybody holds a block of ports.
      for (let i = 0; i < 8; i++) team.push('wan', syn(7000 + i, 2000 + i * 640));
      for (let i = 0; i < 8; i++) team.push('lan', tcpOut(`10.0.0.${20 + i}`, 4000, 'S'));
      team.settle();
      for (const frame of team.sent('wan')) team.push('wan', answerTo(frame, { flags: 'S' }));
      team.settle();
      assert.equal(team.sent('lan').length, 8, 'simultaneous opens');
      for (const member of team.members)
        for (const row of member.rows()) assert.equal(sessionState(member.sessions, row), S.Established);
      // To ports of live sessions, from another remote.
      const ports = team.members.flatMap((m) => m.rows().map((row) => m.sessions.rows[row + Session.InwardPorts]! >>> 16));
      for (const wire of ports) team.push('wan', syn(9000, ((wire & 0xff) << 8) | (wire >>> 8)));
      team.settle();
      assert.equal(team.count(Verdict.DropUnsolicitedSyn), 16);
      team.advance(7000);
      const errors = team.sent('wan');
      assert.ok(errors.length >= 8 && errors.length <= 16, `${errors.length} answers`);
      for (const { octets } of errors) expectError(octets);
      const late = errors.filter(({ octets }) => decodePacket(decode(octets).payload).segment[0] === 9000 >> 8);
      assert.equal(late.length, 8, 'a SYN to a port of a live session is its owner’s to answer');
      team.check();
    }
  });
}

worldTest('DOS-2 a scan of unsolicited SYNs makes no session and takes no port', { yaml }, (w) => {
  answering(w);
  w.send('lan', udpOut(HOST, 1));
  for (let port = 1024; port < 3024; port++) w.send('wan', syn(5000, port));
  assert.equal(w.sessionCount, 1);
  assert.equal(w.count('unsolicited_syn'), 2000);
});
