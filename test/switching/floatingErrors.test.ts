import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Objects } from '../../src/objects/model.js';
import { checksumFault, decode, decodePacket } from '../support/decode.js';
import { ip, MAC } from '../support/dvrSample.js';
import { floatingSample, fromUpstream, withExternal } from '../support/floatingSample.js';
import { crossed, exitMacOf, FIP, FIXED, floatingWorld, from, guest, head, internet, WORLD } from '../support/floatingWorld.js';
import { cut, datagram } from '../support/fragments.js';
import { packetAt } from '../support/icmpErrors.js';
import { eth, icmp, ipv4, packet, tcp, udp } from '../support/layers.js';
import { reassemble } from '../support/reassemble.js';
import { SNAT_MAC } from '../support/snatSample.js';
import { partial, tso } from '../support/virtio.js';

const quoteIn = (octets: Uint8Array) => decodePacket(decode(octets).payload);
const ends = (d: ReturnType<typeof decode>) => [d.ipv4!.src, d.ipv4!.dst];

/** An error about `quoted`, a frame as its reporter saw it. */
function error(by: { mac: string; ip: string }, dst: string, to: string, quoted: Uint8Array, type = 3, code = 3): Uint8Array {
  return from(by, dst, to, {}, icmp({ type, code, id: 0, seq: 0 }), packetAt(quoted, 60));
}

/** All of the exit's host with an address of its own. */
function withOwnAddress(objects: Objects, address: string): Objects {
  const hosts = objects.hosts.map((host) => {
    return host.name === 'h1' ? { ...host, externalAddresses: [{ network: 'ext', address: ip(address) }] } : host;
  });
  return { ...objects, hosts };
}

