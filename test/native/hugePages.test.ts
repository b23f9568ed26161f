import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { addonUnderTest } from './loadedAddon.js';

const addon = addonUnderTest();
const MIB = 1 << 20;
const skip = existsSync('/sys/kernel/mm/transparent_hugepage') ? false : 'this kernel has no huge pages';

/** KiB of this process's mappings that were asked to be of huge pages ("hg" of VmFlags, proc(5)). */
function askedFor(): number {
  let sum = 0;
  for (const mapping of readFileSync('/proc/self/smaps', 'utf8').split(/\n(?=[0-9a-f]+-)/))
    if (/^VmFlags:.* hg\b/m.test(mapping)) sum += Number(/^Size: +(\d+) kB/m.exec(mapping)![1]);
  return sum;
}

test('memory that takes huge pages is asked for them, all but the pieces at its ends; it works as before', { skip }, () => {
  const before = askedFor();
  const octets = new Uint8Array(new SharedArrayBuffer(16 * MIB));
  assert.equal(addon.hugePages(octets), true);
  const asked = (askedFor() - before) / 1024;
  assert.ok(asked >= 12 && asked <= 16, `${asked} MiB of 16`);
  for (let i = 0; i < octets.length; i += 4096) assert.equal(octets[i], 0);
  octets.fill(7);
  assert.ok(octets.every((octet) => octet === 7));
});

test('memory without room for a huge page is left alone', { skip }, () => {
  const before = askedFor();
  assert.equal(addon.hugePages(new Uint8Array(new SharedArrayBuffer(4096))), true);
  assert.equal(addon.hugePages(new Uint8Array(0)), true);
  assert.equal(askedFor(), before);
});

test('only octets are taken', () => {
  for (const wrong of [undefined, 1, new Int32Array(4), new SharedArrayBuffer(8), new DataView(new ArrayBuffer(8))])
    assert.throws(() => addon.hugePages(wrong as never), TypeError);
});
