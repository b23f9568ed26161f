import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frameMemoryIn } from '../../src/wire/memory.js';
import { lowerMss } from '../../src/wire/mss.js';
import { checksumFault, decode } from '../support/decode.js';
import { eth, ipv4, packet, tcp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { partial } from '../support/virtio.js';

const ends = { src: '10.0.0.5', dst: '198.51.100.7' };

/** The SYN with these options after its MSS was lowered to `most`. */
function lowered(options: readonly number[], most: number, isPartial = false): Uint8Array {
  const frame = packet(
    eth({}),
    ipv4(ends),
    tcp({ flags: 'S', options, ...(isPartial ? { checksum: 'partial' as const } : {}) }),
    'data',
  );
  const m = frameMemoryIn(new SharedArrayBuffer(512));
  m.u8.set(frame, 2);
  lowerMss(m, 2 + 14 + 20, most, isPartial);
  return m.u8.slice(2, 2 + frame.length);
}

/** [what, options, options afterwards with MSS 1000] */
const cases: readonly (readonly [string, readonly number[], readonly number[]])[] = [
  ['alone', [2, 4, 5, 180], [2, 4, 3, 232]],
  ['at an odd offset', [1, 2, 4, 5, 180, 1, 1, 0], [1, 2, 4, 3, 232, 1, 1, 0]],
  ['after two no-operations', [1, 1, 2, 4, 5, 180, 4, 2], [1, 1, 2, 4, 3, 232, 4, 2]],
  ['after an option of odd length', [3, 3, 7, 2, 4, 5, 180, 0], [3, 3, 7, 2, 4, 3, 232, 0]],
  ['at the very end', [4, 2, 3, 3, 9, 1, 1, 1, 2, 4, 255, 255], [4, 2, 3, 3, 9, 1, 1, 1, 2, 4, 3, 232]],
  ['twice', [2, 4, 5, 180, 2, 4, 5, 181], [2, 4, 3, 232, 2, 4, 3, 232]],
  ['one more than allowed', [2, 4, 3, 233], [2, 4, 3, 232]],
  ['exactly what is allowed', [2, 4, 3, 232], [2, 4, 3, 232]],
  ['smaller: never raised', [2, 4, 2, 24], [2, 4, 2, 24]],
  ['zero', [2, 4, 0, 0], [2, 4, 0, 0]],
  ['absent: never added', [4, 2, 3, 3, 9, 1, 1, 1], [4, 2, 3, 3, 9, 1, 1, 1]],
  ['no options', [], []],
  ['behind the end of the list', [0, 0, 0, 0, 2, 4, 5, 180], [0, 0, 0, 0, 2, 4, 5, 180]],
  ['bytes of another option that look like it', [253, 6, 2, 4, 5, 180, 1, 1], [253, 6, 2, 4, 5, 180, 1, 1]],
  ['malformed: length 0', [2, 4, 5, 180, 8, 0, 1, 1], [2, 4, 5, 180, 8, 0, 1, 1]],
  ['malformed: length 1', [2, 4, 5, 180, 8, 1, 1, 1], [2, 4, 5, 180, 8, 1, 1, 1]],
  ['malformed: beyond the header', [2, 4, 5, 180, 1, 1, 8, 10], [2, 4, 5, 180, 1, 1, 8, 10]],
  ['malformed: no room for a length', [2, 4, 5, 180, 1, 1, 1, 8], [2, 4, 5, 180, 1, 1, 1, 8]],
  ['malformed: an MSS of three octets', [2, 3, 5, 1], [2, 3, 5, 1]],
  ['malformed: an MSS of five octets', [2, 5, 5, 180, 1, 1, 1, 1], [2, 5, 5, 180, 1, 1, 1, 1]],
];

for (const [what, before, after] of cases) {
  test(`TCP-13 OFF-13 MSS ${what}`, () => {
    for (const isPartial of [false, true]) {
      const frame = lowered(before, 1000, isPartial);
      assert.deepEqual(decode(frame).tcp!.options, after);
      assert.equal(checksumFault(frame, isPartial ? partial(34, 16) : undefined), undefined);
    }
  });
}

test('TCP-13 CKS-5 checksums hold for every value and place, tried at random', () => {
  const dice = new Dice(13);
  for (let i = 0; i < 5000; i++) {
    const front = Array.from({ length: dice.below(9) }, () => 1);
    const was = dice.below(65_536);
    const most = dice.below(65_536);
    const frame = lowered([...front, 2, 4, was >> 8, was & 255, ...front, ...front], most);
    const { options } = decode(frame).tcp!;
    assert.equal((options[front.length + 2]! << 8) | options[front.length + 3]!, Math.min(was, most));
    assert.equal(checksumFault(frame), undefined, `value ${was} lowered to ${most} behind ${front.length} octets`);
  }
});

test('TCP-13 any octets for options: nothing but an MSS value changes, checksums hold', () => {
  const dice = new Dice(14);
  let changed = 0;
  for (let i = 0; i < 20_000; i++) {
    const options = Array.from(dice.octets(4 * (1 + dice.below(10))), (o) => (dice.below(3) === 0 ? o : o % 6));
    const frame = lowered(options, 1);
    const after = decode(frame).tcp!.options;
    assert.equal(checksumFault(frame), undefined);
    for (let at = 0; at < options.length; at++) {
      if (after[at] === options[at]) continue;
      changed++;
      const value = options[at - 2] === 2 && options[at - 1] === 4 ? at : at - 1;
      assert.deepEqual([options[value - 2], options[value - 1], after[value], after[value + 1]], [2, 4, 0, 1]);
    }
  }
  assert.ok(changed > 100, `only ${changed} octets changed`);
});
