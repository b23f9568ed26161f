import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ALL_NODES,
  ALL_NODES_MAC,
  decode6,
  type Ends6,
  ETHER_IPV6,
  extension,
  fragment6,
  frame6,
  icmp6,
  ip6Octets,
  linkLocalOf,
  neighbor6,
  tcp6,
  udp6,
} from '../../support/ipv6.js';
import { netnsSkipReason } from '../../support/netns.js';
import { joined, macOctets } from '../../support/octets.js';
import { tso6, uso } from '../../support/virtio.js';
import { scenarioFile } from '../support/bed.js';
import { Cloud, type Vm } from '../support/cloud.js';
import { eventually, pause } from '../support/scenario.js';
import type { Wire } from '../support/wire.js';

const guest = (name: string, host: string, last: number, ipv6: readonly string[]): Vm => ({
  ...{ name, host, mac: `fa:16:3e:00:0a:0${last - 10}`, address: `10.0.0.${last}/24`, gateway: '10.0.0.1', ipv6 },
});
const VMS = [guest('a1', 'h1', 11, ['fd00::11/64']), guest('a3', 'h1', 13, []), guest('a2', 'h2', 12, ['fd00::12/64'])];
const [A1, A3, A2] = VMS.map(({ mac }) => linkLocalOf(mac)) as [string, string, string];

/** How a frame of a1 to all nodes begins, within a tunnel too. */
const TO_ALL = Buffer.from(joined(macOctets(ALL_NODES_MAC), macOctets(VMS[0]!.mac)));

/** A router that every guest would believe: itself as default router, and a prefix to take an address from (RFC 4861, 4.2). */
function routerAdvert(ends: Ends6): Uint8Array {
  const prefix = joined([3, 4, 64, 0xc0], [0, 1, 0, 0, 0, 1, 0, 0], [0, 0, 0, 0], ip6Octets('2001:db8:bad::'));
  return icmp6(134, ends, joined([64, 0, 0x07, 0x08], new Uint8Array(8), prefix));
}

