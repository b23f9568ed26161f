import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SLEEP_STRIDE } from '../../src/tables/handoffRing.js';
import { homeOf } from '../../src/tables/ownership.js';
import { udpOut } from '../support/flows.js';
import { Dice } from '../support/mutate.js';
import { wireIp } from '../support/octets.js';
import { Team } from '../support/team.js';

const hosts = Array.from({ length: 100 }, (_, i) => `10.0.0.${i + 2}`);
const guest = hosts.find((host) => homeOf(wireIp(host), 2) === 1)!;

function team() {
  const [zero, one] = new Team(2, new Dice(1)).members;
  return { zero: zero!, one: one!, sleeping: zero!.state.handoff.sleeping };
}

test('a frame for a worker that sleeps wakes it, once', () => {
  const { zero, sleeping } = team();
  sleeping[SLEEP_STRIDE] = 1;
  zero.push('lan', udpOut(guest, 1), udpOut(guest, 2));
  zero.turn.run();
  assert.deepEqual(zero.wakes, [101]);
  assert.equal(sleeping[SLEEP_STRIDE], 0);
  zero.push('lan', udpOut(guest, 3));
  zero.turn.run();
  assert.deepEqual(zero.wakes, [101], 'it is awake, or about to be');
});

test('a worker that is awake is not woken', () => {
  const { zero } = team();
  zero.push('lan', udpOut(guest, 1));
  zero.turn.run();
  assert.deepEqual(zero.wakes, []);
});

test('a worker says that it sleeps while it sleeps', () => {
  const { one, sleeping } = team();
  const seen: number[] = [];
  one.onWait = () => seen.push(sleeping[SLEEP_STRIDE]!) * 0;
  one.turn.run();
  assert.deepEqual(seen, [1]);
  assert.equal(sleeping[SLEEP_STRIDE], 0);
});

test('what came after the last look at the rings keeps the worker awake', () => {
  const { zero, one, sleeping } = team();
  let slept = 0;
  one.onWait = () => ++slept * 0;
  // The turn reads this clock after its burst: the frame comes in between.
  const time = one.turn.time as { nowMicros: () => number };
  time.nowMicros = () => {
    zero.push('lan', udpOut(guest, 1));
    zero.turn.run();
    return 0;
  };
  one.turn.run();
  assert.equal(slept, 0);
  assert.equal(sleeping[SLEEP_STRIDE], 0);
  time.nowMicros = () => 0;
  one.turn.run();
  assert.equal(one.sent('wan').length, 0);
  assert.equal(one.arps('wan').length, 1, 'the frame was taken and its next hop is asked for');
});
