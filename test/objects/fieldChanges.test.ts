import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldChanges } from '../../src/objects/fieldChanges.js';

const pair = (mac: string) => ({ address: '10.0.0.50/32', mac });

test('elements of a list that share what they are known by are told apart by all they say', () => {
  const [one, two, other] = [pair('02:00:00:00:00:01'), pair('02:00:00:00:00:02'), pair('02:00:00:00:00:99')];
  assert.deepEqual(fieldChanges({ pairs: [one, two] }, { pairs: [one, other] }), [
    'pairs: - address 10.0.0.50/32 mac 02:00:00:00:00:02',
    'pairs: + address 10.0.0.50/32 mac 02:00:00:00:00:99',
  ]);
  assert.deepEqual(fieldChanges({ pairs: [one, two] }, { pairs: [two] }), [
    'pairs: - address 10.0.0.50/32 mac 02:00:00:00:00:01',
  ]);
  assert.deepEqual(fieldChanges({ pairs: [one] }, { pairs: [two] }), [
    'pairs[10.0.0.50/32].mac: 02:00:00:00:00:01 -> 02:00:00:00:00:02',
  ]);
  assert.deepEqual(fieldChanges({ pairs: [one, two] }, { pairs: [one, two] }), []);
});

test('two elements that are the same count as two', () => {
  const one = pair('02:00:00:00:00:01');
  assert.notDeepEqual(fieldChanges({ pairs: [one, one] }, { pairs: [one] }), []);
});
