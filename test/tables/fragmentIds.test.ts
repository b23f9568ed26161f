import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FragmentIds } from '../../src/tables/fragmentIds.js';
import { Random } from '../../src/tables/hash.js';

const KEY = { k0: 0x0123_4567, k1: 0x89ab_cdef | 0 };

for (const workers of [1, 2, 3, 8]) {
  test(`FRG-8 towards one destination no id comes again before all others did, whoever gives it: ${workers} workers`, () => {
    const share = Math.floor(65_536 / workers);
    const seen = new Set<number>();
    for (let worker = 0; worker < workers; worker++) {
      const random = new Random(KEY);
      random.seed(worker << 28);
      const ids = new FragmentIds();
      const first = ids.take(KEY, random, 7, worker, workers);
      seen.add(first);
      for (let i = 1; i < share; i++) {
        const id = ids.take(KEY, random, 7, worker, workers);
        assert.ok(id >= 0 && id <= 0xffff);
        seen.add(id);
      }
      assert.equal(ids.take(KEY, random, 7, worker, workers), first, 'then they come round again');
    }
    assert.equal(seen.size, share * workers);
  });
}

test('FRG-8 one id does not tell the next: steps are spread over all of 16 bits, and another key gives others', () => {
  const take = (key: typeof KEY): number[] => {
    const ids = new FragmentIds();
    const random = new Random(key);
    return Array.from({ length: 4096 }, () => ids.take(key, random, 7, 0, 1));
  };
  const ids = take(KEY);
  const steps = new Set(ids.slice(1).map((id, i) => (id - ids[i]!) & 0xffff));
  assert.ok(steps.size > 3800, `${steps.size} different steps of 4095`);
  const upper = ids.filter((id) => id >= 32_768).length;
  assert.ok(Math.abs(upper - 2048) < 200, `${upper} of 4096 in the upper half`);
  const other = take({ k0: 5, k1: 6 });
  assert.ok(other.filter((id, i) => id === ids[i]).length < 10);
});
