import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { applyTo } from '../../../../src/control/dvr/mirror/objectOperations.js';
import { readObjects, type Standing } from '../../../../src/objects/load.js';
import { EmbeddedStore } from '../../../../src/store/embedded.js';
import { alivePut, type Boot } from '../../../../src/store/presence.js';
import type { Store } from '../../../../src/store/store.js';
import type { ApplyHow } from '../../../../src/types/apply.js';

const BOOT: Boot = { bootId: 'b', since: 1, version: '1', process: 'p', leaving: false };

/** Of h1 and h2, a network with its subnet, and so many ports. */
const cloud = (ports: number, hosts = 'h1, h2'): string => `
hosts: [${hosts.split(', ').map((name) => `{ name: ${name} }`)}]
networks: [{ name: n, type: local }]
subnets: [{ name: s, network: n, cidr: 10.0.0.0/24 }]
lports: [${Array.from({ length: ports }, (_, i) => `{ name: p${i}, network: n }`)}]
`;

type Apply = (text: string, how?: Partial<ApplyHow>) => ReturnType<typeof applyTo>;

async function within(run: (apply: Apply, store: Store) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'windrose-removal-'));
  const store = await EmbeddedStore.open(directory);
  const apply: Apply = (text, how) =>
    applyTo(store, { file: 'o.yaml', dryRun: false, ...how }, (standing: Standing) => readObjects(text, 'o.yaml', standing));
  try {
    await run(apply, store);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
}

describe('a file that would remove most of the cloud is refused unless it is meant', () => {
  test('ten objects and more than half of them: told in a dry run, refused, done where it is meant', () =>
    within(async (apply) => {
      assert.equal((await apply(cloud(6))).ok, true);
      const half = await apply(cloud(1), { dryRun: true });
      assert.deepEqual([half.ok, half.removes], [true, undefined], 'five of ten are no more than half');
      const removes = 'removes 6 of 10 objects (lport p0; lport p1; lport p2; ...)';
      const dry = await apply(cloud(0), { dryRun: true });
      assert.deepEqual([dry.ok, dry.removes, dry.refused, dry.changes.length], [true, removes, [], 6]);
      const refused = await apply(cloud(0));
      const why = `${removes}: --merge adds to what is there and removes nothing; --yes where it is meant`;
      assert.deepEqual([refused.ok, refused.removes, refused.refused, refused.changes], [false, removes, [why], []]);
      const merged = await apply('lports: [{ name: other, network: n }]', { merge: true });
      assert.deepEqual([merged.ok, merged.removes, merged.changes.length], [true, undefined, 1]);
      const meant = await apply(cloud(0), { sure: true });
      assert.deepEqual([meant.ok, meant.removes, meant.changes.length], [true, undefined, 7]);
    }));

  test('fewer than ten are written anew without a word', () =>
    within(async (apply) => {
      await apply(cloud(5));
      const { ok, changes } = await apply('hosts: [{ name: h1 }]');
      assert.deepEqual([ok, changes.length], [true, 8]);
    }));

  test('a host that runs is never removed unless it is meant; one that is about to end is', () =>
    within(async (apply, store) => {
      await apply(cloud(1));
      const { id } = await store.grant(30);
      await store.transact({ puts: [alivePut('h2', BOOT, id)] });
      const { ok, removes } = await apply(cloud(1, 'h1'));
      assert.deepEqual([ok, removes], [false, 'removes 1 of 5 objects (host h2, which runs)']);
      await store.transact({ puts: [alivePut('h2', { ...BOOT, leaving: true }, id)] });
      assert.equal((await apply(cloud(1, 'h1'))).ok, true);
    }));
});
