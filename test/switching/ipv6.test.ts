import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Objects } from '../../src/objects/model.js';
import { TunnelSend } from '../../src/pipeline/tunnelList.js';
import { type Ipv6Prefix, parseIpv6Prefix } from '../../src/types/ipv6.js';
import { MAC, mac, prefix, sample } from '../support/dvrSample.js';
import { FabricWorld } from '../support/fabric.js';
import {
  ALL_NODES,
  ALL_NODES_MAC,
  decode6,
  type Ends6,
  extension,
  fragment6,
  frame6,
  icmp6,
  linkLocalOf,
  neighbor6,
  tcp6,
  udp6,
} from '../support/ipv6.js';
import { eth, ipv4, packet, udp } from '../support/layers.js';
import { joined } from '../support/octets.js';
import { partial, tso6, uso, virtio } from '../support/virtio.js';

const STRANGER = '02:00:00:00:00:99';
const prefix6 = (text: string) => (parseIpv6Prefix(text) as { value: Ipv6Prefix }).value;
const A1 = linkLocalOf(MAC.a1);
const A2 = linkLocalOf(MAC.a2);
const A3 = linkLocalOf(MAC.a3);
const open: Objects = {
  ...sample,
  lports: sample.lports.map((port) => (port.name === 'a1' ? { ...port, portSecurity: false } : port)),
};
const data = (octets: number) => Uint8Array.from({ length: octets }, (_, i) => i % 251);
const ends = (to: string, from = A1): Ends6 => ({ from, to });

/** A frame of a1 to a3: `payload` begins with `next`. */
function toA3(next: number, payload: Uint8Array, from = A1): Uint8Array {
  return frame6({ src: MAC.a1, dst: MAC.a3, from, to: A3, next, payload });
}

function toAll(next: number, payload: Uint8Array, from = A1): Uint8Array {
  return frame6({ src: MAC.a1, dst: ALL_NODES_MAC, from, to: ALL_NODES, next, payload });
}

function expectDrop(octets: Uint8Array, reason: string, objects: Objects = sample, header?: Uint8Array): void {
  const w = new FabricWorld(objects);
  w.send('h1', 'a1', octets, header);
  assert.equal(w.on('h1').count(reason), 1, reason);
  assert.deepEqual([w.on('h1').got('a3'), w.on('h1').got('b1'), w.take()], [[], [], []]);
  w.check();
}

function expectPass(octets: Uint8Array, objects: Objects = sample): void {
  const w = new FabricWorld(objects);
  w.send('h1', 'a1', octets);
  assert.deepEqual(w.on('h1').got('a3'), [octets]);
  w.check();
}

