import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { applyTo, drainIn, removeFrom } from '../../../../src/control/dvr/mirror/objectOperations.js';
import { readObjects, type Standing } from '../../../../src/objects/load.js';
import { EmbeddedStore } from '../../../../src/store/embedded.js';
import { alivePut, type Boot } from '../../../../src/store/presence.js';
import { externalText, router } from '../../../objects/externalSample.js';
import { objectsText } from '../../../objects/sample.js';

test('hosts that go while they run are warned of, also by a dry run; those that leave or are away are not; one that runs is deleted by force only', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'windrose-operations-'));
  const store = await EmbeddedStore.open(directory);
  const apply = (hosts: string, dryRun: boolean) =>
    applyTo(store, { file: 'o.yaml', dryRun, sure: true }, (standing) => readObjects(objectsText({ hosts }), 'o.yaml', standing));
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

test('a host that runs with another tunnel endpoint than it is given is warned of, when it is new or gets another one', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'windrose-operations-'));
  const store = await EmbeddedStore.open(directory);
  const apply = async (one: string, two: string, dryRun = false) => {
    const hosts = `hosts: [{ name: h1${one} }, { name: h2${two} }, { name: h3, vtep: 192.0.2.3 }]`;
    const read = (standing: Standing) => readObjects(objectsText({ hosts }), 'o.yaml', standing);
    return (await applyTo(store, { file: 'o.yaml', dryRun }, read)).warnings;
  };
  const said = (runs: string, told: string): string =>
    `host h2 runs with the vtep ${runs}, and the objects say ${told}: no tunnel leads to it or from it until both are one; set host.vtep.address in its configuration and restart it, or write vtep: ${runs}`;
  try {
    const { id } = await store.grant(30);
    const boot: Boot = { bootId: 'b', since: 1, version: '1', process: 'p', leaving: false };
    // h1 is of a version that does not say it; h3 is about to end.
    const puts = [
      alivePut('h1', boot, id),
      alivePut('h2', { ...boot, vtep: '192.0.2.2' }, id),
      alivePut('h3', { ...boot, vtep: '192.0.2.33', leaving: true }, id),
    ];
    await store.transact({ puts });
    assert.deepEqual(await apply(', vtep: 192.0.2.1', ', vtep: 192.0.2.7', true), [said('192.0.2.2', '192.0.2.7')]);
    assert.deepEqual(await apply(', vtep: 192.0.2.1', ', vtep: 192.0.2.2'), []);
    assert.deepEqual(await apply(', vtep: 192.0.2.9', ''), [said('192.0.2.2', 'none')]);
    assert.deepEqual(await apply('', ''), []);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
});

test('draining is refused where no other host may have a router, and with force warned of; of others nothing is said', async () => {
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
    const { ok, changes, refused, warnings } = await drainIn(store, { ...how, dryRun: false }, 'h2', true);
    assert.deepEqual([ok, changes, warnings], [false, [], []]);
    assert.match(refused.join('|'), /^no other host may have router r1: SNAT and .* would stop; let another .* or give --force$/);
    const forced = await drainIn(store, { ...how, force: true }, 'h2', true);
    assert.deepEqual([forced.ok, forced.stops], [true, ['r1']]);
    assert.deepEqual(forced.warnings, [
      'no other host may have router r1: what it has on one host at a time stops while h2 is draining',
    ]);
    assert.deepEqual((await drainIn(store, how, 'h2', false)).warnings, []);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
});
