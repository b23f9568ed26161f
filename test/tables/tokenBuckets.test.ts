import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUCKET_FOR_ALL, BUCKET_WORDS, bucketReturn, bucketTake } from '../../src/tables/tokenBuckets.js';

const fresh = (): Int32Array => new Int32Array(new SharedArrayBuffer(BUCKET_WORDS * 4));

/** How many tokens there are at `now`. */
function drain(t: Int32Array, bucket: number, now: number, perSecond = 10, burst = 20): number {
  let n = 0;
  while (bucketTake(t, bucket, now, perSecond, burst)) n++;
  return n;
}

test('a bucket starts full, is refilled by time and never beyond its burst', () => {
  const t = fresh();
  assert.equal(drain(t, 7, 100), 20);
  assert.equal(drain(t, 7, 100), 0);
  assert.equal(drain(t, 7, 101), 1, '10 a second: one in each tick of 100 ms');
  assert.equal(drain(t, 7, 106), 5);
  assert.equal(drain(t, 7, 100_000), 20);
  assert.equal(drain(t, 8, 100_000), 20, 'the one beside it is another');
});

test('large rates and bursts do not overflow', () => {
  assert.equal(drain(fresh(), BUCKET_FOR_ALL, 1, 1_000_000, 100_000), 100_000);
});

test('a worker whose clock is a tick behind takes nothing back and adds nothing twice', () => {
  const t = fresh();
  assert.equal(drain(t, 1, 200), 20);
  assert.equal(drain(t, 1, 199), 0);
  assert.equal(drain(t, 1, 201), 1);
});

test('time goes on over the wrap of the ticks', () => {
  const t = fresh();
  assert.equal(drain(t, 1, 0x7fff_ffff), 20);
  assert.equal(drain(t, 1, (0x7fff_ffff + 3) | 0), 3);
});

test('what is given back can be taken again', () => {
  const t = fresh();
  drain(t, 1, 50);
  bucketReturn(t, 1);
  assert.equal(drain(t, 1, 50), 1);
});
