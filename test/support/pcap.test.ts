import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPcap, writePcap } from './pcap.js';

test('what is written as a capture is read back; other files are refused', () => {
  const frames = [new Uint8Array([1, 2, 3]), new Uint8Array(1514).fill(7), new Uint8Array(0)];
  assert.deepEqual(readPcap(writePcap(frames)), frames);
  assert.throws(() => readPcap(new Uint8Array(24)), /not a pcap/);
  assert.throws(() => readPcap(writePcap(frames).slice(0, -10)), /cut short/);
});
