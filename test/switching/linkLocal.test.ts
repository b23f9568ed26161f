import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAC, sample } from '../support/dvrSample.js';
import { FabricWorld } from '../support/fabric.js';
import { ALL_NODES, ALL_NODES_MAC, frame6, linkLocalOf, neighbor6 } from '../support/ipv6.js';

const STRANGER = '02:00:00:00:00:99';
const HOST_MAC = 'fa:16:3f:4e:4f:98';

/** A duplicate address test for `from`, or out of it; nobody may hear of it. */
function expectDrop(from: string, src: string, reason: string, octets?: number): void {
  const to = { from, to: ALL_NODES };
  const frame = frame6({ src, dst: ALL_NODES_MAC, ...to, next: 58, payload: neighbor6(135, to, from) });
  const w = new FabricWorld(sample);
  w.send('h1', 'a1', frame.subarray(0, octets));
  assert.equal(w.on('h1').count(reason), 1, reason);
  assert.deepEqual([w.on('h1').got('a3'), w.on('h1').got('b1'), w.take()], [[], [], []]);
  w.check();
}

describe('what devices say of themselves over IPv6 (dvr.md 2.13)', () => {
  it('with a MAC they came up with, its address, or one that was drawn, is no spoofing', () => {
    const old = linkLocalOf(STRANGER);
    const drawn = 'fe80::6d66:41f6:6acb:abc4';
    for (const from of ['::', old, drawn]) expectDrop(from, STRANGER, 'ipv6_link_local');
    for (const from of [old, drawn]) expectDrop(from, MAC.a1, 'ipv6_link_local');
  });

  it('with the MAC or the address of somebody else it is', () => {
    for (const src of [MAC.a2, MAC.a3]) expectDrop('::', src, 'spoof_mac');
    expectDrop('::', MAC.gA, 'infrastructure_mac');
    for (const from of [linkLocalOf(MAC.a2), 'fd00::11']) expectDrop(from, STRANGER, 'spoof_mac');
    for (const taken of [MAC.a2, MAC.gA, MAC.gB, HOST_MAC]) expectDrop(linkLocalOf(taken), MAC.a1, 'spoof_ip');
    expectDrop('::', STRANGER, 'spoof_mac', 53);
  });
});