describe('offloads of IPv6 across hosts', () => {
  const across = (next: number, payload: Uint8Array, header: Uint8Array) => {
    const w = new FabricWorld(sample);
    w.send('h1', 'a1', frame6({ src: MAC.a1, dst: MAC.a2, from: A1, to: A2, next, payload }), header);
    const got = w.on('h2').got('a2').map(decode6);
    w.check();
    return got;
  };
  const left: Ends6 = { from: A1, to: A2, partial: true };

  it('a partial checksum is complete at the other end', () => {
    for (const octets of [0, 1, 1000]) {
      assert.ok(across(6, tcp6(left, data(octets)), partial(54, 16))[0]!.sumRight(6));
      assert.ok(across(17, udp6(left, data(octets)), partial(54, 6))[0]!.sumRight(17));
    }
    const behind = joined(extension(17), udp6(left, data(5)));
    assert.ok(across(60, behind, partial(62, 6))[0]!.sumRight(17, 8));
  });

  it('super-frames arrive as their segments', () => {
    const tcp = across(6, tcp6({ ...left, seq: 100 }, data(3000)), tso6(1380));
    assert.deepEqual(
      tcp.map((one) => [one.seq(), one.payloadLength - 20, one.sumRight(6)]),
      [
        [100, 1380, true],
        [1480, 1380, true],
        [2860, 240, true],
      ],
    );
    const udp = across(17, udp6(left, data(2500)), uso(1000, 54));
    assert.deepEqual(
      udp.map((one) => [one.payloadLength - 8, one.sumRight(17)]),
      [1000, 1000, 500].map((octets) => [octets, true]),
    );
  });

  it('flows of two guests have sockets of the tunnel of their own, and each keeps its own', () => {
    const socketOf = (sport: number, protocol: 6 | 17): number => {
      const w = new FabricWorld(sample);
      const l4 = protocol === 6 ? tcp6({ ...left, sport }, data(9)) : udp6({ ...left, sport }, data(9));
      const offset = protocol === 6 ? 16 : 6;
      w.send(
        'h1',
        'a1',
        frame6({ src: MAC.a1, dst: MAC.a2, from: A1, to: A2, next: protocol, payload: l4 }),
        partial(54, offset),
      );
      return w.on('h1').cx.tunnels[0]!.sends[TunnelSend.Socket]!;
    };
    for (const protocol of [6, 17] as const) {
      const sockets = new Set(Array.from({ length: 16 }, (_, i) => socketOf(20_000 + i, protocol)));
      assert.ok(sockets.size >= 6, `${sockets.size} sockets for 16 flows`);
      assert.equal(socketOf(20_000, protocol), socketOf(20_000, protocol));
    }
  });

  it('a header that lies about the packet is a counted drop, whatever it points at', () => {
    const tcp = tcp6({ ...ends(A3), partial: true }, data(3000));
    const lies: readonly [number, Uint8Array, Uint8Array][] = [
      [17, udp6(ends(A3), data(20)), partial(14, 6)],
      [17, udp6(ends(A3), data(20)), partial(54, 16)],
      [17, udp6(ends(A3), data(20)), virtio({ needsChecksum: true, start: 54, offset: 60_000 })],
      [58, neighbor6(136, ends(A3), A1), virtio({ needsChecksum: true, start: 22, offset: 6 })],
      [58, neighbor6(136, ends(A3), A1), partial(54, 6)],
      [44, joined(fragment6(17, 0, true), udp6(ends(A3), data(24))), partial(62, 6)],
      [6, tcp, virtio({ needsChecksum: true, gso: 1, headerLength: 74, gsoSize: 1380, start: 54, offset: 16 })],
      [6, tcp, tso6(47)],
      [6, tcp6({ ...ends(A3), partial: true, dataOffset: 15 }, data(8)), tso6(1380)],
      [6, tcp6({ ...ends(A3), partial: true, dataOffset: 4 }, data(80)), tso6(1380)],
      [17, udp6({ ...ends(A3), partial: true }, data(129)), uso(1, 54)],
    ];
    for (const [next, payload, header] of lies) expectDrop(toA3(next, payload), 'virtio_header', sample, header);
    expectDrop(joined(toA3(6, tcp), [0, 0]), 'virtio_header', sample, tso6(1380));
    expectDrop(toAll(6, tcp6({ ...ends(ALL_NODES), partial: true }, data(3000))), 'virtio_header', sample, tso6(1380));
  });
});

describe('who a port may say it is over IPv6 (dvr.md 2.11, 2.13)', () => {
  const solicit = neighbor6(135, ends(ALL_NODES), A3);

  it('its link-local address; none where a machine has none yet', () => {
    expectPass(toA3(17, udp6(ends(A3), data(9))));
    expectPass(toAll(58, solicit));
    expectPass(toAll(58, neighbor6(135, ends(ALL_NODES, '::'), A1), '::'));
    expectDrop(toA3(17, udp6(ends(A3, A2), data(9)), A2), 'spoof_ip');
    expectDrop(toA3(17, udp6(ends(A3, 'fd00::11'), data(9)), 'fd00::11'), 'spoof_ip');
    expectDrop(toA3(17, udp6(ends(A3, '::'), data(9)), '::'), 'spoof_ip');
    expectDrop(toA3(44, joined(fragment6(17, 8, false), data(16)), A2), 'spoof_ip');
    expectPass(toA3(17, udp6(ends(A3, A2), data(9)), A2), open);
  });

  it('addresses of allowed pairs, with their MAC; a /0 pair lifts the check of its version of IP only', () => {
    const pairs = (...texts: readonly (readonly [string, string?])[]): Objects => ({
      ...sample,
      lports: sample.lports.map((port) =>
        port.name !== 'a1'
          ? port
          : {
              ...port,
              allowedPairs: texts.map(([text, own]) => ({
                prefix: prefix6(text),
                mac: own === undefined ? undefined : mac(own),
              })),
            },
      ),
    });
    const from = (address: string, src: string = MAC.a1) =>
      frame6({ src, dst: MAC.a3, from: address, to: A3, next: 17, payload: udp6(ends(A3, address), data(9)) });
    const some = pairs(['fd00::11'], ['fd00:1:2::/47'], ['fd00::22', STRANGER]);
    for (const address of ['fd00::11', 'fd00:1:2::1', 'fd00:1:3:ffff::1', A1]) expectPass(from(address), some);
    for (const address of ['fd00::12', 'fd00:1:4::1', 'fd00:1:1::1', 'fd00::22', A2]) expectDrop(from(address), 'spoof_ip', some);
    expectPass(from('fd00::22', STRANGER), some);
    expectPass(from(linkLocalOf(STRANGER), STRANGER), some);
    expectDrop(from('fd00::11', STRANGER), 'spoof_ip', some);
    expectPass(toAll(58, neighbor6(136, ends(ALL_NODES, 'fd00::11'), 'fd00::11'), 'fd00::11'), some);
    expectDrop(toAll(58, neighbor6(136, ends(ALL_NODES, 'fd00::11'), 'fd00::12'), 'fd00::11'), 'spoof_arp', some);
    const six = pairs(['::/0']);
    expectPass(from('2001:db8::9'), six);
    expectPass(toAll(58, neighbor6(136, ends(ALL_NODES), 'fe80::1')), six);
    expectDrop(from('2001:db8::9', STRANGER), 'spoof_mac', six);
    const four = packet(eth({ src: MAC.a1, dst: MAC.a3 }), ipv4({ src: '203.0.113.9', dst: '10.0.0.13' }), udp({}));
    expectDrop(four, 'spoof_ip', six);
    const any = {
      ...sample,
      lports: sample.lports.map((one) => ({ ...one, allowedPairs: [{ prefix: prefix('0.0.0.0/0'), mac: undefined }] })),
    };
    expectPass(four, any);
    expectDrop(from('2001:db8::9'), 'spoof_ip', any);
  });

  it('F24: what it advertises is its own', () => {
    expectPass(toAll(58, neighbor6(136, ends(ALL_NODES), A1)));
    expectDrop(toAll(58, neighbor6(136, ends(ALL_NODES), A2)), 'spoof_arp');
    expectDrop(toAll(58, neighbor6(136, ends(ALL_NODES), 'fe80::1')), 'spoof_arp');
    expectDrop(toAll(60, joined(extension(58), neighbor6(136, ends(ALL_NODES), A2))), 'spoof_arp');
    expectDrop(toAll(58, icmp6(136, ends(ALL_NODES), data(12))), 'spoof_arp');
  });
});

