import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arena, frameMemoryIn, recordOctets } from '../../src/wire/memory.js';
import { GsoType, VirtioFlag, virtioClear, virtioFlagsAndGso, virtioGsoSize } from '../../src/wire/virtioNet.js';
import { virtio } from '../support/virtio.js';

const m = frameMemoryIn(new SharedArrayBuffer(1024));

test('OFF-1 the header is read as the kernel writes it: 10 octets, host byte order', () => {
  const fields = {
    needsChecksum: true,
    dataValid: true,
    gso: 0x81,
    headerLength: 0x0102,
    gsoSize: 0x0304,
    start: 34,
    offset: 16,
  };
  m.u8.set(virtio(fields), Arena.FrameStart - Arena.VirtioHeader);
  assert.equal(
    virtioFlagsAndGso(m, Arena.FrameStart),
    VirtioFlag.NeedsChecksum | VirtioFlag.DataValid | ((GsoType.Tcp4 | GsoType.Ecn) << 8),
  );
  assert.equal(virtioGsoSize(m, Arena.FrameStart), 0x0304);
});

test('clearing leaves no octet of the header and touches none beside it', () => {
  m.u8.fill(0xff);
  virtioClear(m, Arena.FrameStart);
  const at = Arena.FrameStart - Arena.VirtioHeader;
  assert.ok(m.u8.every((octet, i) => octet === (i >= at && i < Arena.FrameStart ? 0 : 0xff)));
});

test('a frame is 2 (mod 4) in its record, so that IPv4 is aligned with and without a tag', () => {
  assert.equal(Arena.FrameStart % 4, 2);
  assert.equal(Arena.Align % 64, 0);
  for (const length of [0, 1, 54, 55, 118, 1514, Arena.MaxFrame]) {
    assert.equal(recordOctets(length) % Arena.Align, 0);
    assert.ok(recordOctets(length) >= Arena.FrameStart + length);
  }
});
