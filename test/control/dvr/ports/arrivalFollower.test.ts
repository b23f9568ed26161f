import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ArrivalFollower, ONLY_HERE, REFUSED } from '../../../../src/control/dvr/ports/arrivalFollower.js';
import { WindroseError } from '../../../../src/errors/catalog.js';
import type { Activation } from '../../../../src/store/bindings.js';

/** A follower that waits for a1 in migration 3 and a9 in migration 4, what it asked of the store and what it logged. */
function followed(activate: () => Promise<Activation>, { shared = true, reachable = true } = {}) {
  const arrivals = new Int32Array(8);
  const asked: string[] = [];
  const lines: string[] = [];
  const awaited = new Map([
    ['a1', 3],
    ['a9', 4],
  ]);
  const log = (level: string) => (_: object, sentence: string) => lines.push(`${level}: ${sentence}`);
  const book = {
    ...{ host: 'h2', shared, reachable },
    activate: (port: string, only?: string) => {
      asked.push(`${port} ${only}`);
      return activate();
    },
  };
  const index = { lportNames: () => new Map([['a1', 5]]) };
  const logger = { debug: log('debug'), info: log('info'), warn: log('warn') } as never;
  return {
    follower: new ArrivalFollower([{ arrivals }], index, book, { awaited }, logger),
    arrivals,
    asked,
    lines,
    awaited,
    book,
  };
}
const done = async (): Promise<Activation> => ({ outcome: 'activated', host: 'h2', from: 'h1', revision: 9 });

describe('guests that have arrived', () => {
  it('are bound once they were heard in this migration, for this host', async () => {
    const { follower, arrivals, asked, lines } = followed(done);
    await follower.look();
    arrivals[5] = 2;
    await follower.look();
    assert.deepEqual(asked, [], 'nobody, and another migration');
    arrivals[5] = 3;
    await follower.look();
    assert.deepEqual([asked, lines], [['a1 h2'], ['info: port activated: its guest is here']]);
  });

  it('when each host has a store of its own, what is left to do is said', async () => {
    const { follower, arrivals, lines } = followed(done, { shared: false });
    arrivals[5] = 3;
    await follower.look();
    assert.equal(lines[1], `warn: ${ONLY_HERE}`);
  });

  it('wait while the store is lost, and are tried again when it did not answer', async () => {
    const { follower, arrivals, asked, lines, book } = followed(
      async () => {
        throw new WindroseError('STORE_UNREACHABLE', 'http://127.0.0.1:1', 'refused');
      },
      { reachable: false },
    );
    arrivals[5] = 3;
    await follower.look();
    assert.deepEqual(asked, []);
    book.reachable = true;
    await follower.look();
    await follower.look();
    assert.deepEqual([asked.length, lines], [2, Array(2).fill('debug: an activation waits for the store')]);
  });

  it('that the store refuses are told once, and the store is left alone for a second', async (t) => {
    let now = 5000;
    t.mock.method(performance, 'now', () => now);
    const { follower, arrivals, asked, lines } = followed(async () => {
      throw new WindroseError('STORE_REFUSED', 'http://127.0.0.1:1', 'space exceeded');
    });
    arrivals[5] = 3;
    for (let i = 0; i < 3; i++) await follower.look();
    assert.deepEqual([asked.length, lines], [1, [`warn: ${REFUSED}`]]);
    now += 1000;
    await follower.look();
    assert.deepEqual([asked.length, lines.length], [2, 1]);
  });

  it('one look at a time; and whose migration has ended meanwhile is left alone', async () => {
    let answer: (it: Activation) => void = () => {};
    const { follower, arrivals, asked, lines, awaited } = followed(() => new Promise((resolve) => (answer = resolve)));
    arrivals[5] = 3;
    const first = follower.look();
    await follower.look();
    assert.equal(asked.length, 1);
    answer({ outcome: 'not-migrating', host: 'h1' });
    await first;
    assert.deepEqual([lines, follower.idle], [[], false]);
    awaited.clear();
    await follower.look();
    assert.deepEqual([asked.length, follower.idle], [1, true]);
  });
});
