import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Verdict } from '../../src/shared/verdict.js';
import { checksumFault, decode } from '../support/decode.js';
import { errorIn, packetAt } from '../support/icmpErrors.js';
import {
  call,
  callee,
  errorBy,
  GATEWAYS,
  INSIDE_HOSTS,
  linkOf,
  type Protocol,
  passes,
  reaches,
  reply,
} from '../support/insideHosts.js';
import { eth, packet } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { Team } from '../support/team.js';

const SEED = Number(process.env.WINDROSE_SEED ?? Date.now() % 0x7fff_ffff);
const WAYS = GATEWAYS.flatMap(({ kind, options, workers }) => workers.map((count) => [kind, count, options] as const));
const PROTOCOLS: readonly Protocol[] = ['udp', 'tcp', 'icmp'];

/** What a frame's ICMP error quotes, with TTL 0. */
function quoteIn(octets: Uint8Array): Uint8Array {
  return packetAt(packet(eth(), errorIn({ octets }).quote), 0);
}

/** Somebody inside who calls, at either link, with an external address of its own or without. */
function caller(dice: Dice): string {
  return dice.pick([`10.0.0.${2 + dice.below(28)}`, `10.0.1.${2 + dice.below(28)}`, '10.0.0.31', '10.0.1.30']);
}

for (const [kind, workers, options] of WAYS)
  test(`HAI-2 GEN-8 ERR-4 ERR-8 errors about packets between inside hosts are translated at both layers, ${kind}, ${workers} workers, seed ${SEED}`, () => {
    const dice = new Dice(SEED + workers);
    const team = new Team(workers, dice, options);
    for (let i = 0; i < 80; i++) {
      const protocol = dice.pick(PROTOCOLS);
      const a = caller(dice);
      const b = callee(team, dice, protocol, i);
      const sent = call(protocol, a, 3000 + i, b, dice.octets(dice.below(60)));
      const reached = reaches(team, b.host, linkOf(a), sent);
      assert.equal(decode(reached).ipv4!.ttl, 63, 'the TTL is taken once');
      const external = decode(reached).ipv4!.src;
      assert.match(external, /^192\.0\.2\./);

      // The host itself tells, or a router before it that has no external address.
      const by = dice.below(2) === 0 ? b.host : `10.0.1.${200 + dice.below(20)}`;
      const told = reaches(team, a, linkOf(by), errorBy(by, packetAt(reached, 9), external, 11, 0));
      const outer = decode(told).ipv4!;
      assert.deepEqual([outer.src, outer.ttl], [b.address, 59]);
      assert.deepEqual(quoteIn(told), packetAt(sent, 0), 'what the caller sent, octet by octet');
      assert.equal(checksumFault(told), undefined);

      const answer = reply(reached, dice.octets(dice.below(60)));
      const answered = reaches(team, a, linkOf(b.host), answer);
      assert.equal(decode(answered).ipv4!.src, b.address, 'the endpoint that was addressed answers');
      const back = reaches(team, b.host, linkOf(a), errorBy(a, packetAt(answered, 9), b.address));
      assert.deepEqual(quoteIn(back), packetAt(answer, 0), 'what the callee sent, octet by octet');

      const stray = packetAt(reached, 9);
      stray[20 + (protocol === 'icmp' ? 4 : 2)]! ^= 0x55;
      const before = team.count(Verdict.DropIcmpError);
      assert.deepEqual(passes(team, linkOf(by), errorBy(by, stray, external)), []);
      assert.equal(team.count(Verdict.DropIcmpError), before + 1);
    }
    assert.equal(team.count(Verdict.DropHandoffLoop), 0);
    team.check();
    team.advance(600_000);
    team.check();
  });

/** Our own error as `host` got it, the only frame that left. */
function ours(frames: readonly { iface: string; octets: Uint8Array }[], host: string): { head: number[]; quote: Uint8Array } {
  assert.equal(frames.length, 1, `${frames.length} frames instead of our error`);
  const { iface, octets } = frames[0]!;
  const { ipv4 } = decode(octets);
  assert.deepEqual([iface, ipv4!.dst, ipv4!.src], [linkOf(host), host, linkOf(host) === 'lan' ? '10.0.0.1' : '10.0.1.1']);
  assert.equal(checksumFault(octets), undefined);
  const { head, quote } = errorIn({ octets });
  return { head: [head[0]!, head[1]!, head[6]! * 256 + head[7]!], quote };
}

for (const workers of [1, 2, 3, 8]) {
  test(`HAI-2 ERR-11 ERR-12 ERR-17 a packet too big for the way to the other inside host: 3/4 quotes what was sent, ${workers} workers, seed ${SEED}`, () => {
    const dice = new Dice(SEED + workers);
    const team = new Team(workers, dice, { yaml: `${INSIDE_HOSTS}tcp: { mss: 900 }\n`, mtus: { dmz: 1000, lan: 1200 } });
    for (let i = 0; i < 40; i++) {
      // A host is told ten errors a second at most.
      team.advance(1000);
      const protocol = dice.pick(PROTOCOLS);
      const a = `10.0.0.${2 + dice.below(28)}`;
      const b = callee(team, dice, protocol, i);
      const mtu = linkOf(b.host) === 'dmz' ? 1000 : 1200;
      const sent = call(protocol, a, 3000 + i, b, dice.octets(mtu - 20), { df: true, id: dice.below(65_536), mss: 1460 });
      const { head, quote } = ours(passes(team, 'lan', sent), a);
      assert.deepEqual(head, [3, 4, mtu]);
      assert.deepEqual(quote, sent.subarray(14, 14 + 548));
      const small = call(protocol, a, 3000 + i, b, dice.octets(mtu - 60), { df: true, mss: 1460 });
      const options = decode(reaches(team, b.host, 'lan', small)).tcp?.options;
      if (protocol === 'tcp') assert.deepEqual(options!.slice(3, 5), [900 >> 8, 900 & 0xff], 'clamped on the way');
      const last = call(protocol, a, 3000 + i, b, dice.octets(20), { ttl: 1 });
      const expired = ours(passes(team, 'lan', last), a);
      assert.deepEqual([expired.head, expired.quote], [[11, 0, 0], last.subarray(14)]);
    }
    team.check();
  });

  test(`HAI-2 FWD-11 ERR-17 the other inside host does not answer ARP: its caller is told within a second or so, ${workers} workers, seed ${SEED}`, () => {
    const dice = new Dice(SEED + workers);
    const team = new Team(workers, dice, { yaml: `${INSIDE_HOSTS}tcp: { mss: 900 }\n`, silent: ['10.0.1.30', '10.0.1.32'] });
    for (let i = 0; i < 12; i++) {
      const protocol = dice.pick(PROTOCOLS);
      const a = `10.0.0.${2 + dice.below(20)}`;
      const b = dice.pick([
        { address: '192.0.2.30', port: 7 },
        { address: '192.0.2.32', port: protocol === 'tcp' ? 80 : 5353 },
      ]);
      const to = protocol === 'icmp' ? { address: '192.0.2.30', port: 7 } : b;
      const sent = call(protocol, a, 3000 + i, to, dice.octets(40), { mss: 1460 });
      const at = passes(team, 'lan', sent);
      if (at.length === 0) {
        team.advance(1200);
        at.push(...passes(team, 'lan'));
      }
      const { head, quote } = ours(at, a);
      assert.deepEqual(head.slice(0, 2), [3, 1]);
      assert.deepEqual(quote, sent.subarray(14));
      team.advance(dice.below(3000));
      passes(team, 'lan');
    }
    team.check();
  });
}