describe('what a port may not say over IPv6, whatever its port security', () => {
  const advert = icmp6(134, ends(ALL_NODES), data(12));
  const both = (octets: Uint8Array, reason: string): void => {
    for (const objects of [sample, open]) expectDrop(octets, reason, objects);
  };

  it('that it is a router, or that another is a better one, behind extension headers as well', () => {
    both(toAll(58, advert), 'router_advert');
    both(toAll(58, icmp6(137, ends(ALL_NODES), data(36))), 'router_advert');
    both(toAll(0, joined(extension(60), extension(58, 24), advert)), 'router_advert');
    both(toAll(44, joined(fragment6(58, 0, false), advert)), 'router_advert');
    both(toAll(44, joined(fragment6(60, 0, true), extension(58), advert)), 'router_advert');
  });

  it('neighbour discovery in fragments, or behind more headers than anybody needs (RFC 6980, 7113)', () => {
    both(toAll(44, joined(fragment6(58, 0, true), neighbor6(136, ends(ALL_NODES), A1))), 'nd_fragment');
    both(toAll(44, joined(fragment6(58, 0, false), neighbor6(135, ends(ALL_NODES), A3))), 'nd_fragment');
    both(toAll(44, fragment6(58, 0, true)), 'ipv6_headers');
    both(toAll(44, joined(fragment6(60, 0, true), extension(58))), 'ipv6_headers');
    both(toAll(60, joined(extension(58, 16).subarray(0, 8))), 'ipv6_headers');
    const many = Array.from({ length: 9 }, (_, i) => extension(i === 8 ? 58 : 60));
    both(toAll(60, joined(...many, advert)), 'ipv6_headers');
    both(toAll(60, joined(extension(60, 128), extension(58, 136), advert)), 'ipv6_headers');
    both(toAll(44, joined(fragment6(44, 0, true), fragment6(58, 0, true), advert)), 'ipv6_headers');
    expectPass(toA3(44, joined(fragment6(17, 0, true), udp6(ends(A3), data(40)))));
    expectPass(toA3(44, joined(fragment6(17, 48, false), data(40))));
    expectPass(toA3(44, joined(fragment6(58, 1232, false), data(40))));
    expectPass(toA3(44, joined(fragment6(58, 0, true), icmp6(128, ends(A3), data(64)))));
  });

  it('packets that the frame does not hold, or of another version', () => {
    both(frame6({ src: MAC.a1, dst: MAC.a3, from: A1, to: A3, next: 17, payload: data(8), payloadLength: 9 }), 'ipv6_headers');
    both(toA3(17, data(8)).subarray(0, 50), 'ipv6_headers');
    const four = toA3(17, data(8));
    four[14] = 0x45;
    both(four, 'ipv6_headers');
  });

  it('answers of DHCP, unless it serves it', () => {
    const answer = toA3(17, udp6({ ...ends(A3), sport: 547, dport: 546 }, data(20)));
    both(answer, 'dhcp_server');
    expectPass(answer, {
      ...sample,
      lports: sample.lports.map((port) => (port.name === 'a1' ? { ...port, owner: 'dhcp' } : port)),
    });
  });
});
