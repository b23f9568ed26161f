import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KEEP_ROUTER_MS, PortMoves, RELAY_MS } from '../../../../src/control/dvr/ports/portMoves.js';
import type { Objects } from '../../../../src/objects/model.js';
import { sample } from '../../../support/dvrSample.js';
import { boundTo, migratingTo, withPort } from '../../../support/migrating.js';

/** What h1 remembers after these objects, one after the other, and a clock that may wrap. */
function after(all: readonly Objects[], start = 0) {
  let now = start | 0;
  const moves = new PortMoves('h1', () => now);
  for (const objects of all) moves.follow(objects);
  const pass = (ms: number): void => {
    now = (now + ms) | 0;
  };
  return { moves, pass, told: () => moves.follow(all.at(-1)!) };
}

/** Nothing but these ports of the sample. */
const only = (...names: string[]): Objects => ({ ...sample, lports: sample.lports.filter(({ name }) => names.includes(name)) });

describe('what is remembered of ports that come and go', () => {
  for (const start of [0, 0x7fff_ffff - 1000])
    it(`late frames of a port that left for 5 s, from a clock at ${start}`, () => {
      const { moves, pass, told } = after([sample, boundTo(sample, 'a1', 'h2')], start);
      assert.deepEqual([...told().relays], [['a1', (start + RELAY_MS) | 0]]);
      pass(RELAY_MS - 1);
      assert.deepEqual([moves.overdue, told().relays.size], [false, 1]);
      pass(1);
      assert.deepEqual([moves.overdue, told().relays.size, moves.overdue], [true, 0, false]);
    });

  const nowhere: readonly (readonly [string, readonly Objects[]])[] = [
    ['is back', [sample, boundTo(sample, 'a1', 'h2'), sample]],
    ['is bound nowhere', [sample, withPort(sample, 'a1', { host: undefined, device: undefined })]],
    ['went, and then was unbound', [sample, boundTo(sample, 'a1', 'h2'), withPort(sample, 'a1', { host: undefined })]],
    ['is there no more', [sample, boundTo(sample, 'a1', 'h2'), only('a3')]],
    ['is on another network now', [sample, withPort(sample, 'a1', { host: 'h2', network: 'orange' })]],
    ['was down here', [withPort(sample, 'a1', { adminUp: false }), boundTo(sample, 'a1', 'h2')]],
    ['was never here', [sample, boundTo(sample, 'a2', 'n')]],
    ['is about to go', [sample, migratingTo(sample, 'a1', 'h2')]],
  ];
  for (const [what, all] of nowhere)
    it(`none of a port that ${what}`, () => {
      assert.deepEqual([...after(all).told().relays], []);
    });

  it('one that goes on to a third host is passed on from when it left', () => {
    const { moves, pass } = after([sample, boundTo(sample, 'a1', 'h2')]);
    pass(3000);
    assert.deepEqual([...moves.follow(boundTo(sample, 'a1', 'n')).relays], [['a1', RELAY_MS]]);
  });

  it('F53 a router that nothing needs any more for 30 s, unless it is needed again', () => {
    const { moves, pass, told } = after([sample, only('a2', 'b2')]);
    assert.deepEqual([...told().routers], ['r']);
    pass(KEEP_ROUTER_MS - 1);
    assert.deepEqual([moves.overdue, told().routers.size], [false, 1]);
    pass(1);
    assert.deepEqual([moves.overdue, told().routers.size], [true, 0]);
    moves.follow(sample);
    moves.follow(only('a2', 'b2'));
    assert.equal(moves.follow(sample).routers.size, 0);
  });

  it('each migration here has a number of its own, as long as it lasts', () => {
    const here = migratingTo(sample, 'a2', 'h1');
    const { moves } = after([here, { ...here }]);
    assert.deepEqual([...moves.awaited], [['a2', 1]]);
    moves.follow(sample);
    assert.equal(moves.awaited.size, 0);
    moves.follow(here);
    assert.deepEqual([...moves.awaited], [['a2', 2]]);
    moves.follow(boundTo(sample, 'a2', 'h1'));
    assert.equal(moves.awaited.size, 0);
  });
});
