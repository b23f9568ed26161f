import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutObjects } from '../../src/objects/remove.js';
import { sample } from '../support/dvrSample.js';
import { migratingTo } from '../support/migrating.js';

test('a host that goes takes bindings and migrations to it along, and the port stays where it is', () => {
  const a1 = (host: string) =>
    withoutObjects(migratingTo(sample, 'a1', 'h2'), 'hosts', [host]).after.lports.find(({ name }) => name === 'a1')!;
  assert.deepEqual([a1('h2').host, a1('h2').migratingTo], ['h1', undefined]);
  assert.deepEqual([a1('h1').host, a1('h1').migratingTo], [undefined, undefined]);
  assert.deepEqual([a1('n').host, a1('n').migratingTo], ['h1', 'h2']);
});
