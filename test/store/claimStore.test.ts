import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Objects } from '../../src/objects/model.js';
import { claimsIn, putClaim } from '../../src/store/claimStore.js';
import { applyObjects, readStore } from '../../src/store/objectStore.js';
import { formatIpv4 } from '../../src/types/ipv4.js';
import { formatMac } from '../../src/types/mac.js';
import { ip, MAC, mac, prefix, sample } from '../support/dvrSample.js';
import { fresh } from './fresh.js';

const pair = { allowedPairs: [{ prefix: prefix('10.0.0.50/32'), mac: undefined }] };
const objects: Objects = {
  ...sample,
  lports: sample.lports.map((port) => (port.network === 'blue' ? { ...port, ...pair } : port)),
};
const claim = (port: string, own: string, host = 'h1') => ({
  ...{ network: 'blue', address: ip('10.0.0.50'), mac: mac(own), port, host },
});

test('the last claim of an address is kept, with how often it changed hands; the same one again changes nothing', async () => {
  const store = await fresh();
  await applyObjects(store, () => objects);
  assert.deepEqual(
    [
      await putClaim(store, claim('a1', MAC.a1)),
      await putClaim(store, claim('a1', MAC.a1)),
      await putClaim(store, claim('a3', MAC.a3)),
    ],
    [true, false, true],
  );
  const { claims, revision } = await readStore(store);
  assert.deepEqual(
    claims.map((one) => [one.network, formatIpv4(one.address), formatMac(one.mac), one.port, one.host, one.seq, one.revision]),
    [['blue', '10.0.0.50', MAC.a3, 'a3', 'h1', 2, revision]],
  );
});

test('two hosts claim an address at the same time: one is first, both are counted', async () => {
  const store = await fresh();
  await applyObjects(store, () => objects);
  await Promise.all([putClaim(store, claim('a1', MAC.a1)), putClaim(store, claim('a2', MAC.a2, 'h2'))]);
  const [one] = (await readStore(store)).claims;
  assert.equal(one!.seq, 2);
});

test('claims survive objects that let them, and go with their port', async () => {
  const store = await fresh();
  await applyObjects(store, () => objects);
  await putClaim(store, claim('a3', MAC.a3));
  await applyObjects(store, (before) => ({ ...before, networks: before.networks.map((one) => ({ ...one, mtu: 1300 })) }));
  assert.equal((await readStore(store)).claims.length, 1);
  await applyObjects(store, (before) => ({ ...before, lports: before.lports.filter(({ name }) => name !== 'a3') }));
  assert.equal((await readStore(store)).claims.length, 0);
});

test('what cannot be read is no claim', () => {
  const value = JSON.stringify({ mac: MAC.a1, port: 'a1', host: 'h1', seq: 1 });
  const keys = ['claim/blue/10.0.0.300', 'claim/blue/10.0.0.50', 'claim/blue/10.0.0.51', 'claim/blue/10.0.0.52'];
  const values = [value, '{', '{"mac":"x","port":"a1","host":"h1","seq":1}', value];
  const items = keys.map((key, i) => ({ key, value: values[i]!, modRevision: 1 }));
  assert.deepEqual(
    claimsIn(items).map(({ address }) => formatIpv4(address)),
    ['10.0.0.52'],
  );
});
