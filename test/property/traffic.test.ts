import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decode } from '../support/decode.js';
import { answerTo, echoOut, outward, PAYLOAD, tcpOut, udpOut } from '../support/flows.js';
import { ipv4, packet, udp } from '../support/layers.js';
import { drawsOf } from '../support/long.js';
import { small } from '../support/sample.js';
import { partial } from '../support/virtio.js';
import { World } from '../support/world.js';
import { SEED } from './seed.js';

const host = fc.integer({ min: 2, max: 6 }).map((n) => `10.0.0.${n}`);
const port = fc.integer({ min: 0, max: 65_535 });
const remote = fc.constantFrom('198.51.100.7', '198.51.100.8', '198.18.0.9');

test(`there and back is identity: an answer to what left arrives as an answer to what was sent, seed ${SEED}`, () => {
  fc.assert(
    fc.property(host, port, remote, fc.constantFrom('udp', 'tcp', 'icmp'), fc.boolean(), (from, sport, to, kind, left) => {
      const w = new World();
      const mode = left ? { checksum: 'partial' as const } : {};
      const frame =
        kind === 'udp'
          ? udpOut(from, sport, to, mode)
          : kind === 'tcp'
            ? tcpOut(from, sport, 'S', to, mode)
            : echoOut(from, sport, to);
      const virtio = left && kind !== 'icmp' ? { virtio: partial(34, kind === 'udp' ? 6 : 16) } : {};
      w.send('lan', { octets: frame, ...virtio });
      const out = w.one('wan');
      w.send('wan', answerTo(out));
      const back = decode(w.one('lan').octets);
      assert.deepEqual([back.ipv4!.src, back.ipv4!.dst], [to, from]);
      assert.equal(back.udp?.dport ?? back.tcp?.dport ?? back.icmp?.id, sport);
      assert.equal(new TextDecoder().decode(back.payload), PAYLOAD);
      w.check();
    }),
    { seed: SEED, numRuns: drawsOf(200, 2000), includeErrorInReport: true },
  );
});

const step = fc.oneof(
  fc.record({
    kind: fc.constant('out' as const),
    from: host,
    sport: fc.integer({ min: 1, max: 40 }),
    to: remote,
    flags: fc.constantFrom('S', 'A', 'FA', 'R', 'udp', 'icmp'),
  }),
  fc.record({ kind: fc.constant('back' as const), which: fc.nat(200), flags: fc.constantFrom('SA', 'A', 'FA', 'R') }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 3000 }) }),
  fc.record({ kind: fc.constant('big' as const), from: host, size: fc.integer({ min: 1400, max: 4000 }), df: fc.boolean() }),
  fc.record({ kind: fc.constant('crash' as const) }),
  fc.record({ kind: fc.constant('silence' as const), on: fc.boolean() }),
);

test(`conservation holds under several hundred steps of mixed traffic, waits, silence and worker faults, seed ${SEED}`, () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 200, maxLength: 500 }), (steps) => {
      const w = new World({ yaml: small('2000-2127'), sessions: 256, mtus: { lan: 9000 } });
      const seen: Parameters<typeof answerTo>[0][] = [];
      for (const s of steps) {
        if (s.kind === 'out')
          w.send(
            'lan',
            s.flags === 'udp'
              ? udpOut(s.from, s.sport, s.to)
              : s.flags === 'icmp'
                ? echoOut(s.from, s.sport, s.to)
                : tcpOut(s.from, s.sport, s.flags, s.to),
          );
        else if (s.kind === 'back' && seen.length > 0) w.send('wan', answerTo(seen[s.which % seen.length]!, { flags: s.flags }));
        else if (s.kind === 'wait') w.advance(s.ms);
        else if (s.kind === 'big')
          w.send(
            'lan',
            packet(outward(s.from), ipv4({ src: s.from, dst: '198.51.100.7', df: s.df }), udp(), new Uint8Array(s.size)),
          );
        else if (s.kind === 'crash') w.replaceWorker();
        else if (s.kind === 'silence') w.silent[s.on ? 'add' : 'delete']('192.0.2.254');
        seen.push(...w.sent('wan').filter((frame) => frame.octets.length < 200 && decode(frame.octets).ipv4?.offset === 0));
      }
      w.check();
      w.advance(60_000);
      w.check();
      assert.equal(w.sessionCount, 0);
    }),
    { seed: SEED, numRuns: 15 },
  );
});
