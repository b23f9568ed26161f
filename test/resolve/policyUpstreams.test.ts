import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { Adjacency, NeighborsHead } from '../../src/tables/neighbors.js';
import { decode } from '../support/decode.js';
import { expectFrame } from '../support/expectFrame.js';
import { answerTo, echoOut, outward, tcpOut, udpOut } from '../support/flows.js';
import { eth, icmp, ipv4, packet, raw, tcp, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { policy, UPSTREAM2, WAN2 } from '../support/policySample.js';
import { GW, REMOTE, UPSTREAM } from '../support/sample.js';
import { Team } from '../support/team.js';
import { type World, worldTest } from '../support/world.js';
import { macOf } from '../support/worldParts.js';

/** Sessions behind rules: two upstreams, one chosen by rule. */

const A = '10.0.0.11';
const B = '10.0.0.140';

const zones = `
  - { name: low, match: 10.0.0.0/25, localAddresses: [192.0.2.10] }
  - { name: high, match: [10.0.0.128/25, 10.0.1.0/24], localAddresses: [192.0.3.10] }`;
const bySource = policy({
  zones,
  rules: ['pref 40000 from 10.0.0.0/25 lookup 101', 'pref 40001 from 10.0.0.128/25 lookup 102'],
  routes: ['default via 192.0.2.254 dev wan table 101', 'default via 192.0.3.254 dev wan2 table 102'],
});
/** The same, but the lower half leaves by the second upstream, too. */
const moved = bySource.replace('from 10.0.0.0/25 lookup 101', 'from 10.0.0.0/25 lookup 102');

const toWan = [eth({ dst: macOf(UPSTREAM), src: GW.wan }), ipv4({ src: '192.0.2.10', dst: REMOTE, ttl: 63 })];
const toWan2 = [eth({ dst: macOf(UPSTREAM2), src: WAN2 }), ipv4({ src: '192.0.3.10', dst: REMOTE, ttl: 63 })];

/** An answer to a frame, by another interface than wan. */
const answerBy = (frame: MemoryFrame): Uint8Array => {
  const octets = answerTo(frame);
  octets.set(WAN2.split(':').map((o) => Number.parseInt(o, 16)));
  return octets;
};

worldTest('ZON-1 two upstreams by source: each session keeps its own; answers come back by either', { yaml: bySource }, (w) => {
  for (const make of [
    (host: string) => udpOut(host, 5),
    (host: string) => tcpOut(host, 6, 'S'),
    (host: string) => echoOut(host, 7),
  ]) {
    w.send('lan', make(A), make(B));
    const [one, two] = [w.one('wan'), w.one('wan2')];
    expectFrame(one, ...toWan);
    expectFrame(two, ...toWan2);
    w.send('wan', answerTo(one), answerTo(two));
    w.send('wan2', answerBy(one), answerBy(two));
    const back = w.sent('lan').map(({ octets }) => decode(octets).ipv4!.dst);
    assert.deepEqual(back, [A, B, A, B]);
    w.send('lan', make(A), make(B));
    expectFrame(w.one('wan'), ...toWan);
    expectFrame(w.one('wan2'), ...toWan2);
  }
  assert.equal(w.sessionCount, 6);
});

worldTest('D1 a reload of a rule moves the next hop of sessions, and neither address nor port', { yaml: bySource }, (w) => {
  w.send('lan', udpOut(A, 5), tcpOut(A, 6, 'S'));
  const before = w.sent('wan').map(({ octets }) => decode(octets));
  w.reload(moved, 2);
  w.send('lan', udpOut(A, 5), tcpOut(A, 6, 'S'));
  const after = w.sent('wan2');
  assert.deepEqual(w.sent('wan'), []);
  assert.equal(after.length, 2);
  after.forEach((frame, i) => {
    const { udp: u, tcp: t } = before[i]!;
    expectFrame(frame, eth({ dst: macOf(UPSTREAM2), src: WAN2 }), ipv4({ src: '192.0.2.10', dst: REMOTE }));
    if (u) expectFrame(frame, udp({ sport: u.sport }));
    if (t) expectFrame(frame, tcp({ sport: t.sport }));
  });
  w.send('wan', answerTo(after[0]!));
  expectFrame(w.one('lan'), ipv4({ dst: A }));
  w.reload(bySource, 3);
  w.send('lan', udpOut(A, 5));
  expectFrame(w.one('wan'), ...toWan);
  assert.equal(w.sessionCount, 2);
});

worldTest(
  'D1 a rule that refuses stops a session and tells its host; taken back, the session goes on',
  { yaml: bySource },
  (w) => {
    w.send('lan', udpOut(A, 5));
    const first = decode(w.one('wan').octets).udp!.sport;
    for (const [action, code] of [
      ['unreachable', 0],
      ['prohibit', 13],
      ['blackhole', undefined],
    ] as const) {
      w.reload(bySource.replace('from 10.0.0.0/25 lookup 101', `from 10.0.0.0/25 ${action}`), 2);
      const frame = udpOut(A, 5);
      w.send('lan', frame);
      if (code === undefined) assert.deepEqual(w.sent('lan'), []);
      else expectFrame(w.one('lan'), ipv4({ src: '10.0.0.1', dst: A }), icmp({ type: 3, code }), raw(frame.slice(14)));
      w.reload(bySource, 3);
      w.send('lan', udpOut(A, 5));
      expectFrame(w.one('wan'), ...toWan, udp({ sport: first }));
    }
    assert.deepEqual([w.count('route_unreachable'), w.count('route_prohibit'), w.count('route_blackhole')], [1, 1, 1]);
  },
);

for (const workers of [1, 2])
  test(`ZON-1 two upstreams by source, ${workers} workers, reloads meanwhile`, () => {
    const dice = new Dice(17);
    const team = new Team(workers, dice, { yaml: bySource });
    const ports = new Map<string, number>();
    for (let round = 0; round < 6; round++) {
      const isMoved = round % 3 === 2;
      for (const member of team.members) member.reload(isMoved ? moved : bySource, 2 + round);
      const flows = Array.from({ length: 24 }, (_, i) => [`10.0.0.${i % 2 === 0 ? 20 + i : 180 + i}`, 1000 + i] as const);
      for (const [host, port] of flows) team.push('lan', udpOut(host, port));
      team.settle();
      const [low, high] = [team.sent('wan'), team.sent('wan2')];
      assert.deepEqual([low.length, high.length], isMoved ? [0, 24] : [12, 12]);
      for (const frame of [...low, ...high]) {
        const d = decode(frame.octets);
        const known = `${d.ipv4!.src}:${d.udp!.sport}`;
        team.push(dice.pick(['wan', 'wan2']), dice.below(2) === 0 ? answerTo(frame) : answerBy(frame));
        ports.set(known, (ports.get(known) ?? 0) + 1);
      }
      team.settle();
      team.sent('lan');
    }
    assert.equal(team.sessionCount, 24);
    assert.deepEqual([...new Set(ports.values())], [6], 'each session kept address and port');
    team.check();
  });

/** Number of neighbours that sessions refer to. */
function referred(w: World): number {
  const { rows, head } = w.state.neighbors;
  let count = 0;
  for (let row = 0; row < head[NeighborsHead.HighWater]! * Adjacency.Words; row += Adjacency.Words)
    if (rows[row + Adjacency.References]! > 0) count++;
  return count;
}

worldTest(
  'FWD-2 sessions let go of ways they may not keep when a rule comes that tells packets apart',
  { yaml: bySource },
  (w) => {
    w.send('lan', udpOut(A, 5));
    w.one('wan');
    assert.ok(referred(w) > 0);
    w.reload(bySource.replace('rules:', 'rules:\n  - pref 50 tos 0x10 lookup 102'), 2);
    w.send('lan', udpOut(A, 5), udpOut(A, 5, REMOTE, {}, { tos: 0x10 }));
    assert.deepEqual([w.sent('wan').length, w.sent('wan2').length, referred(w)], [1, 1, 0]);
  },
);

const inwardOut = policy({ routes: ['default via 192.0.2.254 dev wan', '10.5.0.0/16 via 10.0.1.9'] });

worldTest(
  'GEN-7 what comes in for an inside host does not go out again, whatever the routes say by now',
  { yaml: inwardOut },
  (w) => {
    const host = '10.5.0.7';
    w.send('dmz', packet(outward('10.0.1.9'), ipv4({ src: host, dst: REMOTE }), udp({ sport: 5, dport: 5000 }), 'x'));
    const out = w.one('wan');
    w.send('wan', answerTo(out));
    expectFrame(w.one('dmz'), ipv4({ dst: host }));
    w.reload(inwardOut.replace('10.5.0.0/16 via 10.0.1.9', '10.5.0.0/16 via 192.0.2.77'), 2);
    w.send('wan', answerTo(out));
    expectFrame(w.one('wan'), ipv4({ src: '192.0.2.1', dst: REMOTE }), icmp({ type: 3, code: 0 }));
    assert.deepEqual([w.sent('dmz'), w.count('no_route')], [[], 1]);
  },
);
