import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Verdict } from '../../src/shared/verdict.js';
import { homeOf } from '../../src/tables/ownership.js';
import { Session } from '../../src/tables/sessions.js';
import { decode, decodePacket } from '../support/decode.js';
import { answerTo, echoOut, tcpOut, udpOut } from '../support/flows.js';
import { errorFrame, errorIn, packetAt, withHeaderSum } from '../support/icmpErrors.js';
import { eth, packet } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { wireIp } from '../support/octets.js';
import { REMOTE, small } from '../support/sample.js';
import { Team } from '../support/team.js';

const ROUTER = '198.18.5.5';
const SEED = Number(process.env.WINDROSE_SEED ?? Date.now() % 0x7fff_ffff);

/** Puts a frame in at a worker drawn at random; what left by `to`. */
function through(team: Team, from: string, frame: Uint8Array, to: string): Uint8Array[] {
  team.push(from, frame);
  team.settle();
  return team.sent(to).map(({ octets }) => octets);
}

/** What a frame's ICMP error quotes, with TTL 0. */
function quoteIn(octets: Uint8Array): Uint8Array {
  return packetAt(packet(eth(), errorIn({ octets }).quote), 0);
}

for (const workers of [1, 2, 3, 8])
  test(`GEN-8 ERR-3 ERR-4 ERR-8 errors find their session at whichever of ${workers} workers they arrive, seed ${SEED}`, () => {
    const dice = new Dice(SEED + workers);
    const team = new Team(workers, dice);
    const wanted = { translated: 0, strays: 0 };
    for (let i = 0; i < 120; i++) {
      const host = `10.0.0.${2 + dice.below(120)}`;
      const sport = 1024 + i;
      const sent = dice.pick([udpOut(host, sport), tcpOut(host, sport, 'S'), echoOut(host, sport)]);
      const [out] = through(team, 'lan', sent, 'wan');
      const external = decode(out!).ipv4!.src;
      const fromOutside = errorFrame(packetAt(out!, 1), { src: ROUTER, dst: external, type: 11, code: 0 });
      const [told, ...more] = through(team, 'wan', fromOutside, 'lan');
      assert.ok(told !== undefined && more.length === 0);
      assert.equal(decode(told).ipv4!.dst, host);
      assert.deepEqual(quoteIn(told), packetAt(sent, 0));

      const answer = answerTo({ octets: out! });
      const [reached] = through(team, 'wan', answer, 'lan');
      // By the host, or by a router whose own home is another worker.
      const by = dice.below(2) === 0 ? host : `10.0.0.${130 + dice.below(100)}`;
      const [left] = through(team, 'lan', errorFrame(packetAt(reached!, 1), { src: by, dst: REMOTE, code: 3 }), 'wan');
      assert.equal(decode(left!).ipv4!.src, external);
      assert.deepEqual(quoteIn(left!), packetAt(answer, 0));
      wanted.translated += 4;

      const stray = packetAt(answer, 1);
      // Port or id of an inside endpoint that nobody has.
      stray[20 + (stray[9] === 1 ? 4 : 2)]! ^= 0x55;
      assert.deepEqual(through(team, 'lan', errorFrame(stray, { src: by, dst: REMOTE }), 'wan'), []);
      const unknown = packetAt(out!, 1);
      unknown[19]! ^= 0x55;
      assert.deepEqual(through(team, 'wan', errorFrame(withHeaderSum(unknown), { src: ROUTER, dst: external }), 'lan'), []);
      wanted.strays += 2;
    }
    assert.equal(team.count(Verdict.Translated), wanted.translated);
    assert.equal(team.count(Verdict.DropIcmpError), wanted.strays);
    assert.equal(team.count(Verdict.DropHandoffLoop), 0);
    team.check();
    team.advance(600_000);
    team.check();
  });

/** Hosts by their home among two workers. */
function hostOf(home: number): string {
  for (let i = 2; ; i++) if (homeOf(wireIp(`10.0.0.${i}`), 2) === home) return `10.0.0.${i}`;
}

test('ERR-4 ERR-8 a session that another worker has for its home: the error follows it, asks for nothing, and keeps nothing', () => {
  const team = new Team(2, new Dice(7), { yaml: small('2000-2015') });
  through(team, 'lan', udpOut(hostOf(0), 4000), 'wan');
  const guest = hostOf(1);
  const [out] = through(team, 'lan', udpOut(guest, 4001), 'wan');
  assert.deepEqual([team.members[0]!.sessionCount, team.members[1]!.sessionCount], [2, 0]);
  const answer = answerTo({ octets: out! });
  const [reached] = through(team, 'wan', answer, 'lan');
  const error = errorFrame(packetAt(reached!, 1), { src: guest, dst: REMOTE, code: 3 });
  const cursors = [...team.members[0]!.state.cursors];
  for (let i = 0; i < 10; i++) {
    const [left] = through(team, 'lan', error, 'wan');
    assert.equal(decodePacket(errorIn({ octets: left! }).quote).udp!.dport, decode(out!).udp!.sport);
    team.advance(400);
  }
  const owner = team.members[0]!;
  for (const row of owner.rows()) owner.sessions.rows[row + Session.Generation]! |= 1;
  owner.replaceWorker();
  assert.deepEqual(through(team, 'lan', error, 'wan'), [], 'the session is gone');
  assert.equal(team.count(Verdict.DropIcmpError), 1);
  assert.deepEqual([...team.members[0]!.state.cursors], cursors, 'no session was asked for');
  team.advance(10_000);
  for (const { sessions } of team.members) assert.equal(sessions.head[1], 0, 'errors kept no row');
});
