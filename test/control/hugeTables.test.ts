import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hugeTables } from '../../src/control/hugeTables.js';
import type { Addon } from '../../src/io/addon.js';
import { allocateState } from '../../src/tables/state.js';

const state = allocateState({ workers: 2, sessions: 64, neighbors: 64, addresses: 1, hosts: 64 }, { k0: 1, k1: 2 });

/** An addon whose kernel answers so, and the memory it is asked about. */
function kernel(...answers: boolean[]): { addon: Addon; asked: ArrayBufferLike[] } {
  const asked: ArrayBufferLike[] = [];
  const hugePages = (memory: Uint8Array): boolean => answers[asked.push(memory.buffer) - 1]!;
  return { addon: { hugePages } as unknown as Addon, asked };
}

test('the tables of sessions of all workers are asked for, and nothing else', () => {
  const { addon, asked } = kernel(true, true);
  assert.equal(hugeTables(addon, state), true);
  assert.deepEqual(asked, state.sessions);
});

test('what one worker does not get is told, and the others are asked for all the same', () => {
  const { addon, asked } = kernel(false, true);
  assert.equal(hugeTables(addon, state), false);
  assert.equal(asked.length, 2);
});
