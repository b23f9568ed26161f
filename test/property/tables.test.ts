import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PendingFrames } from '../../src/pipeline/pending.js';
import { Random } from '../../src/tables/hash.js';
import { blocksHeld, portBlocksIn, portBlocksOctets, portsUsed } from '../../src/tables/portBlocks.js';
import { portForget, portRestore, portSettle } from '../../src/tables/portRecovery.js';
import { portRelease, portTake } from '../../src/tables/portTake.js';
import { buildTrie, trieLookup } from '../../src/tables/prefixTrie.js';
import { maskOf, wireOrder } from '../../src/types/ipv4.js';
import { Arena, frameMemoryIn, recordOctets } from '../../src/wire/memory.js';
import { SEED } from './seed.js';

test(`port blocks behave like a set, in range, exact to the last port, seed ${SEED}`, () => {
  const range = fc
    .tuple(fc.integer({ min: 0, max: 65_535 }), fc.integer({ min: 0, max: 300 }))
    .map(([low, n]) => [low, Math.min(65_535, low + n)] as const);
  fc.assert(
    fc.property(range, fc.integer(), fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 500 }), ([low, high], k0, steps) => {
      const p = portBlocksIn(new SharedArrayBuffer(portBlocksOctets(1, 1)), 1, 1);
      p.range[0] = low;
      p.range[1] = high;
      const random = new Random({ k0, k1: 3 });
      const taken: number[] = [];
      for (const step of steps) {
        if (step < 7) {
          const port = portTake(p, 0, 0, random);
          assert.equal(port < 0, taken.length === high - low + 1, 'fails only when no port is free');
          if (port < 0) continue;
          assert.ok(port >= low && port <= high && !taken.includes(port), `port ${port}`);
          taken.push(port);
        } else if (taken.length > 0) {
          const [port] = taken.splice((step * 7919) % taken.length, 1);
          portRelease(p, 0, 0, port!);
        }
        assert.equal(portsUsed(p, 0, 0), taken.length);
      }
      // A replaced worker finds the same ports taken and can go on to the last one.
      portForget(p, 0);
      for (const port of taken) assert.ok(portRestore(p, 0, 0, port));
      portSettle(p, 0);
      assert.equal(portsUsed(p, 0, 0), taken.length);
      for (let port = portTake(p, 0, 0, random); port >= 0; port = portTake(p, 0, 0, random)) {
        assert.ok(!taken.includes(port));
        taken.push(port);
      }
      assert.equal(taken.length, high - low + 1);
      for (const port of taken) portRelease(p, 0, 0, port);
      assert.equal(blocksHeld(p, 0, 0), 0);
      assert.ok(p.owner.every((o) => o === 0) && p.used.every((u) => u === 0) && p.taken.every((word) => word === 0));
      assert.ok(p.next.every((n) => n === 0) && p.previous.every((n) => n === 0));
    }),
    { seed: SEED, numRuns: 60 },
  );
});

test(`the trie says what the last covering prefix of the list says, seed ${SEED}`, () => {
  const prefix = fc.tuple(
    fc.constantFrom(0x0a00_0000, 0x0a01_0000, 0x0a01_0180, 0xc0a8_0000, 0),
    fc.integer({ min: 0, max: 0xffff }),
    fc.integer({ min: 0, max: 32 }),
  );
  fc.assert(
    fc.property(
      fc.array(prefix, { maxLength: 40 }),
      fc.array(fc.tuple(fc.nat(39), fc.integer()), { maxLength: 60 }),
      (list, probes) => {
        const prefixes = list.map(([base, noise, length], value) => {
          const mask = maskOf(length);
          return { address: wireOrder((base | noise) >>> 0) & mask, length, mask, value };
        });
        const trie = buildTrie(prefixes);
        for (const [near, noise] of probes) {
          const base = prefixes[near % Math.max(1, prefixes.length)]?.address ?? 0;
          for (const address of [base, base ^ (noise & 0xff00_0000), noise]) {
            const last = prefixes.findLast((x) => (address & x.mask) === x.address);
            assert.equal(trieLookup(trie, address), last?.value ?? -1);
          }
        }
      },
    ),
    { seed: SEED, numRuns: 300 },
  );
});

test(`waiting frames come back as they were put in, oldest first, none twice, seed ${SEED}`, () => {
  const step = fc.record({
    what: fc.integer({ min: 0, max: 5 }),
    row: fc.integer({ min: 0, max: 3 }),
    octets: fc.constantFrom(60, 61, 1514, 9014, 65_549),
  });
  const m = frameMemoryIn(new SharedArrayBuffer(Arena.Octets));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const ring = new PendingFrames(m);
      let model: { row: number; mark: number; octets: number; ready: boolean; since: number }[] = [];
      let now = 0x7fff_fff0;
      const check = (ready: boolean): void => {
        const i = model.findIndex((x) => x.row === ring.adjacency && x.ready === ready && x.mark === m.u8[ring.frame]);
        assert.ok(i >= 0, 'a frame that waits');
        assert.equal(ring.length, model[i]!.octets);
        assert.equal(m.u8[ring.frame + ring.length - 1], model[i]!.mark, 'its last octet is its own');
        model = model.filter((_, j) => j !== i);
      };
      for (const [n, { what, row, octets }] of steps.entries()) {
        if (what < 3) {
          const mark = n & 0xff;
          m.u8.fill(mark, Arena.FrameStart, Arena.FrameStart + octets);
          if (ring.put(row, Arena.FrameStart, octets, 0, 0, now)) model.push({ row, mark, octets, ready: false, since: now });
          else
            assert.ok(
              model.reduce((sum, x) => sum + recordOctets(x.octets), 0) > 500_000 || model.length > 100,
              'refused only when well filled',
            );
        } else if (what === 3) {
          ring.markReady(row);
          for (const x of model) if (x.row === row) x.ready = true;
        } else if (what === 4) {
          while (ring.take()) check(true);
          assert.ok(!model.some((x) => x.ready));
          ring.release();
        } else {
          now = (now + 4) | 0;
          while (ring.takeExpired(now, 10)) check(false);
          assert.ok(!model.some((x) => !x.ready && ((now - x.since) | 0) >= 10), 'none waits too long');
          ring.release();
        }
        for (let r = 0; r < 4; r++) assert.equal(ring.waiting(r), model.filter((x) => x.row === r).length);
      }
    }),
    { seed: SEED, numRuns: 60 },
  );
});
