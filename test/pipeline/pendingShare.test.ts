import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PendingFrames } from '../../src/pipeline/pending.js';
import { Arena, frameMemoryIn } from '../../src/wire/memory.js';

const MOST = 64;

/** Lets neighbour `row` keep as many frames as it may; how many those are. */
function fill(pending: PendingFrames, row: number, length: number): number {
  let kept = 0;
  while (pending.mayWait(row, length, MOST) && pending.put(row, Arena.BurstStart + Arena.FrameStart, length, 0, 0, 0)) kept++;
  return kept;
}

for (const length of [60, 1514, 65_000]) {
  test(`FWD-11 silent neighbours leave room for one that answers (${length} octets)`, () => {
    const pending = new PendingFrames(frameMemoryIn(new SharedArrayBuffer(Arena.Octets)));
    for (let row = 0; row < (length > 10_000 ? 8 : 16); row++) assert.ok(fill(pending, row, length) > 0, `neighbour ${row}`);
    assert.ok(pending.mayWait(99, 1514, MOST));
    assert.ok(pending.put(99, Arena.BurstStart + Arena.FrameStart, 1514, 0, 0, 0), 'an honest next hop finds a place');
  });
}

test('FWD-11 one neighbour alone has all it may have', () => {
  const pending = new PendingFrames(frameMemoryIn(new SharedArrayBuffer(Arena.Octets)));
  assert.equal(fill(pending, 1, 1514), MOST);
  assert.equal(fill(new PendingFrames(frameMemoryIn(new SharedArrayBuffer(Arena.Octets))), 1, 65_000), 3);
});
