import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { type FrameMemory, frameMemoryIn, makeArena } from '../../src/wire/memory.js';

/** Where this very module lies. */
const MEMORY = new URL('../../src/wire/memory.js', import.meta.url).href;
const SIZE = 70_000;
const octets = Uint8Array.from({ length: SIZE }, (_, i) => (i * 2_654_435_761) >>> 23);

/** RFC 1071, word by word. */
function slowSum(at: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += octets[at + i]! << ((i & 1) * 8);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65_536);
  return sum;
}

function loaded(m: FrameMemory): FrameMemory {
  m.u8.set(octets);
  return m;
}

const memories: [string, FrameMemory][] = [
  ['vector instructions', loaded(frameMemoryIn(makeArena()))],
  ['JavaScript', loaded(frameMemoryIn(new SharedArrayBuffer(SIZE)))],
];

test('an arena is WebAssembly memory here, so that the one set of loops is not the other', () => {
  assert.ok(!(makeArena() instanceof SharedArrayBuffer));
});

test('where addresses are limited the arena is an ordinary buffer, and that is said', () => {
  const ask = `const { makeArena, frameMemoryIn, vectorsRefused } = await import('${MEMORY}');
    const arena = makeArena();
    console.log(arena instanceof SharedArrayBuffer, frameMemoryIn(arena).loops.sum(0, 100), vectorsRefused());`;
  const said = (limit: string) =>
    execFileSync('sh', ['-c', `${limit} exec "$0" --input-type=module -e "$1"`, process.execPath, ask], { encoding: 'utf8' });
  assert.match(said('ulimit -v 8000000;'), /^true 0 .*could not allocate memory\n$/);
  assert.equal(said(''), 'false 0 \n');
});

for (const [name, m] of memories) {
  describe(`loops in ${name}`, () => {
    test('sum every length around their steps, and the largest, from any even place', () => {
      for (const length of [...Array(130).keys(), 1398, 1399, 65_534, 65_535])
        for (const at of [0, 2, 66, 74, 1024, 3002])
          assert.equal(m.loops.sum(at, length), slowSum(at, length), `${length} octets at ${at}`);
    });

    test('sum all ones without losing a carry', () => {
      m.u8.fill(0xff, 0, 65_535);
      assert.equal(m.loops.sum(0, 65_534), 0xffff);
      assert.equal(m.loops.sum(0, 65_535), 0xff);
      loaded(m);
    });

    test('copy what overlaps, both ways', () => {
      for (const [to, from] of [
        [100, 174],
        [174, 100],
        [100, 101],
        [3, 5000],
      ] as const) {
        m.loops.copy(to, from, 1398);
        assert.deepEqual(m.u8.subarray(to, to + 1398), octets.subarray(from, from + 1398));
        loaded(m);
      }
    });
  });
}
