import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CounterEvent } from '../../src/shared/counters.js';
import { Verdict } from '../../src/shared/verdict.js';
import { isElsewhere } from '../../src/tables/elsewhere.js';
import { homeOf } from '../../src/tables/ownership.js';
import { Session } from '../../src/tables/sessions.js';
import { decode } from '../support/decode.js';
import { answerTo, externalPort, tcpOut, udpOut } from '../support/flows.js';
import { Dice } from '../support/mutate.js';
import { wireIp } from '../support/octets.js';
import { small } from '../support/sample.js';
import { Team } from '../support/team.js';

const hosts = Array.from({ length: 200 }, (_, i) => `10.0.0.${i + 2}`);

/** The `nth` host whose home is `worker` of `workers`. */
function hostOf(worker: number, workers: number, nth = 0): string {
  return hosts.filter((host) => homeOf(wireIp(host), workers) === worker)[nth]!;
}

/** Sends a frame out at its home and returns what left. */
function out(team: Team, frame: Uint8Array): ReturnType<typeof decode> & { frame: Uint8Array } {
  team.push('lan', frame);
  team.settle();
  const [left, ...more] = team.sent('wan');
  assert.ok(left !== undefined && more.length === 0, 'one frame left');
  return { ...decode(left.octets), frame: left.octets };
}

function elsewhereRows(team: Team, worker: number): number {
  const { rows, head } = team.members[worker]!.sessions;
  let n = 0;
  for (let row = 0; row < head[2]! * Session.Words; row += Session.Words) {
    const meta = rows[row + Session.Meta]!;
    if ((meta & 0xff) !== 0 && isElsewhere(meta)) n++;
  }
  return n;
}

/** Sessions asked for since the start. */
function cursors(team: Team): number {
  return team.members[0]!.state.cursors.reduce((sum, n) => sum + n, 0);
}

/** Two workers, one block: worker 0 holds it, and has a session for a host of worker 1. */
function askedFor(): { team: Team; guest: string; first: ReturnType<typeof out> } {
  const team = new Team(2, new Dice(7), { yaml: small('2000-2015') });
  out(team, udpOut(hostOf(0, 2), 4000));
  const guest = hostOf(1, 2);
  const first = out(team, udpOut(guest, 4001));
  assert.deepEqual([team.members[0]!.sessionCount, team.members[1]!.sessionCount], [2, 0]);
  assert.equal(elsewhereRows(team, 1), 1);
  return { team, guest, first };
}

test('a worker without a block has sessions opened by the worker that holds it, and knows where they are', () => {
  const { team, guest, first } = askedFor();
  assert.equal(externalPort(out(team, udpOut(guest, 4001))), externalPort(first));
  team.push('wan', answerTo({ octets: first.frame }));
  team.settle();
  assert.equal(decode(team.sent('lan')[0]!.octets).ipv4!.dst, guest);
  team.check();
});

test('answers alone keep such a session, and its home does not forget where it is', () => {
  const team = new Team(2, new Dice(7), { yaml: small('2000-2127') });
  // All but one of the ports, so that every block is worker 0's; they end unanswered while the guest's is answered.
  for (let i = 0; i < 127; i++) out(team, udpOut(hostOf(0, 2), 4000 + i));
  const guest = hostOf(1, 2);
  const first = out(team, udpOut(guest, 4001));
  for (let i = 0; i < 10; i++) {
    team.push('wan', answerTo({ octets: first.frame }));
    team.advance(2000);
  }
  assert.equal(team.sessionCount, 1);
  // A home that had forgotten would take a port of its own now.
  assert.equal(externalPort(out(team, udpOut(guest, 4001))), externalPort(first));
  team.check();
});

test('the end of such a session ends what its home knows of it', () => {
  const { team } = askedFor();
  team.advance(2500);
  assert.equal(team.sessionCount, 0);
  assert.equal(elsewhereRows(team, 1), 0);
  team.check();
});

