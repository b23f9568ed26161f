import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arena, copyRecord, recordOctets } from '../../src/wire/memory.js';

test('a record is copied whole, and nothing beside it is touched', () => {
  const source = new Int32Array(4096).map((_, i) => i + 1);
  const octets = new Uint8Array(source.buffer);
  for (const length of [1, 42, 53, 54, 55, 60, 64, 117, 118, 119, 1514, 9014]) {
    const target = new Int32Array(4096);
    copyRecord(target, 48, source, 16, length);
    const first = 48 * 4 + Arena.Headroom;
    const copied = new Uint8Array(target.buffer).subarray(first, first + Arena.VirtioHeader + length);
    const from = 16 * 4 + Arena.Headroom;
    assert.deepEqual(copied, octets.subarray(from, from + Arena.VirtioHeader + length), `${length} octets`);
    const end = 48 + recordOctets(length) / 4;
    assert.ok(
      target.every((word, i) => word === 0 || (i >= first / 4 && i < end)),
      `${length} octets`,
    );
  }
});