test('east-west: IPv6 between guests on two hosts', { skip: netnsSkipReason(), timeout: 90_000 }, async (t) => {
  const cloud = new Cloud(['h1', 'h2'], VMS);
  try {
    await cloud.start(scenarioFile('east-west-ipv6', 'objects.yaml'));
    for (const { name } of VMS)
      await eventually(
        () => cloud.on(name, `ip -6 addr show dev tap-${name}`),
        (said) => said.includes('scope link') && !said.includes('tentative'),
      );

    await t.test('neighbours are found across the fabric, and duplicates', async () => {
      assert.match(cloud.on('a1', `ping -6 -c 2 -i 0.1 -w 5 ${A2}%tap-a1`), /2 received/);
      assert.match(cloud.on('a1', `ping -6 -c 1 -W 2 ${A3}%tap-a1`), /1 received/);
      assert.match(cloud.on('a1', 'ping -6 -c 2 -i 0.1 -w 5 fd00::12'), /icmp_seq=1 ttl=64[\s\S]*2 received/);
      assert.match(cloud.on('a1', 'ip -6 neigh show fd00::12'), /fa:16:3e:00:0a:02/);
      assert.match(cloud.on('a2', 'ping -6 -c 1 -s 4000 -W 2 fd00::11'), /1 received/, 'in fragments');
      cloud.on('a1', 'ip addr add fd00::12/64 dev tap-a1');
      await eventually(
        () => cloud.on('a1', 'ip -6 addr show dev tap-a1'),
        (said) => /fd00::12\/64 .*dadfailed/.test(said),
      );
      cloud.on('a1', 'ip addr del fd00::12/64 dev tap-a1');
      assert.deepEqual([await cloud.drops('h1'), await cloud.drops('h2')], [{}, {}], 'nothing an honest kernel says is dropped');
    });

    await t.test('TCP in super-frames, UDP, and no checksum that is wrong', async () => {
      assert.match(cloud.on('a1', 'ethtool -k tap-a1'), /tx-tcp6-segmentation: on/);
      const server = cloud.sandbox.start(cloud.netns('a2'), 'iperf3 -s');
      await eventually(
        () => cloud.on('a2', 'ss -Hltn'),
        (listening) => listening.includes(':5201 '),
      );
      assert.match(cloud.on('a1', 'iperf3 -6 -J -n 20M -c fd00::12'), /"bytes":\s*2\d{7}/);
      const seen = JSON.parse(cloud.on('a1', 'iperf3 -6 -J -u -b 20M -l 1200 -t 1 -c fd00::12')) as {
        end: { sum: { packets: number; lost_percent: number } };
      };
      assert.ok(seen.end.sum.packets > 1000 && seen.end.sum.lost_percent < 50, JSON.stringify(seen.end.sum));
      server.kill();
      const wrong = cloud.on('a2', 'nstat -asz TcpInCsumErrors Udp6InCsumErrors Icmp6InCsumErrors');
      assert.deepEqual(
        [...wrong.matchAll(/CsumErrors\s+(\d+)/g)].map(([, count]) => count),
        ['0', '0', '0'],
        wrong,
      );
      assert.deepEqual([await cloud.drops('h1'), await cloud.drops('h2')], [{}, {}]);
    });

    await t.test('super-frames of UDP and TCP leave the guest whole and arrive as what they stand for', async () => {
      const [raw, a2] = [cloud.guestWire('a1'), cloud.guestWire('a2')];
      const ends: Ends6 = { from: A1, to: A2, sport: 7001, dport: 7002, partial: true };
      const frame = { src: VMS[0]!.mac, dst: VMS[2]!.mac, from: A1, to: A2 };
      const data = Uint8Array.from({ length: 5000 }, (_, i) => i % 251);
      raw.send(frame6({ ...frame, next: 17, payload: udp6(ends, data) }), uso(1200, 54));
      raw.send(frame6({ ...frame, next: 6, payload: tcp6(ends, data) }), tso6(1300));
      const got = () =>
        a2.collect().flatMap((one) => {
          if (one.frame.readUInt16BE(12) !== ETHER_IPV6 || one.frame.readUInt16BE(56) !== 7002) return [];
          const seen = decode6(one.frame);
          return [[seen.next, seen.payload.length, one.partial, seen.next === 6 ? seen.sumRight(6) : seen.sumRight(17)]];
        });
      const wanted = [
        ...[1200, 1200, 1200, 1200, 200].map((octets) => [17, octets + 8, false, true]),
        // Four segments in the tunnel, one super-frame out of it.
        [6, 5020, true, true],
      ];
      await eventually(got, (frames) => frames.length >= wanted.length);
      assert.deepEqual(got(), wanted);
      assert.deepEqual(await cloud.drops('h1'), {});
    });

    await t.test('F24 no guest is a router or another guest, however it says so', async () => {
      const [raw, a3, a2] = VMS.map(({ name }) => cloud.guestWire(name)) as [Wire, Wire, Wire];
      const fabric = cloud.wire('h1');
      await pause(200);
      for (const wire of [a3, a2, fabric]) wire.clear();
      const ends = { from: A1, to: ALL_NODES };
      const send = (next: number, payload: Uint8Array, from = A1): void =>
        raw.send(frame6({ src: VMS[0]!.mac, dst: ALL_NODES_MAC, from, to: ALL_NODES, next, payload }));
      const advert = routerAdvert(ends);
      send(58, advert);
      send(60, joined(extension(0), extension(58, 64), advert));
      send(44, joined(fragment6(58, 0, false), advert));
      send(44, joined(fragment6(58, 0, true), advert.subarray(0, 16)));
      send(44, joined(fragment6(60, 0, true), extension(58)));
      send(60, joined(...Array.from({ length: 9 }, (_, i) => extension(i === 8 ? 58 : 60)), advert));
      send(44, joined(fragment6(58, 0, true), neighbor6(136, ends, A1)));
      send(58, neighbor6(136, ends, A2));
      send(58, neighbor6(136, { from: 'fd00::11', to: ALL_NODES }, 'fd00::13'), 'fd00::11');
      send(58, neighbor6(136, { from: A2, to: ALL_NODES }, A2), A2);
      const known = { router_advert: 4, ipv6_headers: 2, nd_fragment: 1, spoof_arp: 2, spoof_ip: 1 };
      await eventually(
        () => cloud.drops('h1'),
        (drops) => Object.values(drops).reduce((all, count) => all + count, 0) >= 10,
      );
      await pause(200);
      assert.deepEqual(await cloud.drops('h1'), known);
      const told = () => [a3, a2, fabric].map((wire) => wire.collect().filter(({ frame }) => frame.includes(TO_ALL)).length);
      assert.deepEqual(told(), [0, 0, 0]);
      send(58, neighbor6(136, ends, A1));
      await eventually(told, (counts) => counts.every((count) => count === 1));
      for (const name of ['a2', 'a3']) {
        assert.doesNotMatch(cloud.on(name, 'ip -6 route'), /default/);
        assert.doesNotMatch(cloud.on(name, 'ip -6 addr'), /2001:db8/);
      }
    });
    await t.test('what a device says that has another MAC, or the address of another one, is counted as that', async () => {
      const before = await cloud.drops('h1');
      assert.equal(before.ipv6_link_local, undefined);
      const now = async () => (await cloud.drops('h1')).ipv6_link_local ?? 0;
      cloud.on('a3', 'ip link set tap-a3 down');
      cloud.on('a3', 'ip link set tap-a3 address 02:00:00:00:00:55 up');
      const said = await eventually(now, (count) => count > 0);
      await eventually(
        () => cloud.on('a3', 'ip -6 addr show dev tap-a3'),
        (shown) => shown.includes('fe80::ff:fe00:55') && !shown.includes('tentative'),
      );
      cloud.on('a3', `ip link set tap-a3 address ${VMS[1]!.mac}`);
      cloud.on('a3', ['sh', '-c', 'ping -6 -c 1 -W 1 ff02::1%tap-a3 || true']);
      await eventually(now, (count) => count > said);
      const { ipv6_link_local: _, ...others } = await cloud.drops('h1');
      assert.deepEqual(others, before);
    });
    await cloud.stop();
  } finally {
    cloud.close();
  }
});