test('a home that was not told is corrected by the first frame, which is not lost', () => {
  const { team, guest } = askedFor();
  const owner = team.members[0]!;
  // The row was being written when the worker failed, so its successor drops it and knows nothing to tell.
  for (const row of owner.rows()) owner.sessions.rows[row + Session.Generation]! |= 1;
  owner.replaceWorker();
  assert.equal(owner.sessionCount, 0);
  const asked = cursors(team);
  out(team, udpOut(guest, 4001));
  assert.equal(cursors(team), asked + 1, 'a new session, a new turn of the rotation');
  assert.equal(team.sessionCount, 1);
  assert.equal(team.count(Verdict.DropHandoffLoop), 0);
  assert.equal(elsewhereRows(team, 1), 0, 'the block is free now: the home has the session itself');
});

test('a later TCP segment of a session that is gone is refused as by one worker', () => {
  const { team, guest } = askedFor();
  out(team, tcpOut(hostOf(0, 2), 4000, 'S'));
  out(team, tcpOut(guest, 4002, 'S'));
  assert.equal(elsewhereRows(team, 1), 2);
  const owner = team.members[0]!;
  for (const row of owner.rows()) owner.sessions.rows[row + Session.Generation]! |= 1;
  owner.replaceWorker();
  team.push('lan', tcpOut(guest, 4002, 'A'));
  team.settle();
  assert.equal(team.sent('wan').length, 0);
  assert.equal(team.count(Verdict.DropNotSyn), 1);
});

test('two homes ask for the last port at once: one gets it, the other the next address, and the cursor moved once for each', () => {
  const yaml = small('2000-2001').replace('[192.0.2.10]', '[192.0.2.10, 192.0.2.11]');
  const team = new Team(3, new Dice(3), { yaml });
  const [zero, one, two] = team.members as [Team['members'][0], Team['members'][0], Team['members'][0]];
  // Worker 0 takes a port of each address, then one more of the second: one port of .10 is left, and none of .11 to spare.
  out(team, udpOut(hostOf(0, 3), 1));
  out(team, udpOut(hostOf(0, 3), 2));
  for (const member of [one, two]) {
    member.push('lan', udpOut(hostOf(member.cx.worker, 3), 3));
  }
  team.settle();
  const left = team.sent('wan').map((frame) => decode(frame.octets).ipv4!.src);
  assert.deepEqual(left.sort(), ['192.0.2.10', '192.0.2.11']);
  assert.equal(
    zero.state.cursors.reduce((sum, n) => sum + n, 0),
    4,
  );
  assert.equal(team.event(CounterEvent.SessionsCreated), 4);
  team.check();
});

test('both refused homes go on with their walk where they were', () => {
  const yaml = small('2000-2001').replace('[192.0.2.10]', '[192.0.2.10, 192.0.2.11, 192.0.2.12]');
  const team = new Team(3, new Dice(3), { yaml });
  const [zero, one, two] = team.members as [Team['members'][0], Team['members'][0], Team['members'][0]];
  // Every worker knows its next hop.
  for (const member of [zero, one, two]) out(team, udpOut(hostOf(member.cx.worker, 3), 1));
  team.advance(3000);
  assert.equal(team.sessionCount, 0);
  const cursor = (): number => cursors(team);
  assert.equal(cursor(), 3);
  // Worker 0 holds .10 with one port left; the cursor then stands at .10 again.
  for (let i = 0; i < 3; i++) out(team, udpOut(hostOf(0, 3), 10 + i));
  assert.equal(cursor(), 6);
  one.push('lan', udpOut(hostOf(1, 3), 20));
  one.turn.run();
  two.push('lan', udpOut(hostOf(2, 3), 20));
  two.turn.run();
  // Asked for .10 and .11; a third comes for .10 before worker 0 has looked.
  one.push('lan', udpOut(hostOf(1, 3), 21));
  one.turn.run();
  one.push('lan', udpOut(hostOf(1, 3), 22));
  one.turn.run();
  team.settle();
  assert.equal(cursor(), 10, 'once for each session asked for');
  assert.equal(team.sent('wan').length + team.count(Verdict.DropPortsExhausted), 4);
  assert.equal(team.sessionCount, 6, 'three addresses of two ports');
  team.check();
});
