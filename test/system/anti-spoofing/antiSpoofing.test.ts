import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { ALL_NODES, ALL_NODES_MAC, frame6, icmp6, linkLocalOf, neighbor6 } from '../../support/ipv6.js';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { Cloud, type Vm } from '../support/cloud.js';
import { arp, EtherType, ethernet, icmp, ipv4, Protocol, udp } from '../support/packets.js';
import { eventually, pause } from '../support/scenario.js';

const guest = (name: string, host: string, last: number): Vm => ({
  ...{ name, host, mac: `fa:16:3e:00:0a:0${last - 10}`, address: `10.0.0.${last}/24`, gateway: '10.0.0.1' },
});
const VMS = [
  guest('secure', 'h1', 11),
  guest('wide', 'h1', 12),
  guest('open', 'h1', 13),
  guest('near', 'h1', 14),
  guest('far', 'h2', 15),
];
const [SECURE, WIDE, OPEN, NEAR, FAR] = VMS.map(({ mac }) => mac) as [string, string, string, string, string];
const [D1, D2, GATEWAY] = ['fa:16:3f:09:34:f2', 'fa:16:3f:4e:4f:98', 'fa:16:3e:3c:74:9c'];
const STRANGER = '02:00:00:00:00:99';
const ALL = 'ff:ff:ff:ff:ff:ff';

const NEVER = Buffer.from('never to be seen');
const SEEN = Buffer.from('to be seen by all');

function timesIn(frame: Buffer, mark: Buffer): number {
  let times = 0;
  for (let at = frame.indexOf(mark); at >= 0; at = frame.indexOf(mark, at + 1)) times++;
  return times;
}

/** An echo reply, which nobody answers. */
function data(source: string, destination: string, from: string): Buffer {
  const packet = ipv4({ source: from, destination: '10.0.0.14', protocol: Protocol.Icmp }, icmp(0, 0, 7, 1));
  return ethernet(destination, source, EtherType.Ipv4, packet);
}

/** `operation`: 1 asks, 2 tells. */
function says(source: string, operation: number, senderMac: string, senderIp: string, targetIp = '10.0.0.99'): Buffer {
  return ethernet(ALL, source, EtherType.Arp, arp(operation, senderMac, senderIp, ALL, targetIp));
}

function dhcpAnswer(source: string, from: string, destination: string): Buffer {
  const ends = { source: from, destination: '255.255.255.255' };
  const answer = udp(ends, { source: 67, destination: 68 }, Buffer.alloc(300));
  return ethernet(destination, source, EtherType.Ipv4, ipv4({ ...ends, protocol: Protocol.Udp }, answer));
}

function data6(source: string, destination: string, from: string): Uint8Array {
  const to = linkLocalOf(NEAR);
  return frame6({ src: source, dst: destination, from, to, next: 58, payload: icmp6(129, { from, to }, new Uint8Array(12)) });
}

function toAllNodes(source: string, from: string, payload: Uint8Array): Uint8Array {
  return frame6({ src: source, dst: ALL_NODES_MAC, from, to: ALL_NODES, next: 58, payload });
}

function advertises(source: string, target: string): Uint8Array {
  const from = linkLocalOf(source);
  return toAllNodes(source, from, neighbor6(136, { from, to: ALL_NODES }, target));
}

function routerAdvert(source: string): Uint8Array {
  const from = linkLocalOf(source);
  return toAllNodes(source, from, icmp6(134, { from, to: ALL_NODES }, new Uint8Array(12)));
}

