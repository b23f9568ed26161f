import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endSession } from '../../src/pipeline/expire.js';
import { anySession } from '../../src/pipeline/sessionSweep.js';
import { CounterEvent } from '../../src/shared/counters.js';
import { Verdict } from '../../src/shared/verdict.js';
import {
  Letter,
  LetterKind,
  RING_OCTETS,
  type Ring,
  ringFill,
  ringFirst,
  ringPublish,
  ringReserve,
} from '../../src/tables/handoffRing.js';
import { Random } from '../../src/tables/hash.js';
import { homeOf } from '../../src/tables/ownership.js';
import { poolOf } from '../../src/tables/portBlocks.js';
import { portRelease, portTake } from '../../src/tables/portTake.js';
import { Session, SessionsHead } from '../../src/tables/sessions.js';
import { recordOctets } from '../../src/wire/memory.js';
import { decode } from '../support/decode.js';
import { udpOut } from '../support/flows.js';
import { Dice } from '../support/mutate.js';
import { wireIp } from '../support/octets.js';
import { small } from '../support/sample.js';
import { Team } from '../support/team.js';
import { arpReply } from '../support/worldParts.js';

const hosts = Array.from({ length: 200 }, (_, i) => `10.0.0.${i + 2}`);

/** The `nth` host whose home is `worker` of `workers`. */
function hostOf(worker: number, workers: number, nth = 0): string {
  return hosts.filter((host) => homeOf(wireIp(host), workers) === worker)[nth]!;
}

/** A team whose workers know the next hop, without sessions. */
function team(workers: number, yaml: string, sessions = 1024): Team {
  const t = new Team(workers, new Dice(7), { yaml, sessions });
  for (let w = 0; w < workers; w++) {
    t.members[w]!.push('lan', udpOut(hostOf(w, workers), 1));
    t.settle();
  }
  t.sent('wan');
  t.advance(3000);
  assert.equal(t.sessionCount, 0);
  return t;
}

function elsewhere(t: Team, worker: number): number {
  return t.members[worker]!.sessions.head[SessionsHead.Elsewhere]!;
}

/** A record of a kind nobody acts on, `length` octets of frame behind it. False when the ring is full. */
function fill(ring: Ring, kind: LetterKind, length: number): boolean {
  const at = ringReserve(ring, length === 0 ? Letter.Words * 4 : recordOctets(length));
  if (at < 0) return false;
  ring.words.fill(0, at + Letter.Kind, at + Letter.Words);
  ring.words[at + Letter.Kind] = kind;
  ring.words[at + Letter.Length] = length;
  ringPublish(ring, at);
  return true;
}

test('a question that does not fit into the ring leaves no row behind', () => {
  const t = team(2, small('2000-2015'));
  const [owner, home] = t.members as [Team['members'][0], Team['members'][0]];
  t.members[0]!.push('lan', udpOut(hostOf(0, 2), 4000));
  t.settle();
  while (fill(home.cx.handoff.outbound[0]!, LetterKind.Kept, 0));
  home.push('lan', udpOut(hostOf(1, 2), 4001));
  home.turn.run();
  assert.equal(t.count(Verdict.DropHandoffFull), 1);
  assert.equal(elsewhere(t, 1), 0);
  t.settle();
  home.push('lan', udpOut(hostOf(1, 2), 4001));
  t.settle();
  assert.equal(owner.sessionCount, 2);
  assert.equal(elsewhere(t, 1), 1);
  t.check();
});

test('a frame sent back does not end what was asked for since: one flow, one session', () => {
  const t = team(2, small('2048-2175'));
  const [owner, home] = t.members as [Team['members'][0], Team['members'][0]];
  for (let i = 0; i < 65; i++) owner.push('lan', udpOut(hostOf(0, 2), 4000 + i));
  t.settle();
  const others = owner.rows();
  const frame = udpOut(hostOf(1, 2), 9);
  home.push('lan', frame);
  t.settle();
  assert.equal(elsewhere(t, 1), 1);
  // The owner loses the session and knows nothing to tell.
  for (const row of owner.rows()) if (!others.includes(row)) owner.sessions.rows[row + Session.Generation]! |= 1;
  owner.replaceWorker();
  home.push('lan', frame);
  home.turn.run();
  owner.turn.run();
  // A second frame follows the first; then the home reads that the first came back, and asks again.
  home.push('lan', frame);
  home.turn.run();
  owner.turn.run();
  for (const row of owner.rows()) if (others.includes(row)) endSession(owner.cx, row, false);
  t.settle();
  assert.equal(t.sessionCount, 1);
});

