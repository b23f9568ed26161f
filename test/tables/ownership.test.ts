import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/tables/hash.js';
import { homeOf, ownerOf } from '../../src/tables/ownership.js';
import { portBlocksIn, portBlocksOctets } from '../../src/tables/portBlocks.js';
import { portForget, portRestore, portSettle } from '../../src/tables/portRecovery.js';
import { portRelease, portTake } from '../../src/tables/portTake.js';
import { wireIp } from '../support/octets.js';

test('every host has one home, and a subnet is spread over the workers', () => {
  for (const workers of [1, 2, 3, 5, 8, 16]) {
    const hosts = new Array<number>(workers).fill(0);
    for (let i = 0; i < 4096; i++) {
      const home = homeOf(wireIp(`10.0.${i >> 8}.${i & 255}`), workers);
      assert.ok(home >= 0 && home < workers);
      hosts[home]!++;
    }
    for (const count of hosts) assert.ok(count > (0.7 * 4096) / workers, `${hosts}`);
  }
});

test('the home is computed from the address in host order, as a program in the kernel would', () => {
  // The same in exact arithmetic.
  for (const address of ['10.0.0.5', '192.168.255.254', '1.1.1.1', '255.255.255.254']) {
    const host = address.split('.').reduce((sum, o) => sum * 256n + BigInt(o), 0n);
    const expected = Number((((host * 0x9e37_79b1n) & 0xffff_ffffn) >> 16n) % 7n);
    assert.equal(homeOf(wireIp(address), 7), expected);
  }
});

test('a port belongs to whoever claimed its block, and says who has room', () => {
  const ports = portBlocksIn(new SharedArrayBuffer(portBlocksOctets(1, 3)), 1, 3);
  ports.range.set([2000, 2015, 2000, 2015, 2000, 2015]);
  const random = new Random({ k0: 1, k1: 2 });
  const first = portTake(ports, 2, 0, random);
  assert.ok(first >= 2000 && first <= 2015);
  assert.equal(ownerOf(ports, 0, first), 2);
  assert.equal(ownerOf(ports, 0, 5000), -1);
  assert.equal(portTake(ports, 0, 0, random), -1, 'the only block is taken');
  const rest = Array.from({ length: 15 }, () => portTake(ports, 2, 0, random));
  assert.equal(new Set([first, ...rest]).size, 16);
  portRelease(ports, 2, 0, first);
  portForget(ports, 2);
  portSettle(ports, 2);
  assert.ok(portTake(ports, 1, 0, random) >= 2000, 'given back, anybody may claim it');
});

test('D10 nobody gets a block of a failed worker while its sessions are being found', () => {
  const ports = portBlocksIn(new SharedArrayBuffer(portBlocksOctets(1, 2)), 1, 2);
  ports.range.set([2048, 2175, 2048, 2175, 2048, 2175]);
  const random = new Random({ k0: 1, k1: 2 });
  const taken = Array.from({ length: 65 }, () => portTake(ports, 0, 0, random));
  portForget(ports, 0);
  assert.equal(portTake(ports, 1, 0, random), -1);
  assert.ok(portRestore(ports, 0, 0, taken[0]!));
  assert.ok(portRestore(ports, 0, 0, taken[0]!), 'two sessions share a port');
  assert.equal(portTake(ports, 1, 0, random), -1);
  portSettle(ports, 0);
  // The other block is anybody's now; a session that ended with the worker cannot have it back.
  const claimed = portTake(ports, 1, 0, random);
  assert.notEqual(claimed >> 6, taken[0]! >> 6);
  assert.equal(portRestore(ports, 0, 0, claimed), false);
  assert.equal(portRelease(ports, 0, 0, taken[0]!), false);
  assert.ok(portRelease(ports, 0, 0, taken[0]!));
  portRelease(ports, 1, 0, claimed);
  assert.ok(ports.owner.every((owner) => owner === 0) && ports.taken.every((word) => word === 0));
});

test('a pool whose blocks are all held is refused without a look at each of them', () => {
  const p = portBlocksIn(new SharedArrayBuffer(portBlocksOctets(1, 2)), 1, 2);
  p.range.set([1024, 65_535, 1024, 65_535, 1024, 65_535]);
  const random = new Random({ k0: 1, k1: 2 });
  const mine: number[] = [];
  for (let port = portTake(p, 0, 0, random); port >= 0; port = portTake(p, 0, 0, random)) mine.push(port);
  let looks = 0;
  const get = (bytes: Uint8Array, at: string | symbol): unknown => {
    looks++;
    return Reflect.get(bytes, at);
  };
  const owner = new Proxy(p.owner, { get });
  assert.equal(portTake({ ...p, owner }, 1, 0, random), -1);
  assert.equal(looks, 0);
  const block = mine[0]! >> 6;
  for (const port of mine) if (port >> 6 === block) portRelease(p, 0, 0, port);
  assert.equal(portTake(p, 1, 0, random) >> 6, block, 'one given back is found at once');
});