test('what guests may not say of themselves is seen by nobody', { skip: netnsSkipReason(), timeout: 90_000 }, async (t) => {
  const cloud = new Cloud(['h1', 'h2'], VMS);
  try {
    await cloud.start(scenarioFile('anti-spoofing', 'objects.yaml'));
    const wires = new Map(VMS.map(({ name }) => [name, cloud.guestWire(name)]));
    const fabric = cloud.wire('h1');
    /** Frames with a mark, guest by guest, and those on the fabric, where several may stand in one joined datagram. */
    const marked = (mark: Buffer): Record<string, number> =>
      Object.fromEntries(
        [...wires, ['fabric', fabric] as const].flatMap(([name, wire]) => {
          const count = wire.collect().reduce((sum, { frame }) => sum + timesIn(frame, mark), 0);
          return count === 0 ? [] : [[name, count]];
        }),
      );
    const send = (guestName: string, mark: Buffer, frames: readonly Uint8Array[]): void => {
      for (const frame of frames) wires.get(guestName)!.send(Buffer.concat([frame, mark]));
    };
    let before = await cloud.drops('h1');
    /** Drops of the host when it has none more to count. */
    const atRest = async (): Promise<Record<string, number>> => {
      for (let last = await cloud.drops('h1'); ; ) {
        await pause(200);
        const now = await cloud.drops('h1');
        if (isDeepStrictEqual(now, last)) return now;
        last = now;
      }
    };
    /** Drops since the last call by their names. */
    const grown = async (): Promise<Record<string, number>> => {
      const after = await atRest();
      const more = Object.entries(after).flatMap(([reason, n]) =>
        n > (before[reason] ?? 0) ? [[reason, n - (before[reason] ?? 0)]] : [],
      );
      before = after;
      return Object.fromEntries(more) as Record<string, number>;
    };

    await t.test('F24 with port security: its own MAC, addresses and neighbours only', async () => {
      send('secure', NEVER, [
        ...[NEAR, FAR, ALL, STRANGER].map((to) => data(STRANGER, to, '10.0.0.11')),
        data(NEAR, FAR, '10.0.0.14'),
        ...[NEAR, FAR, ALL, STRANGER].map((to) => data(SECURE, to, '10.0.0.12')),
        data(SECURE, NEAR, '203.0.113.9'),
        says(SECURE, 1, SECURE, '10.0.0.14'),
        says(SECURE, 2, SECURE, '10.0.0.15', '10.0.0.15'),
        says(SECURE, 2, SECURE, '10.0.0.1', '10.0.0.1'),
        says(SECURE, 2, STRANGER, '10.0.0.11', '10.0.0.11'),
        ...[NEAR, FAR].map((to) => data6(SECURE, to, linkLocalOf(NEAR))),
        data6(SECURE, FAR, 'fd00::1'),
        advertises(SECURE, linkLocalOf(FAR)),
        advertises(SECURE, 'fe80::1'),
        routerAdvert(SECURE),
        ...[NEAR, ALL].map((to) => dhcpAnswer(SECURE, '10.0.0.11', to)),
        ...[D1, D2, GATEWAY].map((mac) => data(mac, FAR, '10.0.0.11')),
      ]);
      assert.deepEqual(await grown(), {
        ...{ spoof_mac: 5, spoof_ip: 8, spoof_arp: 6, router_advert: 1, dhcp_server: 2, infrastructure_mac: 3 },
      });
      assert.deepEqual(marked(NEVER), {});
    });

    await t.test('F24 a pair of 0.0.0.0/0 lifts the check of IPv4 addresses, and no other', async () => {
      send('wide', NEVER, [
        ...[NEAR, FAR].map((to) => data(STRANGER, to, '203.0.113.9')),
        says(WIDE, 2, STRANGER, '203.0.113.9', '203.0.113.9'),
        data6(WIDE, FAR, 'fd00::1'),
        advertises(WIDE, linkLocalOf(FAR)),
        data(D2, FAR, '203.0.113.9'),
        dhcpAnswer(WIDE, '203.0.113.9', ALL),
      ]);
      assert.deepEqual(await grown(), { spoof_mac: 2, spoof_arp: 2, spoof_ip: 1, infrastructure_mac: 1, dhcp_server: 1 });
      assert.deepEqual(marked(NEVER), {});
      send('wide', SEEN, [...[NEAR, FAR, ALL].map((to) => data(WIDE, to, '203.0.113.9'))]);
      await eventually(
        () => marked(SEEN),
        (seen) => JSON.stringify(seen) === JSON.stringify({ secure: 1, open: 1, near: 2, far: 2, fabric: 2 }),
      );
      assert.deepEqual(await grown(), {});
    });

    await t.test('F25 without port security: everything but to be a host, a router or a DHCP server', async () => {
      for (const wire of wires.values()) wire.clear();
      fabric.clear();
      send('open', NEVER, [
        ...[D1, D2, 'fa:16:3f:12:34:56', GATEWAY].flatMap((mac) => [NEAR, FAR, ALL].map((to) => data(mac, to, '10.0.0.13'))),
        says(D2, 2, D2, '10.0.0.13', '10.0.0.13'),
        says(OPEN, 2, OPEN, '10.0.0.1', '10.0.0.1'),
        routerAdvert(OPEN),
        dhcpAnswer(OPEN, '10.0.0.13', ALL),
      ]);
      assert.deepEqual(await grown(), { infrastructure_mac: 13, arp_conflict: 1, router_advert: 1, dhcp_server: 1 });
      assert.deepEqual(marked(NEVER), {});
      send('open', SEEN, [data(STRANGER, FAR, '203.0.113.9'), data6(STRANGER, NEAR, 'fd00::1')]);
      await eventually(
        () => marked(SEEN),
        (seen) => JSON.stringify(seen) === JSON.stringify({ near: 1, far: 1, fabric: 1 }),
      );
    });

    assert.deepEqual(await cloud.drops('h2'), {}, 'nothing was left for the other host to drop');
    await cloud.stop();
  } finally {
    cloud.close();
  }
});