test('an owner that knows of a reload already opens nothing on an address that is gone, and the walk goes on', () => {
  const yaml = small('2000-2015').replace('[192.0.2.10]', '[192.0.2.10, 192.0.2.11]');
  const t = team(2, yaml);
  const [owner, home] = t.members as [Team['members'][0], Team['members'][0]];
  for (let i = 0; i < 2; i++) owner.push('lan', udpOut(hostOf(0, 2), 4000 + i));
  t.settle();
  t.sent('wan');
  home.push('lan', udpOut(hostOf(1, 2), 9));
  home.turn.run();
  const ring = owner.cx.handoff.inbound[1]!;
  const gone = `192.0.2.${ring.words[ringFirst(ring) + Letter.External]! >>> 24}`;
  const after = yaml.replace('[192.0.2.10, 192.0.2.11]', gone === '192.0.2.10' ? '[192.0.2.11]' : '[192.0.2.10]');
  for (const member of t.members) member.reload(after, 2);
  t.settle();
  const left = t.sent('wan').map(({ octets }) => decode(octets).ipv4!.src);
  assert.equal(left.length, 1);
  assert.notEqual(left[0], gone);
  t.check();
});

test('big frames of one worker do not keep out those of another', () => {
  const t = team(3, small('2000-2015'));
  const [zero, one, two] = t.members as [Team['members'][0], Team['members'][0], Team['members'][0]];
  const big = zero.cx.handoff.outbound[2]!;
  fill(one.cx.handoff.outbound[2]!, LetterKind.Frame, 64);
  for (let turn = 0; turn < 3; turn++) {
    while (fill(big, LetterKind.Frame, 65_000));
    two.turn.run();
  }
  assert.equal(ringFill(two.cx.handoff.inbound[1]!), 0);
});

test('a storm of ARP leaves room for frames', () => {
  const t = team(2, small('2000-2015'));
  const [zero, one] = t.members as [Team['members'][0], Team['members'][0]];
  const copy = arpReply('192.0.2.99', '192.0.2.1', '02:aa:00:00:00:02');
  for (let i = 0; i < 10_000; i++) zero.push('wan', copy);
  while (zero.turn.burst() > 0);
  assert.ok(t.event(CounterEvent.ArpCopiesLost) > 0);
  assert.ok(ringFill(one.cx.handoff.inbound[0]!) < RING_OCTETS * 0.51);
  zero.push('lan', udpOut(hostOf(1, 2), 9));
  zero.turn.run();
  assert.equal(t.count(Verdict.DropHandoffFull), 0);
});

test('the end of twenty thousand sessions at once reaches their homes', () => {
  const t = team(2, small('1024-65535'), 65_536);
  const [owner, home] = t.members as [Team['members'][0], Team['members'][0]];
  // Every block is the owner's: one port of each stays taken.
  const { ports } = owner.state;
  const pool = poolOf(ports, 17, 0);
  const random = new Random({ k0: 1, k1: 2 });
  const kept = new Set<number>();
  const held: number[] = [];
  for (let port = portTake(ports, 0, pool, random); port >= 0; port = portTake(ports, 0, pool, random)) held.push(port);
  for (const port of held) {
    if (kept.has(port >> 6)) portRelease(ports, 0, pool, port);
    else kept.add(port >> 6);
  }
  for (let i = 0; i < 20_000; i++) {
    home.push('lan', udpOut(hostOf(1, 2, i % 50), 1000 + Math.trunc(i / 50)));
    if (i % 64 === 63) {
      home.turn.run();
      owner.turn.run();
    }
  }
  t.settle();
  assert.equal(owner.sessionCount, 20_000);
  assert.equal(elsewhere(t, 1), 20_000);
  let ended = -1;
  owner.turn.purge(anySession, (n) => (ended = n));
  while (ended < 0) {
    owner.turn.run();
    home.turn.run();
  }
  assert.equal(ended, 20_000);
  t.settle();
  assert.equal(elsewhere(t, 1), 0);
});
