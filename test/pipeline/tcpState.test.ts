import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  firstState,
  firstStateInward,
  nextTcpState,
  SessionState as S,
  sessionState,
  timeoutSlot,
} from '../../src/pipeline/tcpState.js';
import { Timeout } from '../../src/tables/snapshot.js';
import { frameMemoryIn } from '../../src/wire/memory.js';
import { answerTo, tcpOut, udpOut } from '../support/flows.js';
import { eth, icmp, ipv4, type Layer, packet, tcp, udp } from '../support/layers.js';
import { small } from '../support/sample.js';
import { type World, worldTest } from '../support/world.js';
import type { WorldOptions } from '../support/worldParts.js';

const HOST = '10.0.0.5';
const [F, SYN, R, A] = [1, 2, 4, 16] as const;

test('TCP-1 the table of transitions, complete', () => {
  // state: [SYN, FIN, RST, ACK] outward, then inward.
  const table: readonly [S, S[], S[]][] = [
    [S.HalfOpen, [S.HalfOpen, S.HalfOpen, S.Reset, S.HalfOpen], [S.Established, S.HalfOpen, S.Reset, S.HalfOpen]],
    [S.Unanswered, [S.Established, S.Unanswered, S.Reset, S.Unanswered], [S.Unanswered, S.Unanswered, S.Reset, S.Unanswered]],
    [S.Established, [S.Established, S.FinOutward, S.Reset, S.Established], [S.Established, S.FinInward, S.Reset, S.Established]],
    [S.FinOutward, [S.FinOutward, S.FinOutward, S.Reset, S.FinOutward], [S.FinOutward, S.Closing, S.Reset, S.FinOutward]],
    [S.FinInward, [S.FinInward, S.Closing, S.Reset, S.FinInward], [S.FinInward, S.FinInward, S.Reset, S.FinInward]],
    [S.Closing, [S.HalfOpen, S.Closing, S.Reset, S.Closing], [S.Unanswered, S.Closing, S.Reset, S.Closing]],
    [S.Reset, [S.HalfOpen, S.FinOutward, S.Reset, S.Established], [S.Unanswered, S.FinInward, S.Reset, S.Established]],
  ];
  for (const [state, outward, inward] of table) {
    [SYN, F | A, R, A].forEach((flags, i) => {
      assert.equal(nextTcpState(state, flags, true), outward[i], `state ${state} flags ${flags} outward`);
      assert.equal(nextTcpState(state, flags, false), inward[i], `state ${state} flags ${flags} inward`);
    });
  }
});

test('first states and timers of all protocols', () => {
  const first = (...layers: Layer[]): S => {
    const frame = packet(...layers);
    const m = frameMemoryIn(new SharedArrayBuffer(256));
    m.u8.set(frame, 2);
    return firstState(m, 16);
  };
  const ip = ipv4({ src: HOST, dst: '192.0.2.9' });
  assert.equal(first(eth({}), ip, tcp({ flags: 'S' })), S.HalfOpen);
  assert.equal(first(eth({}), ipv4({ options: [1, 1, 1, 1] }), tcp({ flags: 'SPU' })), S.HalfOpen);
  assert.equal(first(eth({}), ip, tcp({ flags: 'A' })), S.Established);
  const m = frameMemoryIn(new SharedArrayBuffer(256));
  m.u8.set(packet(eth({}), ip, tcp({ flags: 'S' })), 2);
  assert.equal(firstStateInward(m, 16), S.Unanswered, 'opened from outside');
  assert.equal(timeoutSlot(6, S.Unanswered), Timeout.TcpHalfOpen);
  assert.equal(first(eth({}), ip, udp({})), S.Unanswered);
  assert.equal(first(eth({}), ip, icmp({})), S.Open);
  assert.equal(timeoutSlot(17, S.Unanswered), Timeout.UdpUnanswered);
  assert.equal(timeoutSlot(17, S.Open), Timeout.Udp);
  assert.equal(timeoutSlot(1, S.Open), Timeout.Icmp);
  assert.deepEqual(
    [S.HalfOpen, S.Established, S.FinOutward, S.FinInward, S.Closing, S.Reset].map((s) => timeoutSlot(6, s)),
    [
      Timeout.TcpHalfOpen,
      Timeout.TcpEstablished,
      Timeout.TcpHalfClosed,
      Timeout.TcpHalfClosed,
      Timeout.TcpClosing,
      Timeout.TcpReset,
    ],
  );
});

