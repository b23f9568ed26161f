import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Objects } from '../../src/objects/model.js';
import { decode } from '../support/decode.js';
import { MAC } from '../support/dvrSample.js';
import { FabricWorld } from '../support/fabric.js';
import { arp, eth, ipv4, packet, udp } from '../support/layers.js';
import { SNAT_MAC, snatSample } from '../support/snatSample.js';

/** The same router on one host, as before there were distributed ones. */
const central: Objects = {
  ...snatSample,
  routers: snatSample.routers.map((router) => ({ ...router, distributed: false })),
  rifs: snatSample.rifs.map(({ snat: _, ...rif }) => rif),
};
const crossed = (w: FabricWorld): readonly unknown[][] =>
  w.take().map(({ kind, from, segment, octets }) => {
    const { eth: e, ipv4: p, arp: a } = decode(octets);
    return [kind, from, segment, e!.src, e!.dst, p?.src ?? a?.senderIp, p?.dst ?? a?.targetIp, p?.ttl];
  });

describe('a router that is not distributed (F81)', () => {
  it('F81 between networks: to the host that has it and on from there, with the MACs of its interfaces', () => {
    const w = new FabricWorld(central);
    const octets = packet(eth({ src: MAC.a2, dst: MAC.gA }), ipv4({ src: '10.0.0.12', dst: '20.0.0.21' }), udp({}));
    w.send('h2', 'a2', octets);
    assert.deepEqual(crossed(w), [
      ['vxlan', 'h2', 1001, MAC.a2, MAC.gA, '10.0.0.12', '20.0.0.21', 64],
      ['vxlan', 'n', 1002, MAC.gB, MAC.b1, '10.0.0.12', '20.0.0.21', 63],
    ]);
    assert.equal(decode(w.on('h1').got('b1')[0]!).eth!.src, MAC.gB);
    assert.deepEqual(w.on('h2').view.routers, []);
    w.check();
  });

  it('F81 a guest asks for its gateway: answered at its own host, with the MAC that is elsewhere', () => {
    const w = new FabricWorld(central);
    const asks = arp({ op: 1, senderMac: MAC.a2, senderIp: '10.0.0.12', targetIp: '10.0.0.1' });
    w.send('h2', 'a2', packet(eth({ src: MAC.a2, dst: 'ff:ff:ff:ff:ff:ff' }), asks));
    assert.deepEqual(w.take(), []);
    assert.equal(decode(w.on('h2').got('a2')[0]!).arp!.senderMac, MAC.gA);
    w.check();
  });

  it('F81 out by its gateway: translated there, without a host between', () => {
    const w = new FabricWorld(central);
    const octets = packet(eth({ src: MAC.a2, dst: MAC.gA }), ipv4({ src: '10.0.0.12', dst: '8.8.8.8' }), udp({}));
    w.send('h2', 'a2', octets);
    assert.deepEqual(crossed(w), [
      ['vxlan', 'h2', 1001, MAC.a2, MAC.gA, '10.0.0.12', '8.8.8.8', 64],
      ['wire', 'n', 0, SNAT_MAC.q, 'ff:ff:ff:ff:ff:ff', '192.168.1.21', '192.168.1.1', undefined],
    ]);
    w.check();
  });

  it('F81 from one to the other and back: guests, MACs and addresses stay', () => {
    const w = new FabricWorld(snatSample);
    const routed = (): readonly unknown[][] => {
      const octets = packet(eth({ src: MAC.a2, dst: MAC.gA }), ipv4({ src: '10.0.0.12', dst: '20.0.0.21' }), udp({}));
      w.send('h2', 'a2', octets);
      return crossed(w).map(([, from, segment, source]) => [from, segment, source]);
    };
    const replicated = [['h2', 1002, MAC.d2]];
    assert.deepEqual(routed(), replicated);
    w.use({ ...snatSample, routers: snatSample.routers.map((router) => ({ ...router, adminUp: false })) });
    for (const host of w.hosts.values()) host.advance(31_000);
    w.use({ ...snatSample, routers: snatSample.routers.map((router) => ({ ...router, adminUp: false })) });
    assert.deepEqual(routed(), []);
    w.use(central);
    assert.deepEqual(routed(), [
      ['h2', 1001, MAC.a2],
      ['n', 1002, MAC.gB],
    ]);
    w.use(snatSample);
    assert.deepEqual(routed(), replicated);
    w.check();
  });
});
