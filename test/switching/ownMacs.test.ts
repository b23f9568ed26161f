import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAC } from '../support/dvrSample.js';
import type { FabricWorld } from '../support/fabric.js';
import { fromUpstream } from '../support/floatingSample.js';
import {
  BROADCAST,
  crossed,
  exitMacOf,
  FIP,
  floatingWorld,
  from,
  guest,
  head,
  UPSTREAM,
  WORLD,
} from '../support/floatingWorld.js';
import { arp, eth, packet } from '../support/layers.js';
import { SNAT_MAC } from '../support/snatSample.js';

const FORGED = 'own_rif_mac_loop';
const OWN = 'h1';
const SERVICE = '192.168.1.21';

/** MAC, host and address of an exit, and of the SNAT service's interface outside. */
const ownMacs = (w: FabricWorld): readonly (readonly [string, string, string])[] => [
  [exitMacOf(w, OWN), OWN, FIP.a1],
  [SNAT_MAC.q, 'n', SERVICE],
];

describe('MACs of this host alone, heard from elsewhere (dvr.md 2.12)', () => {
  it('a frame from the physical network with one as source goes to nobody', () => {
    const w = floatingWorld();
    for (const [mac, host, to] of ownMacs(w))
      for (const dst of [mac, BROADCAST]) {
        const before = w.on(host).count(FORGED);
        fromUpstream(w, from({ mac, ip: WORLD }, dst, to));
        assert.equal(w.on(host).count(FORGED), before + 1, `${mac} to ${dst}`);
      }
    assert.deepEqual([w.on(OWN).got('a1'), crossed(w)], [[], []]);
    w.check();
  });

  it('ARP that says somebody else is at one teaches nothing, by question and answer, to all and to one', () => {
    const w = floatingWorld();
    for (const [mac, host, target] of ownMacs(w)) {
      const [sender, at] = host === OWN ? (['a1', OWN] as const) : (['a2', 'h2'] as const);
      const ways = (): unknown[] => {
        w.send(at, sender, from(guest(sender), MAC.gA, WORLD));
        return crossed(w).flatMap((one) => (one.from === `${host} wire` ? [head(one.octets)[1]] : []));
      };
      assert.deepEqual(ways(), [SNAT_MAC.u]);
      for (const source of ['02:00:00:00:00:99', mac])
        for (const dst of [BROADCAST, mac])
          for (const op of [1, 2] as const) {
            const before = w.on(host).count(FORGED);
            const ends = { senderMac: mac, senderIp: UPSTREAM, targetMac: mac, targetIp: target };
            const octets = packet(eth({ src: source, dst }), arp({ op, ...ends }));
            w.on(host).arrive({ kind: 'wire', from: 'u', to: 'physnet1', segment: 0, octets }, 0);
            w.settle();
            assert.equal(w.on(host).count(FORGED), before + 1, `${mac} from ${source} to ${dst} by ${op}`);
          }
      assert.deepEqual([w.take(), ways()], [[], [SNAT_MAC.u]], host);
    }
    w.check();
  });

  it('ARP whose source alone is one teaches nothing', () => {
    const w = floatingWorld();
    const mac = exitMacOf(w, OWN);
    const ends = { senderMac: '02:00:00:00:00:99', senderIp: UPSTREAM, targetIp: FIP.a1 };
    fromUpstream(w, packet(eth({ src: mac, dst: BROADCAST }), arp({ op: 1, ...ends })));
    assert.equal(w.on(OWN).count(FORGED), 1);
    w.check();
  });

  it('a service that another host says it has, with the same MAC, is a conflict of addresses as before', () => {
    const w = floatingWorld();
    for (const op of [1, 2] as const) {
      const before = w.on('n').count('arp_conflict');
      const claim = { senderMac: SNAT_MAC.q, senderIp: SERVICE, targetIp: SERVICE };
      fromUpstream(w, packet(eth({ src: SNAT_MAC.q, dst: BROADCAST }), arp({ op, ...claim })));
      assert.deepEqual([w.on('n').count('arp_conflict'), w.on('n').count(FORGED)], [before + 1, 0]);
    }
    w.check();
  });

  it('ARP about a MAC or an address of another host’s service or exit that is at somebody else’s teaches nothing either', () => {
    const w = floatingWorld();
    const other = '02:00:00:00:00:99';
    const [f1, f2] = [exitMacOf(w, 'h1'), exitMacOf(w, 'h2')] as const;
    const ways = (): unknown[] => {
      w.send('h1', 'a1', from(guest('a1'), MAC.gA, WORLD));
      return crossed(w).flatMap((one) => (one.from === 'h1 wire' ? [head(one.octets)[1]] : []));
    };
    const said = (senderMac: string, senderIp: string, op: 1 | 2, dst: string): [number, number] => {
      const before = [FORGED, 'arp_conflict'].map((reason) => w.on('h1').count(reason)) as [number, number];
      const octets = packet(eth({ src: senderMac, dst }), arp({ op, senderMac, senderIp, targetMac: f1, targetIp: FIP.a1 }));
      w.on('h1').arrive({ kind: 'wire', from: 'u', to: 'physnet1', segment: 0, octets }, 0);
      w.settle();
      return [w.on('h1').count(FORGED) - before[0], w.on('h1').count('arp_conflict') - before[1]];
    };
    for (const op of [1, 2] as const)
      for (const dst of [BROADCAST, f1]) {
        for (const mac of [SNAT_MAC.q, f2]) assert.deepEqual(said(mac, UPSTREAM, op, dst), [1, 0], `${mac} ${op} ${dst}`);
        for (const address of [SERVICE, FIP.b2])
          assert.deepEqual(said(other, address, op, dst), [0, 1], `${address} ${op} ${dst}`);
        // What is true, or was a moment ago, or will be.
        for (const [mac, address] of [
          [SNAT_MAC.q, SERVICE],
          [f2, FIP.b2],
          [SNAT_MAC.q, FIP.b2],
          [other, '192.168.1.50'],
        ] as const)
          assert.deepEqual(said(mac, address, op, dst), [0, 0], `${mac} ${address}`);
      }
    w.take();
    assert.deepEqual(ways(), [SNAT_MAC.u]);
    w.check();
  });

  it('other hosts take what the service sends, which is its own', () => {
    const w = floatingWorld();
    fromUpstream(w, from({ mac: SNAT_MAC.q, ip: SERVICE }, exitMacOf(w, OWN), FIP.a1));
    assert.deepEqual([w.on(OWN).got('a1').length, w.on(OWN).count(FORGED)], [1, 0]);
    w.check();
  });

  it('in the tunnel: a frame from the MAC that the service here has inside', () => {
    const w = floatingWorld();
    const octets = from({ mac: SNAT_MAC.sA, ip: WORLD }, SNAT_MAC.sA, WORLD);
    w.on('n').arrive({ kind: 'vxlan', from: 'h1', to: '192.0.2.3', segment: 1001, octets }, w.source('h1'));
    w.settle();
    assert.equal(w.on('n').count(FORGED), 1);
    w.check();
  });
});
