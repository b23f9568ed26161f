import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { followStore } from '../../../../src/control/dvr/mirror/followStore.js';
import type { ScopedMirror, Watching } from '../../../../src/control/dvr/mirror/scopedMirror.js';

test('a store that ends every watch at once is read twice a second at most', async () => {
  let reads = 0;
  const now = { objects: {}, claims: [], revision: 1 };
  const mirror = {
    now,
    watch: ({ failed }: Watching) => setImmediate(failed, new Error('ended')),
    unwatch: () => {},
    read: async () => {
      reads++;
      return now;
    },
  };
  const never = () => assert.fail('nothing has changed, and nothing is lost');
  const follower = followStore(mirror as unknown as ScopedMirror, { changed: never, lost: never, back: never, found: never });
  await pause(1200);
  follower.close();
  assert.ok(reads >= 1 && reads <= 2, `${reads} readings`);
});
