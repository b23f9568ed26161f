import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IfaceConfig } from '../../src/config/config.js';
import { lacksOf, offloadsOf } from '../../src/control/offloads.js';
import type { OpenedIface } from '../../src/io/addon.js';
import { Lacks } from '../../src/shared/offloads.js';

const TAP = { kind: 'tap', offloads: true, sendOffloads: true, coalesce: true } as IfaceConfig;
const PACKET = { ...TAP, kind: 'packet' } as IfaceConfig;
const opened = (offloadBits: number): OpenedIface => ({ offloadBits }) as OpenedIface;
const [TCP, ALL] = [0x0f, 0x6f];

test('what a TAP takes is what the kernel accepted; without receive offloads and for packet sockets its version says', () => {
  assert.equal(lacksOf(TAP, opened(ALL), '5.10.0'), 0);
  assert.equal(lacksOf(TAP, opened(TCP), '6.18.0'), Lacks.Uso);
  for (const [release, lacks] of [
    ['6.2.0-rc1', 0],
    ['6.18.5-amd64', 0],
    ['7.0.1', 0],
    ['6.1.0-18', Lacks.Uso],
    ['5.19.0', Lacks.Uso],
  ] as const) {
    assert.equal(lacksOf(PACKET, opened(0), release), lacks, release);
    assert.equal(lacksOf({ ...TAP, offloads: false }, opened(0), release), lacks, release);
  }
});

test('sendOffloads: false sends nothing that is left to the device; offloads: false is about what comes in', () => {
  assert.equal(lacksOf({ ...TAP, sendOffloads: false }, opened(ALL), '6.18.0'), Lacks.All);
  assert.deepEqual(offloadsOf({ ...TAP, sendOffloads: false }, opened(ALL), '6.18.0'), {
    rx: ['csum', 'tso', 'uso'],
    tx: [],
    coalesce: false,
  });
  assert.deepEqual(offloadsOf({ ...TAP, offloads: false }, opened(0), '6.18.0'), {
    rx: [],
    tx: ['csum', 'tso', 'uso'],
    coalesce: true,
  });
  assert.deepEqual(offloadsOf(PACKET, opened(0), '6.1.0'), { rx: ['csum', 'tso'], tx: ['csum', 'tso'], coalesce: true });
});
