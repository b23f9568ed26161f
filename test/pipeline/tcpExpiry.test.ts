import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anySession } from '../../src/pipeline/sessionSweep.js';
import { CounterEvent } from '../../src/shared/counters.js';
import { Limit } from '../../src/tables/snapshot.js';
import { decode } from '../support/decode.js';
import { expectFrame } from '../support/expectFrame.js';
import { answerTo, tcpOut, udpOut } from '../support/flows.js';
import { eth, ipv4, tcp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { GW, REMOTE, small, UPSTREAM } from '../support/sample.js';
import { Team } from '../support/team.js';
import { tso } from '../support/virtio.js';
import { type World, worldTest } from '../support/world.js';
import { macOf } from '../support/worldParts.js';

/** RSTs to both ends of a connection whose session ends while they believe in it (TIM-6). */

const HOST = '10.0.0.5';
/** Half open 4 s, established 20 s, closing and reset 2 s. */
const yaml = small('1024-65535');

function tell(w: World): void {
  w.snapshot.limits[Limit.ResetOnExpiry] = 1;
}

/** An established connection; the inside has acknowledged up to 0xfffffff5, the outside up to 0x12345678. */
function connection(w: World, port = 4000): number {
  w.send('lan', tcpOut(HOST, port, 'S', REMOTE, { seq: 0x1234_5600 }));
  const out = w.one('wan');
  w.send('wan', answerTo(out, { flags: 'SA', seq: 0xffff_ff00, ack: 0x1234_5601 }));
  w.send('lan', tcpOut(HOST, port, 'A', REMOTE, { seq: 0x1234_5601, ack: 0xffff_ff01 }));
  w.send('lan', { octets: tcpOut(HOST, port, 'PA', REMOTE, { ack: 0xffff_fff5, checksum: 'partial' }), virtio: tso(10) });
  w.send('wan', answerTo(out, { flags: 'A', ack: 0x1234_5678 }));
  w.sent('lan');
  w.sent('wan');
  return decode(out.octets).tcp!.sport;
}

worldTest('TIM-6 both ends of an idle established session are sent an RST they accept', { yaml }, (w) => {
  tell(w);
  const port = connection(w);
  w.advance(19_500);
  assert.deepEqual([w.sent('lan'), w.sent('wan')], [[], []]);
  w.advance(800);
  assert.equal(w.sessionCount, 0);
  expectFrame(
    w.one('lan'),
    eth({ dst: macOf(HOST), src: GW.lan }),
    ipv4({ src: REMOTE, dst: HOST, ttl: 64, df: true }),
    tcp({ sport: 80, dport: 4000, flags: 'R', seq: 0xffff_fff5 }),
  );
  expectFrame(
    w.one('wan'),
    eth({ dst: macOf(UPSTREAM), src: GW.wan }),
    ipv4({ src: '192.0.2.10', dst: REMOTE, ttl: 64 }),
    tcp({ sport: port, dport: 80, flags: 'R', seq: 0x1234_5678 }),
  );
  assert.equal(w.event(CounterEvent.ResetsMade), 2);
});

worldTest('TIM-6 off by default: nothing is said, nothing is kept', { yaml }, (w) => {
  connection(w);
  w.advance(21_000);
  assert.equal(w.sessionCount, 0);
  assert.deepEqual([w.sent('lan'), w.sent('wan')], [[], []]);
  assert.ok(w.state.acks.every((word) => word === 0));
});

worldTest('TIM-6 never for half-open, closing, reset sessions nor for other protocols', { yaml }, (w) => {
  tell(w);
  w.send('lan', tcpOut(HOST, 1, 'S'), udpOut(HOST, 2));
  w.sent('wan');
  const answers = [3, 4].map((port) => {
    w.send('lan', tcpOut(HOST, port, 'S'));
    const out = w.one('wan');
    w.send('wan', answerTo(out, { flags: 'SA' }));
    return out;
  });
  w.send('lan', tcpOut(HOST, 3, 'FA'));
  w.send('wan', answerTo(answers[0]!, { flags: 'FA' }), answerTo(answers[1]!, { flags: 'R' }));
  w.sent('lan');
  w.sent('wan');
  w.advance(6000);
  assert.equal(w.sessionCount, 0);
  assert.deepEqual([w.sent('lan'), w.sent('wan')], [[], []]);
});

worldTest(
  'TIM-6 TCP-8 numbers of an earlier life are forgotten, also those of the row’s former session',
  { yaml, sessions: 64 },
  (w) => {
    tell(w);
    connection(w);
    w.send('lan', tcpOut(HOST, 4000, 'RA', REMOTE, { ack: 99 }));
    w.send('lan', tcpOut(HOST, 4000, 'S'));
    w.sent('wan');
    assert.ok(
      w.state.acks.every((word) => word === 0),
      'a SYN begins a new life',
    );
    w.advance(4500);
    connection(w, 4001);
    w.advance(21_000);
    assert.deepEqual([w.sent('lan').length, w.sessionCount], [1, 0]);
    assert.ok(
      w.state.acks.every((word) => word === 0),
      'an ended session leaves nothing behind',
    );
  },
);

worldTest('TIM-6 an end that never acknowledged anything is not guessed at', { yaml }, (w) => {
  tell(w);
  w.send('lan', tcpOut(HOST, 4000, 'S'));
  w.send('wan', answerTo(w.one('wan'), { flags: 'SA', ack: 5 }));
  w.sent('lan');
  w.advance(21_000);
  assert.deepEqual([w.sent('lan').length, w.sent('wan').length], [0, 1]);
});

worldTest('TIM-6 an RST waits for a neighbour that has to be asked again', { yaml, answerArp: true }, (w) => {
  tell(w);
  connection(w);
  w.tick(3_600_000);
  w.advance(300);
  assert.equal(w.sent('lan').length, 1);
  assert.equal(w.sent('wan').length, 1);
});

worldTest('TIM-6 OPS-2 sessions that an operator ends are reset at both ends', { yaml }, (w) => {
  tell(w);
  connection(w, 4000);
  connection(w, 4001);
  w.turn.purge({ ...anySession, insidePort: 4001 }, () => {});
  w.settle();
  w.advance(100);
  assert.deepEqual(
    [w.sent('lan'), w.sent('wan')].map((frames) => frames.map(({ octets }) => decode(octets).tcp!.flags)),
    [['R'], ['R']],
  );
  assert.equal(w.sessionCount, 1);
});

worldTest('TIM-4 TIM-6 a mass expiry with RSTs takes several turns, and loses none', { yaml, sessions: 4096 }, (w) => {
  tell(w);
  for (let i = 0; i < 1000; i++) connection(w, 1000 + i);
  w.tick(60_000);
  w.turn.run();
  assert.ok(w.sessionCount > 500, 'a turn has its budget');
  for (let turn = 0; turn < 20; turn++) w.turn.run();
  w.advance(100);
  assert.deepEqual([w.sessionCount, w.sent('lan').length, w.sent('wan').length], [0, 1000, 1000]);
});

for (const workers of [2, 3]) {
  test(`TIM-6 ${workers} workers: each session's owner sends both`, () => {
    const team = new Team(workers, new Dice(3), { yaml });
    for (const member of team.members) tell(member);
    for (let i = 0; i < 30; i++) team.push('lan', tcpOut(`10.0.0.${20 + i}`, 4000, 'S'));
    team.settle();
    for (const frame of team.sent('wan')) team.push('wan', answerTo(frame, { flags: 'SA', ack: 7 }));
    team.settle();
    for (let i = 0; i < 30; i++) team.push('lan', tcpOut(`10.0.0.${20 + i}`, 4000, 'A', REMOTE, { ack: 1000 + i }));
    team.settle();
    team.sent('lan');
    team.sent('wan');
    team.advance(21_000);
    const seen = team.sent('lan').map(({ octets }) => decode(octets));
    assert.deepEqual(
      seen.map((d) => d.tcp!.seq - 1000).sort((a, b) => a - b),
      Array.from({ length: 30 }, (_, i) => i),
    );
    for (const d of seen) assert.equal(d.ipv4!.dst, `10.0.0.${20 + d.tcp!.seq - 1000}`);
    assert.equal(team.sent('wan').length, 30);
    team.check();
  });
}
