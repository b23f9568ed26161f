import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NetworkObject, Objects } from '../../src/objects/model.js';
import { decode } from '../support/decode.js';
import { ip, MAC, mac, prefix, rif, sample } from '../support/dvrSample.js';
import { FabricWorld } from '../support/fabric.js';
import { arp, eth, ipv4, packet, udp, vlan } from '../support/layers.js';

/** Faults of other routers in the field (dvr.md 7, docs/pitfalls.md), each as it would show here. */

const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const KINDS: readonly Partial<NetworkObject>[] = [
  { type: 'vxlan', id: 7 },
  { type: 'gre', id: 7 },
  { type: 'vlan', id: 7, physnet: 'physnet1' },
  { type: 'flat', id: 0, physnet: 'physnet1' },
];
const withOrange = (change: Partial<NetworkObject>): Objects => ({
  ...sample,
  networks: sample.networks.map((one) => (one.name === 'orange' ? { ...one, ...change } : one)),
});
const udpOf = (src: string, dst: string, from: string, to: string) =>
  packet(eth({ src, dst }), ipv4({ src: from, dst: to }), udp({}));
const asks = (src: string, from: string, target: string) =>
  packet(eth({ src, dst: BROADCAST }), arp({ op: 1, senderMac: src, senderIp: from, targetIp: target }));

/** A second interface of the same router on orange's own second subnet. */
const SECOND = 'fa:16:3e:00:00:21';
const twoRifs: Objects = {
  ...sample,
  subnets: [...sample.subnets, { name: 'more4', network: 'orange', cidr: prefix('20.0.1.0/24'), gateway: ip('20.0.1.1') }],
  rifs: [...sample.rifs, rif('qr-more', 'r', 'more4', SECOND, '20.0.1.1')],
};

