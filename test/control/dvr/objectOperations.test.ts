import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { applyTo, drainIn, removeFrom } from '../../../src/control/dvr/objectOperations.js';
import { readObjects } from '../../../src/objects/load.js';
import { EmbeddedStore } from '../../../src/store/embedded.js';
import { alivePut, type Boot } from '../../../src/store/presence.js';
import { externalText, router } from '../../objects/externalSample.js';
import { objectsText } from '../../objects/sample.js';

test('hosts that go while they run are warned of, also by a dry run; those that leave or are away are not; one that runs is deleted by force only', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'windrose-operations-'));
  const store = await EmbeddedStore.open(directory);
  const apply = (hosts: string, dryRun: boolean) =>
    applyTo(store, { file: 'o.yaml', dryRun }, (standing) => readObjects(objectsText({ hosts }), 'o.yaml', standing));
  const four = 'hosts: [{ name: h1 }, { name: h2 }, { name: h3 }, { name: h4 }]';
  try {
    await apply(four, false);
    const { id } = await store.grant(30);
    const boot: Boot = { bootId: 'b', since: 1, version: '1', process: 'p', leaving: false };
    const puts = [alivePut('h1', boot, id), alivePut('h3', { ...boot, leaving: true }, id), alivePut('h4', boot, id)];
    await store.transact({ puts });
    const warning = ['host h4 runs; it will forward nothing of networks'];
    const two = 'hosts: [{ name: h1 }, { name: h2 }]';
    assert.deepEqual((await apply(two, true)).warnings, warning);
    assert.deepEqual((await apply(four, true)).warnings, []);
    const dry = { file: 'hosts', dryRun: true };
    const running =
      'host h4 runs, and its ports would be bound to no host; move them, drain it and stop its gateway first, or give --force';
    const remove = (...hosts: string[]) => removeFrom(store, dry, 'hosts', hosts);
    assert.deepEqual((await remove('h3', 'h4')).refused, [running]);
    assert.deepEqual([(await remove('h3')).ok, (await remove('h9')).refused], [true, ['there is no host h9']]);
    assert.deepEqual((await removeFrom(store, { ...dry, force: true }, 'hosts', ['h3', 'h4'])).warnings, warning);
    assert.deepEqual((await apply(two, false)).warnings, warning);
    assert.deepEqual((await apply(two, false)).warnings, []);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
});

test('draining warns of routers that no other host may have, and of no others', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'windrose-operations-'));
  const store = await EmbeddedStore.open(directory);
  const how = { file: 'hosts', dryRun: true };
  const apply = (hosts: string) =>
    applyTo(store, { file: 'o.yaml', dryRun: false }, (standing) =>
      readObjects(externalText({ hosts, ...router('{ network: ext }'), floatingIps: '' }), 'o.yaml', standing),
    );
  const snat = (name: string, i: number): string => `  - { name: ${name}, vtep: 192.0.2.${i}, mode: dvr_snat, physnets: [p] }\n`;
  try {
    assert.ok((await apply(`hosts:\n${snat('h1', 1)}${snat('h2', 2)}`)).ok);
    assert.deepEqual((await drainIn(store, how, 'h2', true)).warnings, []);
    assert.ok((await apply(`hosts:\n${snat('h2', 2)}  - { name: h1, vtep: 192.0.2.1, physnets: [p] }\n`)).ok);
    assert.deepEqual((await drainIn(store, how, 'h2', true)).warnings, [
      'no other host may have router r1: what it has on one host at a time stops while h2 is draining',
    ]);
    assert.deepEqual((await drainIn(store, how, 'h2', false)).warnings, []);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
});
