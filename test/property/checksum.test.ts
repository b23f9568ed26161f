import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  delta16,
  delta32,
  fold,
  moveFinished,
  movePartial,
  negate,
  pseudoHeaderSum,
  sumOctets,
  TTL_DELTA,
} from '../../src/wire/checksum.js';
import { frameMemoryIn } from '../../src/wire/memory.js';
import { naiveSum } from '../support/octets.js';
import { SEED } from './seed.js';

const m = frameMemoryIn(new SharedArrayBuffer(4096));
const word = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const half = fc.integer({ min: 0, max: 0xffff });
const options = { seed: SEED, numRuns: 3000 };
const swap = (v: number): number => ((v & 0xff) << 8) | (v >> 8);

/** Words written at 64; returns the finished checksum in host load order. */
function full(words: readonly number[], halves: readonly number[]): number {
  words.forEach((v, i) => {
    m.i32[16 + i] = v;
  });
  halves.forEach((v, i) => {
    m.u16[32 + words.length * 2 + i] = v;
  });
  return ~sumOctets(m, 64, words.length * 4 + halves.length * 2, 0) & 0xffff;
}

test(`sums agree with a naive one for every length, seed ${SEED}`, () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (octets) => {
      m.u8.set(octets, 64);
      assert.equal(swap(sumOctets(m, 64, octets.length, 0)), naiveSum(octets));
    }),
    { ...options, numRuns: 500 },
  );
});

test('CKS-1 CKS-4 an incremental update is the sum computed anew, for finished and partial fields', () => {
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 4, maxLength: 4 }),
      fc.array(half, { minLength: 4, maxLength: 4 }),
      word,
      half,
      (words, halves, address, port) => {
        // A header is never all zeros: it has a version, a port has a value.
        words[3] = words[3]! | 0x45;
        const before = full(words, halves);
        const delta = fold(delta32(words[0]!, address) + delta16(halves[0]!, port));
        const after = full([address, ...words.slice(1)], [port, ...halves.slice(1)]);
        assert.equal(moveFinished(before, delta), after);
        assert.equal(moveFinished(after, negate(delta)), before, 'and back');
        const partialBefore = fold((words[0]! & 0xffff) + (words[0]! >>> 16) + 17);
        const partialAfter = fold((address & 0xffff) + (address >>> 16) + 17);
        assert.equal(movePartial(partialBefore, delta32(words[0]!, address)) % 0xffff, partialAfter % 0xffff);
      },
    ),
    options,
  );
});

test('CKS-1 equation 3 of RFC 1624, not 2 of RFC 1141: a sum that becomes 0000 is not ffff', () => {
  assert.equal(swap(moveFinished(swap(0xdd2f), delta16(swap(0x5555), swap(0x3285)))), 0x0000);
});

test('CKS-4 the TTL constant takes one from the TTL whatever protocol stands beside it', () => {
  for (let ttl = 2; ttl < 256; ttl++) {
    for (const protocol of [1, 6, 17, 255]) {
      const before = full([0x45, 7, ttl | (protocol << 8), 9], []);
      const after = full([0x45, 7, (ttl - 1) | (protocol << 8), 9], []);
      assert.equal(moveFinished(before, TTL_DELTA), after);
    }
  }
});

test('the pseudo header sums as written out', () => {
  fc.assert(
    fc.property(word, word, fc.constantFrom(1, 6, 17), half, (source, destination, protocol, length) => {
      m.i32[16] = source;
      m.i32[17] = destination;
      m.u8.set([0, protocol, length >> 8, length & 0xff], 72);
      assert.equal(pseudoHeaderSum(source, destination, protocol, length), sumOctets(m, 64, 12, 0));
    }),
    options,
  );
});