describe('floating IPs: errors, sizes, checksums', () => {
  it('F50: an error from outside about what a guest sent: told to the guest, and of a packet that the guest knows', () => {
    for (const [type, code] of [
      [3, 3],
      [3, 4],
      [11, 0],
      [12, 0],
    ] as const) {
      const w = floatingWorld();
      w.send('h1', 'a1', from(guest('a1'), MAC.gA, WORLD, {}, tcp({ sport: 40, dport: 80, flags: 'S' })));
      const [sent] = crossed(w);
      fromUpstream(w, error({ mac: SNAT_MAC.u, ip: '4.4.4.4' }, exitMacOf(w, 'h1'), FIP.a1, sent!.octets, type, code));
      const [told] = w.on('h1').got('a1');
      assert.deepEqual(head(told!), [MAC.gA, MAC.a1, '4.4.4.4', FIXED.a1, 63]);
      const quote = quoteIn(told!);
      assert.deepEqual([ends(quote), quote.tcp!.sport], [[FIXED.a1, WORLD], 40]);
      assert.equal(checksumFault(told!), undefined);
      assert.equal(checksumFault(framed(decode(told!).payload)), undefined, 'what is quoted holds as well');
      w.check();
    }
  });

  it('F50: an error of a guest about what it got: from its floating IP, of a packet to it', () => {
    const w = floatingWorld();
    fromUpstream(w, from(internet, exitMacOf(w, 'h1'), FIP.a1));
    const [got] = w.on('h1').got('a1');
    w.send('h1', 'a1', error(guest('a1'), MAC.gA, WORLD, got!));
    const [out] = crossed(w);
    assert.deepEqual(head(out!.octets), [exitMacOf(w, 'h1'), SNAT_MAC.u, FIP.a1, WORLD, 63]);
    assert.deepEqual(ends(quoteIn(out!.octets)), [WORLD, FIP.a1]);
    assert.equal(checksumFault(out!.octets), undefined);
    assert.equal(checksumFault(framed(decode(out!.octets).payload)), undefined);
    w.check();
  });

  it('F50 2.8: an error between two floating IPs of a host is of the packet that its sender sent', () => {
    const w = floatingWorld();
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, FIP.a3));
    const [got] = w.on('h1').got('a3');
    w.send('h1', 'a3', error(guest('a3'), MAC.gA, FIP.a1, got!));
    const [told] = w.on('h1').got('a1');
    assert.deepEqual(head(told!), [MAC.gA, MAC.a1, FIP.a3, FIXED.a1, 63]);
    assert.deepEqual(ends(quoteIn(told!)), [FIXED.a1, FIP.a3]);
    assert.equal(checksumFault(told!), undefined);
    w.check();
  });

  it('2.14: TTL that ends on the way out is told by the gateway; on the way in by the floating IP, or the exit where it has an address', () => {
    for (const [objects, by] of [
      [floatingSample, FIP.a1],
      [withOwnAddress(floatingSample, '192.168.1.31'), '192.168.1.31'],
    ] as const) {
      const w = floatingWorld(objects);
      w.send('h1', 'a1', from(guest('a1'), MAC.gA, WORLD, { ttl: 1 }));
      const [out] = w.on('h1').got('a1');
      assert.deepEqual([head(out!).slice(2, 4), decode(out!).icmp!.type], [['10.0.0.1', FIXED.a1], 11]);
      fromUpstream(w, from(internet, exitMacOf(w, 'h1'), FIP.a1, { ttl: 1 }));
      const [told, ...more] = crossed(w);
      assert.deepEqual(head(told!.octets), [exitMacOf(w, 'h1'), SNAT_MAC.u, by, WORLD, 64]);
      assert.deepEqual([decode(told!.octets).icmp!.type, ends(quoteIn(told!.octets)), more], [11, [WORLD, FIP.a1], []]);
      assert.equal(w.on('h1').count('ttl_exceeded'), 2);
      w.check();
    }
  });

  it('2.14: an exit with an address answers an echo to it, to the outside and to a guest', () => {
    const w = floatingWorld(withOwnAddress(floatingSample, '192.168.1.31'));
    const echo = icmp({ type: 8, id: 5, seq: 1 });
    fromUpstream(w, from(internet, exitMacOf(w, 'h1'), '192.168.1.31', {}, echo));
    assert.deepEqual(
      crossed(w).map(({ octets }) => head(octets)),
      [[exitMacOf(w, 'h1'), SNAT_MAC.u, '192.168.1.31', WORLD, 64]],
    );
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, '192.168.1.31', {}, echo));
    assert.deepEqual(w.on('h1').got('a1').map(head), [[MAC.gA, MAC.a1, '192.168.1.31', FIXED.a1, 64]]);
    assert.deepEqual(crossed(w), []);
    w.check();
  });

  it('too big with DF: told with the MTU of the network that is next, quoting what the sender sent', () => {
    const w = floatingWorld(withExternal(floatingSample, { mtu: 1300 }));
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, WORLD, { df: true }, udp(), new Uint8Array(1400)));
    const [told] = w.on('h1').got('a1');
    const { icmp: said } = decode(told!);
    assert.deepEqual([head(told!).slice(2, 4), said!.type, said!.code, said!.mtu], [['10.0.0.1', FIXED.a1], 3, 4, 1300]);
    assert.deepEqual(ends(quoteIn(told!)), [FIXED.a1, WORLD]);
    const wide = floatingWorld();
    fromUpstream(wide, from(internet, exitMacOf(wide, 'h1'), FIP.a1, { df: true }, udp(), new Uint8Array(1460)));
    const [back] = crossed(wide);
    assert.deepEqual(head(back!.octets), [exitMacOf(wide, 'h1'), SNAT_MAC.u, FIP.a1, WORLD, 64]);
    assert.deepEqual([decode(back!.octets).icmp!.mtu, ends(quoteIn(back!.octets))], [1450, [WORLD, FIP.a1]]);
    for (const one of [w, wide]) one.check();
  });

  it('too big without DF: fragments that make the datagram again', () => {
    const w = floatingWorld(withExternal(floatingSample, { mtu: 700 }));
    const data = Uint8Array.from({ length: 1400 }, (_, i) => i);
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, WORLD, {}, udp({ sport: 1, dport: 2 }), data));
    const parts = crossed(w).map(({ octets }) => octets);
    assert.ok(parts.length === 3 && parts.every((one) => one.length <= 714));
    const made = whole(parts);
    assert.deepEqual([ends(decode(made)), checksumFault(made)], [[FIP.a1, WORLD], undefined]);
    w.check();
  });

  it('fragments pass each by itself, in both directions, in any order', () => {
    const w = floatingWorld();
    const data = Uint8Array.from({ length: 2500 }, (_, i) => i);
    const out = cut(datagram(eth({ src: MAC.a1, dst: MAC.gA }), { src: FIXED.a1, dst: WORLD, id: 9 }, udp(), data), 1000);
    for (const part of out.toReversed()) w.send('h1', 'a1', part);
    const sent = whole(crossed(w).map(({ octets }) => octets));
    assert.deepEqual([ends(decode(sent)), checksumFault(sent)], [[FIP.a1, WORLD], undefined]);
    const into = cut(
      datagram(eth({ src: SNAT_MAC.u, dst: exitMacOf(w, 'h1') }), { src: WORLD, dst: FIP.a1, id: 9 }, udp(), data),
      1000,
    );
    for (const part of into.toReversed()) fromUpstream(w, part);
    const got = whole(w.on('h1').got('a1').toReversed());
    assert.deepEqual([ends(decode(got)), checksumFault(got)], [[WORLD, FIXED.a1], undefined]);
    w.check();
  });

  it('checksums that are left to the device stay so, super-frames stay whole, UDP without one stays without', () => {
    const w = floatingWorld();
    const data = new Uint8Array(20_000).fill(3);
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, WORLD, {}, tcp({ checksum: 'partial' }), data), tso(1400));
    const [big] = crossed(w);
    assert.deepEqual([ends(decode(big!.octets)), big!.octets.length], [[FIP.a1, WORLD], 54 + data.length]);
    assert.equal(checksumFault(big!.octets, big!.virtio), undefined);
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, FIP.a3, {}, udp({ checksum: 'partial' })), partial(34, 6));
    const [turned] = w.on('h1').gotFrames('a3');
    assert.equal(checksumFault(turned!.octets, turned!.virtio), undefined);
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, WORLD, {}, udp({ checksum: 'none' })));
    assert.equal(decode(crossed(w)[0]!.octets).udp!.checksum, 0);
    w.check();
  });

  it('no way beyond the exit: the guest is told by its gateway', () => {
    const blind = floatingSample.subnets.map((one) => (one.name === 'ext4' ? { ...one, gateway: undefined } : one));
    const w = floatingWorld({ ...floatingSample, subnets: blind });
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, WORLD));
    const [told] = w.on('h1').got('a1');
    assert.deepEqual([head(told!).slice(2, 4), decode(told!).icmp!.code], [['10.0.0.1', FIXED.a1], 0]);
    assert.equal(w.on('h1').count('no_route'), 3, 'those that were to make the neighbour known, and this');
    w.check();
  });

  it('a neighbour that does not answer: the guest is told, of what it sent', () => {
    const w = floatingWorld();
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, '192.168.1.77'));
    for (let i = 0; i < 60; i++) {
      w.on('h1').advance(100);
      w.settle();
    }
    const [told] = w.on('h1').got('a1');
    assert.deepEqual([head(told!).slice(2, 4), decode(told!).icmp!.code], [['10.0.0.1', FIXED.a1], 1]);
    assert.deepEqual(ends(quoteIn(told!)), [FIXED.a1, '192.168.1.77']);
    w.check();
  });
});

/** A packet with an Ethernet header in front. */
function framed(ipv4Packet: Uint8Array): Uint8Array {
  return packet(eth({ type: 0x0800 }), ipv4Packet);
}

/** Fragments of a datagram, put together. */
function whole(frames: readonly Uint8Array[]): Uint8Array {
  const { src, dst } = decode(frames[0]!).ipv4!;
  return packet(eth(), ipv4({ src, dst, protocol: 17 }), reassemble(frames));
}
