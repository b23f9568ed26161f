import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Verdict } from '../../src/shared/verdict.js';
import { decode } from '../support/decode.js';
import { inward, outward, udpOut } from '../support/flows.js';
import { checksumHolds, cut, cutAnywhere, type Datagram, datagram, received, shuffled } from '../support/fragments.js';
import { errorIn } from '../support/icmpErrors.js';
import { type Callee, callee, GATEWAYS, INSIDE_HOSTS, linkOf, type Protocol, passes } from '../support/insideHosts.js';
import { icmp, type Layer, tcp, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { Team } from '../support/team.js';

const SEED = Number(process.env.WINDROSE_SEED ?? Date.now() % 0x7fff_ffff);
const WAYS = GATEWAYS.flatMap(({ kind, options, workers }) => workers.map((count) => [kind, count, options] as const));

/** First segment, or answer, of a conversation. */
function segment(protocol: Protocol, sport: number, dport: number, answers: boolean): Layer {
  if (protocol === 'udp') return udp({ sport, dport });
  if (protocol === 'tcp') return tcp({ sport, dport, flags: answers ? 'SA' : 'S' });
  return icmp({ type: answers ? 0 : 8, id: answers ? dport : sport, seq: 1 });
}

/** A datagram's parts in any order, some of them twice, through the team; what `to` receives, put together. */
function carried(team: Team, dice: Dice, d: Datagram, to: string): ReturnType<typeof received>[number] {
  const parts = cutAnywhere(d, dice, 24);
  const out = passes(team, linkOf(d.ip.src), ...shuffled([...parts, ...parts.slice(0, dice.below(2))], dice));
  for (const { iface, octets } of out) assert.deepEqual([iface, decode(octets).ipv4!.dst], [linkOf(to), to]);
  const whole = received(out.map(({ octets }) => octets));
  assert.equal(whole.length, 1, 'one datagram');
  assert.ok(checksumHolds(whole[0]!.ip, whole[0]!.segment));
  assert.equal(whole[0]!.ip.ttl, 63, 'the TTL is taken once');
  return whole[0]!;
}

for (const [kind, workers, options] of WAYS)
  test(`FRG-1 FRG-2 FRG-7 FRG-8 HAI-1 GEN-8 fragments between inside hosts by external addresses, ${kind}, ${workers} workers, seed ${SEED}`, () => {
    const dice = new Dice(SEED + workers);
    const team = new Team(workers, dice, options);
    const ids = new Set<string>();
    for (let i = 0; i < 60; i++) {
      const protocol = dice.pick(['udp', 'tcp', 'icmp'] as const);
      const a = `10.0.${dice.below(2)}.${2 + dice.below(28)}`;
      const b: Callee = callee(team, dice, protocol, i);
      const payload = dice.octets(200 + dice.below(2500));
      const head = segment(protocol, 3000 + i, b.port, false);
      // Every sender has the same id, and none uses it again towards one address while its fragments may be under way.
      team.advance(1500);
      const sent = datagram(outward(a), { src: a, dst: b.address, id: 7 }, head, payload);
      const got = carried(team, dice, sent, b.host);
      assert.deepEqual(got.segment.subarray(-payload.length), payload);
      const key = [got.ip.src, got.ip.dst, got.ip.protocol, got.ip.id].join();
      assert.ok(!ids.has(key), 'no two datagrams that a receiver could mix');
      ids.add(key);

      const view = new DataView(got.segment.buffer, got.segment.byteOffset);
      const caller = protocol === 'icmp' ? view.getUint16(4) : view.getUint16(0);
      const own = protocol === 'icmp' ? 0 : view.getUint16(2);
      const answer = segment(protocol, own, caller, true);
      const back = datagram(outward(b.host), { src: b.host, dst: got.ip.src, id: 7 }, answer, payload);
      const home = carried(team, dice, back, a);
      assert.equal(home.ip.src, b.address);
      assert.deepEqual(home.segment.subarray(-payload.length), payload);
      const port = new DataView(home.segment.buffer, home.segment.byteOffset).getUint16(protocol === 'icmp' ? 4 : 2);
      assert.equal(port, 3000 + i);
    }
    assert.equal(team.count(Verdict.DropHandoffLoop), 0);
    team.check();
    team.advance(600_000);
    team.check();
  });

for (const workers of [1, 2, 3])
  test(`FRG-8 ERR-12 HAI-2 fragments too big for the other inside host's link, with DF and without, ${workers} workers, seed ${SEED}`, () => {
    const dice = new Dice(SEED + workers);
    const team = new Team(workers, dice, { yaml: INSIDE_HOSTS, mtus: { dmz: 700 } });
    for (let i = 0; i < 20; i++) {
      team.advance(1000);
      const a = `10.0.0.${2 + dice.below(28)}`;
      const payload = dice.octets(2600);
      const head = udp({ sport: 3000 + i, dport: 5353 });
      const whole = datagram(outward(a), { src: a, dst: '192.0.2.32', id: 9 }, head, payload);
      const parts = cut(whole, 1480);
      const got = received(passes(team, 'lan', ...shuffled(parts, dice)).map(({ octets }) => octets));
      assert.equal(got.length, 1);
      assert.deepEqual(got[0]!.segment.subarray(8), payload);
      // A datagram in one piece that we fragment gets an id of ours as well.
      const one = passes(team, 'lan', ...cut(datagram(outward(a), { src: a, dst: '192.0.2.32', id: 9 }, head, payload), 4000));
      const single = received(one.map(({ octets }) => octets));
      assert.deepEqual([single.length, single[0]!.ip.id === 9], [1, false]);

      const stubborn = cut(datagram(outward(a), { src: a, dst: '192.0.2.32', id: 10, df: true }, head, payload), 1480);
      const told = passes(team, 'lan', ...stubborn);
      assert.deepEqual(
        told.map(({ octets }) => decode(octets).ipv4!.dst),
        [a],
        'once, about the first fragment',
      );
      assert.deepEqual(errorIn(told[0]!).quote, stubborn[0]!.subarray(14, 14 + 548), 'quoted as it was sent, its id too');
    }
    team.check();
  });

for (const workers of [1, 2, 3, 8])
  test(`FRG-1 FRG-3 FIL-1 a datagram in fragments opens a session where the mapping lets its sender in, ${workers} workers, seed ${SEED}`, () => {
    const dice = new Dice(SEED + workers);
    const team = new Team(workers, dice, { yaml: INSIDE_HOSTS.replace('filtering: eif', 'filtering: adf') });
    for (let i = 0; i < 20; i++) {
      const host = `10.0.1.${60 + dice.below(60)}`;
      const known = '198.51.100.7';
      const [out] = passes(team, 'dmz', udpOut(host, 2000 + i, known));
      const { ipv4: at, udp: from } = decode(out!.octets);
      const send = (src: string): ReturnType<typeof passes> => {
        const head = udp({ sport: 9000 + i, dport: from!.sport });
        const d = datagram(inward(), { src, dst: at!.src, id: i }, head, dice.octets(1800));
        return passes(team, 'wan', ...shuffled(cutAnywhere(d, dice, 8), dice));
      };
      const sessions = team.sessionCount;
      assert.deepEqual(send('198.51.100.8'), [], 'a stranger');
      assert.equal(team.sessionCount, sessions);
      const came = received(send(known).map(({ octets }) => octets));
      assert.deepEqual([came.length, came[0]!.ip.dst], [1, host]);
      assert.ok(checksumHolds(came[0]!.ip, came[0]!.segment));
      assert.equal(team.sessionCount, sessions + 1);
    }
    team.advance(20_000);
    team.check();
  });
