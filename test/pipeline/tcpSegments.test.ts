import assert from 'node:assert/strict';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { SessionState as S, sessionState } from '../../src/pipeline/tcpState.js';
import { Session } from '../../src/tables/sessions.js';
import { decode } from '../support/decode.js';
import { answerTo, inward, PAYLOAD, tcpOut } from '../support/flows.js';
import { icmp, ipv4, packet, type TcpFields } from '../support/layers.js';
import { REMOTE, small } from '../support/sample.js';
import { type World, worldTest } from '../support/world.js';

/** Which segments of a session pass, which do not, and which of them keep it alive. */

const HOST = '10.0.0.5';
/** Half open 4 s, established 20 s, closing and reset 2 s. */
const yaml = small('1024-65535');

function state(w: World): S {
  const [row] = w.rows();
  assert.ok(row !== undefined, 'there is no session');
  return sessionState(w.sessions, row);
}

function lastSeen(w: World): number {
  return w.sessions.rows[w.rows()[0]! + Session.LastSeen]!;
}

/** A connection between HOST and REMOTE, with its SYN as it left. */
class Connection {
  readonly syn: MemoryFrame;

  constructor(readonly w: World) {
    w.send('lan', tcpOut(HOST, 4000, 'S', REMOTE, { seq: 1000 }));
    this.syn = w.one('wan');
  }

  /** Sends a segment and returns it as it came out on the other side, or undefined. */
  out(flags: string, t: TcpFields = {}): MemoryFrame | undefined {
    this.w.send('lan', tcpOut(HOST, 4000, flags, REMOTE, t));
    return this.w.sent('wan')[0];
  }

  in(flags: string, t: TcpFields = {}): MemoryFrame | undefined {
    this.w.send('wan', answerTo(this.syn, { flags, ...t }));
    return this.w.sent('lan')[0];
  }

  /** Sends segments, "> flags" from inside and "< flags" from outside; each must pass with flags and numbers unchanged. */
  play(...segments: readonly string[]): this {
    for (const [i, segment] of segments.entries()) {
      const [direction, flags = ''] = segment.split(' ');
      const fields = { seq: 5000 + i, ack: 7000 + i };
      const passed = direction === '>' ? this.out(flags, fields) : this.in(flags, fields);
      assert.ok(passed !== undefined, `${segment} passes`);
      const { tcp } = decode(passed.octets);
      assert.deepEqual(
        [tcp!.flags, tcp!.seq, tcp!.ack],
        [[...'FSRPAUEC'].filter((l) => flags.includes(l)).join(''), 5000 + i, 7000 + i],
      );
    }
    return this;
  }
}

const sequences: Readonly<Record<string, { play: string[]; ends: S }>> = {
  'three ways': { play: ['< SA', '> A', '> PA', '< PA', '< A'], ends: S.Established },
  'SYN sent again before and after the answer': {
    play: ['> S', '> S', '< SA', '> S', '< SA', '< SA', '> A'],
    ends: S.Established,
  },
  'simultaneous open, answers crossing': { play: ['< S', '> SA', '< SA', '> A', '< A'], ends: S.Established },
  'simultaneous open, SYNs sent again': { play: ['< S', '> S', '< S', '> SA', '< SA'], ends: S.Established },
  'half close from inside, data the other way': {
    play: ['< SA', '> A', '> FA', '< A', '< PA', '> A', '< PA'],
    ends: S.FinOutward,
  },
  'half close from outside': { play: ['< SA', '< FA', '> A', '> PA', '< A'], ends: S.FinInward },
  'simultaneous close': { play: ['< SA', '> FA', '< FA', '> A', '< A'], ends: S.Closing },
  'FINs sent again, final acknowledgements, data that was late': {
    play: ['< SA', '> FA', '> FA', '< FA', '< FA', '> A', '< A', '< PA', '> FA'],
    ends: S.Closing,
  },
  'ECN set-up and echo': { play: ['> SEC', '< SAE', '> AC', '< AE'], ends: S.Established },
  'urgent data and push': { play: ['< SA', '> UA', '< UPA'], ends: S.Established },
  'FIN and RST with data and push': { play: ['< SA', '> FPA', '< RPA'], ends: S.Reset },
  'an SYN in the middle of it, as after a reboot': { play: ['< SA', '> A', '< S', '> A', '> S', '< A'], ends: S.Established },
};

for (const [name, { play, ends }] of Object.entries(sequences)) {
  worldTest(`TCP-2 TCP-12 every segment passes, numbers unchanged: ${name}`, { yaml }, (w) => {
    new Connection(w).play(...play);
    assert.equal(state(w), ends);
    assert.equal(w.drops(), 0);
  });
}

worldTest('TCP-2 options, reserved bits and payload of a SYN pass as they are', { yaml }, (w) => {
  const c = new Connection(w);
  // MSS, SACK permitted, window scale 14, timestamps, fast open cookie, an experiment of nobody's.
  const options = [2, 4, 5, 180, 4, 2, 3, 3, 14, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 34, 4, 9, 9, 253, 4, 1, 2, 1, 1];
  const fields: TcpFields = { options, reserved: 5, urgent: 77, window: 1 };
  for (const passed of [c.out('S', fields), c.in('SA', fields)]) {
    assert.ok(passed !== undefined);
    assert.deepEqual(decode(passed.octets).tcp!.options.slice(0, options.length), options);
    assert.equal(decode(passed.octets).segment[12]! & 15, 5);
  }
  w.send('lan', packet(tcpOut(HOST, 4000, 'SP', REMOTE, { options })));
  assert.equal(new TextDecoder().decode(decode(w.one('wan').octets).payload), PAYLOAD);
});

