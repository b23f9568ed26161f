import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { ScopedMirror } from '../../src/control/dvr/mirror/scopedMirror.js';
import { NO_NETWORKS } from '../../src/control/dvr/view/hostView.js';
import { hostViewOf } from '../../src/control/dvr/view/hostViewOf.js';
import type { Claim } from '../../src/objects/claims.js';
import { readObjects } from '../../src/objects/load.js';
import type { Objects } from '../../src/objects/model.js';
import { putClaim } from '../../src/store/claimStore.js';
import { applyObjects, type ObjectsAt, readStore } from '../../src/store/objectStore.js';
import { ip, mac } from '../support/dvrSample.js';
import { type Draw, draw, planOf } from './eastWestDraw.js';
import { fileOf } from './eastWestPlan.js';
import { LaggingStore } from './laggingStore.js';
import { SEED } from './seed.js';

/**
 * A host that follows a part of a store, while objects and claims change, watches are ahead of each other, end, and lose revisions to compaction:
 * at every moment it can compute a view, and when it has heard all, that view is the one of a host that has read the whole store.
 */

type Step =
  | { readonly kind: 'objects'; readonly draw: Draw }
  | { readonly kind: 'claim'; readonly which: number }
  | { readonly kind: 'tell'; readonly watch: number; readonly most: number }
  | { readonly kind: 'show' }
  | { readonly kind: 'turn' }
  | { readonly kind: 'read' }
  | { readonly kind: 'break'; readonly watch: number; readonly compacted: boolean };

const n = fc.nat(40);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('objects' as const), draw }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('claim' as const), which: n }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('tell' as const), watch: n, most: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 4, arbitrary: fc.constantFrom<Step>({ kind: 'show' }, { kind: 'turn' }, { kind: 'read' }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('break' as const), watch: n, compacted: fc.boolean() }) },
);

test(`5.6 5.7 a host that follows its part of the store comes to the view of the whole, seed ${SEED}`, async () => {
  let smaller = 0;
  let judged = 0;
  const property = fc.asyncProperty(draw, fc.array(step, { minLength: 5, maxLength: 40 }), async (first, steps) => {
    const store = new LaggingStore();
    await put(store, first);
    const hosts = planOf(first).hosts.map(({ name }) => new Following(store, name));
    for (const host of hosts) await host.begin();
    for (const one of steps) {
      await act(store, hosts, one);
      for (const host of hosts) host.view(host.mirror.now);
    }
    const whole = await readStore(store);
    const check = (host: Following, when: string): void =>
      assert.deepEqual(host.view(host.mirror.now), host.view(whole), `${host.name} ${when}\n${JSON.stringify(steps)}`);
    for (const host of hosts) await host.recover();
    // Who reads knows all, and what watches tell late takes nothing back.
    const [reader] = hosts;
    await reader!.mirror.read();
    check(reader!, 'after reading');
    for (let quiet = 0; quiet < 3; quiet++) {
      while (store.tell(0, 1)) {
        quiet = 0;
        await reader!.mirror.settle();
        check(reader!, 'while watches tell what was read');
      }
      for (const host of hosts) await host.mirror.settle();
    }
    for (const host of hosts) {
      check(host, 'when all is told');
      assert.equal(await host.mirror.audit(), 0);
      judged++;
      if (host.mirror.now.objects.lports.length < whole.objects.lports.length) smaller++;
    }
  });
  await fc.assert(property, { seed: SEED, numRuns: 150, includeErrorInReport: true });
  assert.ok(smaller > judged / 10, `of ${judged} hosts ${smaller} had less than the whole`);
});

/** One host, and what ended its watches. */
class Following {
  readonly mirror: ScopedMirror;
  #broken = false;

  constructor(
    store: LaggingStore,
    readonly name: string,
  ) {
    this.mirror = new ScopedMirror(store.far(2), name, { keepMs: 0, settledMs: 0 });
  }

  async begin(): Promise<void> {
    await this.mirror.read();
    this.mirror.watch({
      touched: () => {},
      failed: () => {
        this.#broken = true;
      },
    });
  }

  async recover(): Promise<void> {
    if (!this.#broken) return;
    this.#broken = false;
    this.mirror.unwatch();
    await this.begin();
  }

  view({ objects, claims }: Pick<ObjectsAt, 'objects' | 'claims'>) {
    return hostViewOf(objects, { name: this.name, mac: new Uint8Array(6), prefix: NO_NETWORKS.hostMacPrefix }, claims);
  }
}

async function act(store: LaggingStore, hosts: readonly Following[], one: Step): Promise<void> {
  if (one.kind === 'objects') await put(store, one.draw);
  else if (one.kind === 'claim') await claimed(store, one.which);
  else if (one.kind === 'tell') store.tell(one.watch, one.most);
  else if (one.kind === 'turn') await turn();
  // Not waited for: more happens meanwhile.
  else if (one.kind === 'show') for (const { mirror } of hosts) void mirror.settle().catch(() => {});
  else if (one.kind === 'read') for (const { mirror } of hosts) void mirror.read().catch(() => {});
  else {
    store.break(one.watch);
    if (one.compacted) store.compact(1);
    await turn();
    for (const host of hosts) await host.recover();
  }
}

async function put(store: LaggingStore, drawn: Draw): Promise<void> {
  const { objects, issues } = readObjects(fileOf(planOf(drawn)), 'o.yaml', {});
  assert.ok(objects !== undefined, JSON.stringify(issues[0]));
  await applyObjects(store, () => objects as Objects);
}

/** Of a port that may, or may not. */
async function claimed(store: LaggingStore, which: number): Promise<void> {
  const { lports } = (await readStore(store)).objects;
  const port = lports[which % Math.max(1, lports.length)];
  if (port?.host === undefined) return;
  const claim: Omit<Claim, 'seq' | 'revision'> = {
    ...{ network: port.network, port: port.name, host: port.host },
    mac: which % 5 === 0 ? mac('00:00:5e:00:01:07') : port.mac,
    address: port.allowedPairs.flatMap(({ prefix }) => ('address' in prefix ? [prefix.address] : []))[0] ?? ip('10.0.0.200'),
  };
  await putClaim(store, claim);
}