/** Half open 4 s, established 20 s, closing 2 s. */
const yaml: WorldOptions = { yaml: small('1024-65535') };

function state(w: World): S {
  const [row] = w.rows();
  assert.ok(row !== undefined, 'there is no session');
  return sessionState(w.sessions, row);
}

/** Opens a connection; returns a function that sends flags from the other side. */
function opened(w: World): (flags: string) => void {
  w.send('lan', tcpOut(HOST, 4000, 'S'));
  const out = w.one('wan');
  const answer = (flags: string): void => {
    w.send('wan', answerTo(out, { flags }));
    assert.equal(w.sent('lan').length, 1, `${flags} from outside passes`);
  };
  answer('SA');
  assert.equal(state(w), S.Established);
  return answer;
}

function fromInside(w: World, flags: string): void {
  w.send('lan', tcpOut(HOST, 4000, flags));
  assert.equal(w.sent('wan').length, 1, `${flags} from inside passes`);
}

worldTest('TCP-1 established by the other side only, not by data; half open ends in 4 s', yaml, (w) => {
  w.send('lan', tcpOut(HOST, 4000, 'S'));
  w.sent('wan');
  fromInside(w, 'A');
  assert.equal(state(w), S.HalfOpen);
  w.advance(3900);
  assert.equal(w.sessionCount, 1);
  w.advance(300);
  assert.equal(w.sessionCount, 0);
});

worldTest('TCP-3 simultaneous open: a SYN from outside on the tuple of our SYN passes and establishes', yaml, (w) => {
  w.send('lan', tcpOut(HOST, 4000, 'S'));
  w.send('wan', answerTo(w.one('wan'), { flags: 'S' }));
  assert.equal(w.sent('lan').length, 1);
  assert.equal(state(w), S.Established);
});

worldTest('TCP-2 TCP-11 both FINs close; data after one FIN still passes on the half-closed timer', yaml, (w) => {
  const answer = opened(w);
  fromInside(w, 'FA');
  assert.equal(state(w), S.FinOutward);
  w.advance(15_000);
  answer('A');
  assert.equal(state(w), S.FinOutward);
  answer('FA');
  assert.equal(state(w), S.Closing);
  fromInside(w, 'A');
  w.advance(1800);
  assert.equal(w.sessionCount, 1);
  w.advance(400);
  assert.equal(w.sessionCount, 0);
});

worldTest('TCP-5 an RST passes and starts the short timer; later data brings the session back', yaml, (w) => {
  const answer = opened(w);
  answer('R');
  assert.equal(state(w), S.Reset);
  w.advance(1500);
  fromInside(w, 'A');
  assert.equal(state(w), S.Established);
  w.advance(15_000);
  assert.equal(w.sessionCount, 1);
  answer('RA');
  w.advance(2300);
  assert.equal(w.sessionCount, 0);
});

worldTest('TCP-8 a SYN on a closing or reset session starts a new life on the same port', yaml, (w) => {
  const answer = opened(w);
  fromInside(w, 'FA');
  answer('FA');
  fromInside(w, 'S');
  assert.equal(state(w), S.HalfOpen);
  answer('SA');
  assert.equal(state(w), S.Established);
  answer('R');
  fromInside(w, 'S');
  assert.equal(state(w), S.HalfOpen);
  assert.equal(w.sessionCount, 1);
});

worldTest('TIM-1 UDP: unanswered 2 s, 5 s once answered, refreshed by either direction', yaml, (w) => {
  w.send('lan', udpOut(HOST, 4000));
  const out = w.one('wan');
  assert.equal(state(w), S.Unanswered);
  w.advance(1900);
  w.send('wan', answerTo(out));
  assert.equal(state(w), S.Open);
  w.advance(4800);
  w.send('wan', answerTo(out));
  w.advance(4800);
  w.send('lan', udpOut(HOST, 4000));
  w.advance(4800);
  assert.equal(w.sessionCount, 1);
  w.advance(400);
  assert.equal(w.sessionCount, 0);
});