describe('pitfalls of distributed routers', () => {
  it('pitfall 1: a host that knows nothing yet lets nothing in from the fabric and nothing out', () => {
    const empty: Objects = { ...sample, networks: [], subnets: [], lports: [], routers: [], rifs: [] };
    const w = new FabricWorld(empty);
    for (const kind of ['vxlan', 'gre'] as const) {
      const octets = udpOf(MAC.a2, BROADCAST, '10.0.0.12', '10.0.0.255');
      w.on('h1').arrive({ kind, from: 'h2', to: '192.0.2.1', segment: 1001, octets }, ip('192.0.2.2'));
    }
    w.settle();
    assert.deepEqual([w.on('h1').count('network_unknown'), w.take()], [2, []]);
    w.check();
  });

  it('a physical network that no network of this host uses is nothing to worry about; another VLAN on one that is used is', () => {
    const wire = (to: FabricWorld): void => {
      const octets = udpOf(MAC.a2, BROADCAST, '10.0.0.12', '10.0.0.255');
      to.on('h1').arrive({ kind: 'wire', from: 'h2', to: 'physnet1', segment: 0, octets }, 0);
      to.settle();
      to.check();
    };
    const unused = new FabricWorld(sample);
    wire(unused);
    assert.deepEqual([unused.on('h1').count('physnet_unused'), unused.on('h1').got('a1'), unused.take()], [1, [], []]);
    const used = new FabricWorld(withOrange({ type: 'vlan', id: 7, physnet: 'physnet1' }));
    wire(used);
    assert.deepEqual([used.on('h1').count('physnet_unused'), used.on('h1').count('network_unknown')], [0, 1]);
  });

  it("pitfall 4: the address of an interface that is nobody's gateway is asked for on this host only, on every kind of network", () => {
    for (const kind of KINDS) {
      const base = withOrange(kind);
      const w = new FabricWorld({
        ...base,
        subnets: base.subnets.map((one) => (one.name === 'orange4' ? { ...one, gateway: ip('20.0.0.254') } : one)),
      });
      w.send('h1', 'b1', asks(MAC.b1, '20.0.0.21', '20.0.0.1'));
      assert.equal(decode(w.on('h1').got('b1')[0]!).arp!.senderMac, MAC.gB);
      assert.deepEqual([w.take(), w.on('h2').got('b2')], [[], []], kind.type);
      w.check();
    }
  });

  it('pitfall 5: a subnet without a gateway is routed all the same, and its guests see the interface they ask', () => {
    const w = new FabricWorld({ ...sample, subnets: sample.subnets.map((one) => ({ ...one, gateway: undefined })) });
    w.send('h1', 'a1', udpOf(MAC.a1, MAC.gA, '10.0.0.11', '20.0.0.22'));
    assert.equal(decode(w.take()[0]!.octets).eth!.src, MAC.d1);
    assert.equal(decode(w.on('h2').got('b2')[0]!).eth!.src, MAC.gB);
    w.check();
  });

  it('pitfall 6: without its second interface the network has its first one restored as before', () => {
    for (const objects of [twoRifs, sample]) {
      const w = new FabricWorld(objects);
      w.send('h1', 'a1', udpOf(MAC.a1, MAC.gA, '10.0.0.11', '20.0.0.22'));
      assert.equal(decode(w.on('h2').got('b2')[0]!).eth!.src, MAC.gB);
      w.check();
    }
  });

  it('pitfall 8: an answer to the host MAC reaches the interface that asked, whichever of several on the network', () => {
    for (const [address, gateway] of [
      ['20.0.0.77', MAC.gB],
      ['20.0.1.77', SECOND],
    ] as const) {
      const w = new FabricWorld({
        ...twoRifs,
        lports: twoRifs.lports.map((port) =>
          port.name === 'b2' ? { ...port, allowedPairs: [{ prefix: prefix('20.0.0.0/16'), mac: undefined }] } : port,
        ),
      });
      w.send('h1', 'a1', udpOf(MAC.a1, MAC.gA, '10.0.0.11', address));
      const asked = decode(w.on('h2').got('b2')[0]!).arp!;
      assert.equal(asked.senderMac, gateway);
      const reply = arp({ op: 2, senderMac: MAC.b2, senderIp: address, targetMac: gateway, targetIp: asked.senderIp });
      w.send('h2', 'b2', packet(eth({ src: MAC.b2, dst: gateway }), reply));
      assert.equal(decode(w.on('h2').got('b2').at(-1)!).ipv4!.dst, address, 'the datagram that waited has arrived');
      w.check();
    }
  });

  it('pitfall 11: a routed frame to the MAC of a pair gets the gateway back as its source', () => {
    const own = '02:00:00:00:00:50';
    const pair = [{ prefix: prefix('20.0.0.50/32'), mac: mac(own) }];
    const objects: Objects = {
      ...sample,
      lports: sample.lports.map((port) => (port.name === 'b2' ? { ...port, allowedPairs: pair } : port)),
    };
    const w = new FabricWorld(objects);
    const octets = udpOf(MAC.d1, own, '10.0.0.11', '20.0.0.50');
    w.on('h2').arrive({ kind: 'vxlan', from: 'h1', to: '192.0.2.2', segment: 1002, octets }, ip('192.0.2.1'));
    w.settle();
    const [got] = w.on('h2').got('b2').map(decode);
    assert.deepEqual([got!.eth!.src, got!.eth!.dst], [MAC.gB, own]);
    w.check();
  });

  it('pitfalls 3 18 49: the same rules on every kind of network: one copy, no MAC of an interface on the fabric', () => {
    for (const kind of KINDS) {
      const w = new FabricWorld(withOrange(kind));
      w.send('h1', 'a1', udpOf(MAC.a1, MAC.gA, '10.0.0.11', '20.0.0.22'));
      const crossed = w.take();
      assert.deepEqual(
        crossed.map(({ octets }) => decode(octets).eth!.src),
        [MAC.d1],
        kind.type,
      );
      assert.equal(w.on('h2').got('b2').length, 1);
      // Back comes what a replica without its rules might send: to the MAC of the interface.
      const tag = kind.type === 'vlan' ? [vlan({ id: 7 })] : [];
      const octets = packet(eth({ src: MAC.b1, dst: MAC.gB }), ...tag, ipv4({ src: '20.0.0.21', dst: '10.0.0.12' }), udp({}));
      w.on('h2').arrive({ ...crossed[0]!, octets }, ip('192.0.2.1'));
      w.settle();
      assert.deepEqual([w.on('h2').count('rif_dst_from_fabric'), w.on('h2').got('a2')], [1, []], kind.type);
      w.check();
    }
  });

  it('pitfall 58: a question of a router never leaves with its own MAC, wherever it is asked', () => {
    for (const kind of KINDS) {
      const w = new FabricWorld(withOrange(kind));
      w.send('h1', 'a1', udpOf(MAC.a1, MAC.gA, '10.0.0.11', '20.0.0.99'));
      const crossed = w.take();
      assert.equal(crossed.length, 1);
      for (const { octets } of crossed) {
        const { eth: head, arp: asked } = decode(octets);
        assert.deepEqual([head!.src, asked!.senderMac, asked!.senderIp], [MAC.d1, MAC.d1, '20.0.0.1'], kind.type);
      }
      w.check();
    }
  });
});
