import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { placeAfter } from '../../src/control/reload/rotation.js';

/** Next address under `is`, after `sessions` sessions under `was`. */
function next(was: string, sessions: number, is: string): string | undefined {
  const place = placeAfter([...was], sessions, [...is]);
  return place === undefined ? undefined : is[place];
}

describe('ZON-5 the place in the rotation', () => {
  test('stays with the address that comes next, wherever it is now', () => {
    assert.equal(next('abc', 4, 'abc'), 'b');
    assert.equal(next('abc', 4, 'xabc'), 'b');
    assert.equal(next('abc', 4, 'cba'), 'b');
    assert.equal(next('ab', 1, 'abc'), 'b');
  });
  test('goes to the next one that is left when that address is gone', () => {
    assert.equal(next('abc', 4, 'ac'), 'c');
    assert.equal(next('abc', 5, 'ab'), 'a');
    assert.equal(next('abc', 4, 'a'), 'a');
  });
  test('is not moved when nothing is left, or nothing was there', () => {
    assert.equal(next('abc', 4, 'xyz'), undefined);
    assert.equal(next('', 4, 'xyz'), undefined);
  });
  test('is right beyond 2^31 sessions', () => assert.equal(next('abc', (2 ** 31 + 1) | 0, 'cab'), 'abc'[(2 ** 31 + 1) % 3]));
});