worldTest('TCP-2 TCP-7 no window is tracked: keep-alives, old and far segments and RSTs pass translated', { yaml }, (w) => {
  const c = new Connection(w);
  c.in('SA', { seq: 9000, ack: 1001 });
  for (const seq of [1000, 0, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1001]) {
    for (const passed of [c.out('A', { seq, ack: seq }), c.in('A', { seq, ack: 9001 })]) {
      assert.ok(passed !== undefined);
      assert.equal(decode(passed.octets).tcp!.seq, seq);
    }
  }
  assert.ok(c.in('R', { seq: 0x1234_5678 }), 'an RST from anywhere in the window or out of it');
  assert.equal(w.count('routed'), 0);
  assert.equal(w.drops(), 0);
});

worldTest('TCP-8 a SYN from outside to a closing or reset session is filtered, and does not keep it', { yaml }, (w) => {
  const c = new Connection(w).play('< SA', '> FA', '< FA');
  w.advance(1000);
  const seen = lastSeen(w);
  assert.equal(c.in('S'), undefined);
  assert.deepEqual([w.count('tcp_state'), state(w), lastSeen(w)], [1, S.Closing, seen]);
  assert.ok(c.in('SA'), 'the answer to a SYN of ours passes');
  c.play('< R');
  assert.equal(c.in('S'), undefined);
  assert.equal(w.count('tcp_state'), 2);
  w.advance(2200);
  assert.equal(w.sessionCount, 0);
});

worldTest('TCP-8 a new life has new timers', { yaml }, (w) => {
  const c = new Connection(w).play('< SA', '> FA', '< FA');
  w.advance(1500);
  c.play('> S');
  w.advance(3500);
  assert.equal(state(w), S.HalfOpen);
  c.play('< SA');
  w.advance(19_000);
  assert.equal(state(w), S.Established);
});

worldTest(
  'TCP-10 flags that open nothing create no session; on one that is there they are dropped and change nothing',
  { yaml },
  (w) => {
    const impossible = ['', 'SF', 'SR', 'SFRPAU', 'FPU', 'F', 'P', 'U', 'SFA', 'SRA'];
    for (const flags of impossible) w.send('lan', tcpOut(HOST, 4000, flags));
    assert.equal(w.sessionCount, 0);
    assert.equal(w.count('tcp_flags'), impossible.length);
    for (const flags of ['A', 'FA', 'R', 'RA', 'SA']) w.send('lan', tcpOut(HOST, 4000, flags));
    assert.equal(w.sessionCount, 0);
    assert.equal(w.count('not_syn'), 5);

    const c = new Connection(w).play('< SA', '> A');
    w.advance(1000);
    const seen = lastSeen(w);
    for (const flags of impossible) {
      assert.equal(c.out(flags), undefined, `"${flags}" from inside`);
      assert.equal(c.in(flags), undefined, `"${flags}" from outside`);
    }
    assert.deepEqual([w.count('tcp_state'), state(w), lastSeen(w)], [2 * impossible.length, S.Established, seen]);
  },
);

worldTest(
  'TCP-5 DOS-5 forged RSTs and ICMP errors end nothing: the next data restores the session and its timer',
  { yaml },
  (w) => {
    const c = new Connection(w).play('< SA', '> A');
    const { ipv4: ip, tcp: t } = decode(c.syn.octets);
    const row = w.rows()[0]!;
    const quoted = c.syn.octets.subarray(14);
    for (let i = 0; i < 10; i++) {
      c.play('< R', '< RA');
      for (const [type, code] of [
        [3, 3],
        [3, 1],
        [3, 2],
        [11, 0],
        [4, 0],
      ] as const) {
        w.send('wan', packet(inward(), ipv4({ src: REMOTE, dst: ip!.src }), icmp({ type, code }), quoted.slice(0, 28)));
        w.sent('lan');
      }
      w.advance(1500);
      assert.deepEqual(w.rows(), [row], 'the session lives');
      c.play(i % 2 === 0 ? '> A' : '< PA');
      assert.equal(state(w), S.Established);
    }
    w.advance(19_000);
    assert.deepEqual(w.rows(), [row]);
    assert.equal(decode(c.out('A')!.octets).tcp!.sport, t!.sport, 'still the same port');
  },
);

worldTest('TIM-2 RSTs from inside and ICMP errors refresh nothing', { yaml }, (w) => {
  const c = new Connection(w).play('< SA', '> A');
  const { ipv4: ip } = decode(c.syn.octets);
  w.advance(5000);
  const seen = lastSeen(w);
  w.send('wan', packet(inward(), ipv4({ src: REMOTE, dst: ip!.src }), icmp({ type: 3, code: 1 }), c.syn.octets.slice(14, 42)));
  assert.equal(w.sent('lan').length, 1, 'an ICMP error from outside is translated');
  assert.equal(lastSeen(w), seen, 'and refreshes nothing');
  c.play('> R');
  const reset = lastSeen(w);
  for (let i = 0; i < 4; i++) {
    w.advance(400);
    c.play('> R', '< RA');
  }
  assert.equal(lastSeen(w), reset, 'only the first RST starts the timer');
  w.advance(600);
  assert.equal(w.sessionCount, 0, 'the session ends two seconds after the first RST');
});
