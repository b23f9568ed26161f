import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getJson } from '../../../src/cli/controlClient.js';
import type { FdbRow } from '../../../src/types/showObjects.js';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { Cloud, guestOf } from '../support/cloud.js';
import { type Ipv4Packet, macText, Protocol, readIpv4 } from '../support/packets.js';
import { eventually, pause } from '../support/scenario.js';
import type { Captured } from '../support/wire.js';
import { Dhclient, dhcpSkipReason, dnsmasq } from './dhclient.js';

const CLIENTS = [
  guestOf('a1', 'h1', '0a:11', '10.0.0.11'),
  guestOf('a2', 'h2', '0a:12', '10.0.0.12'),
  guestOf('g1', 'h1', '0c:11', '20.0.0.11'),
  guestOf('g2', 'h2', '0c:12', '20.0.0.12'),
];
const SERVERS = [guestOf('da', 'h1', '0a:02', '10.0.0.2'), guestOf('dg', 'h1', '0c:02', '20.0.0.2')];
const ROGUE = guestOf('rogue', 'h2', '0a:66', '10.0.0.66');
/** Clients renew after so many seconds. */
const RENEW_S = 3;
const macs = (stem: string): Record<string, string> =>
  Object.fromEntries(
    CLIENTS.filter(({ name }) => name.startsWith(stem)).map(({ mac, address }) => [mac, address.split('/')[0]!]),
  );

/** Datagrams between DHCP's ports among what a guest got, each with the MACs of its frame. */
function dhcpIn(frames: readonly Captured[], port: number): (Ipv4Packet & { from: string; to: string })[] {
  return frames.flatMap(({ frame }) => {
    const packet = readIpv4(frame);
    if (packet?.protocol !== Protocol.Udp || packet.destinationPort !== port) return [];
    return [{ ...packet, from: macText(frame.subarray(6, 12)), to: macText(frame.subarray(0, 6)) }];
  });
}

test('F72 DHCP between guests of a VXLAN and of a VLAN, on one host and on two', {
  skip: netnsSkipReason() || dhcpSkipReason(),
  timeout: 90_000,
}, async (t) => {
  const cloud = new Cloud(['h1', 'h2'], [...CLIENTS, ...SERVERS, ROGUE], true);
  try {
    const objects = scenarioFile('dhcp', 'objects.yaml');
    const late = ['a1', 'g1'];
    const unbound = objects.replaceAll(/host: h1, (tap: tap-[ag]1, netns: "@[ag]1")/g, '');
    await cloud.start(
      unbound.replaceAll(', }', ' }'),
      CLIENTS.map(({ name }) => name),
    );
    const ready = async (guest: string): Promise<void> => {
      const { mac } = CLIENTS.find(({ name }) => name === guest)!;
      await eventually(
        () => cloud.on(guest, 'ip -o link'),
        (links) => links.includes(`tap-${guest}`),
      );
      cloud.on(guest, `ip link set tap-${guest} address ${mac} up`);
    };
    const clients = new Map<string, Dhclient>();

    await t.test('F54 a host with nothing but ports of DHCP has the router', async () => {
      const fdb = (await getJson(cloud.socket('h1'), '/v1/show/fdb')) as FdbRow[];
      const routers = fdb.flatMap(({ kind, to }) => (kind === 'router' ? [to] : []));
      assert.deepEqual(routers.sort(), ['qr-blue', 'qr-green']);
      assert.match(cloud.on('da', 'ping -c 1 -W 2 20.0.0.2'), /1 received/);
    });
    await t.test('a guest that serves DHCP reaches nobody, and is counted', async () => {
      const offers = dnsmasq(cloud, 'rogue', macs('a'), RENEW_S);
      await ready('a2');
      const heard = cloud.guestWire('a2');
      const asked = cloud.guestWire('rogue');
      const client = new Dhclient(cloud, 'a2');
      await eventually(
        () => cloud.drops('h2'),
        ({ dhcp_server }) => (dhcp_server ?? 0) >= 2,
        10_000,
      );
      await pause(300);
      assert.ok(dhcpIn(asked.collect(), 67).length >= 2, 'the questions are for everybody');
      assert.deepEqual(dhcpIn(heard.collect(), 68), []);
      assert.deepEqual(client.events, ['PREINIT none of none']);
      client.kill();
      // It goes on beside the right one.
      assert.equal(offers.exitCode, null);
    });
    await t.test('guests of another host get their leases', async () => {
      dnsmasq(cloud, 'da', macs('a'), RENEW_S);
      dnsmasq(cloud, 'dg', macs('g'), RENEW_S);
      await ready('g2');
      for (const guest of ['a2', 'g2']) clients.set(guest, new Dhclient(cloud, guest));
      await eventually(
        () => clients.get('a2')!.events,
        (events) => events.includes('BOUND 10.0.0.12 of 10.0.0.2'),
        10_000,
      );
      await eventually(
        () => clients.get('g2')!.events,
        (events) => events.includes('BOUND 20.0.0.12 of 20.0.0.2'),
        10_000,
      );
      assert.match(cloud.on('a2', 'ping -c 1 -W 2 20.0.0.12'), /1 received/);
    });
    await t.test('guests that appear on the host of the server get theirs', async () => {
      cloud.change(objects);
      for (const guest of late) {
        await ready(guest);
        clients.set(guest, new Dhclient(cloud, guest));
      }
      await eventually(
        () => clients.get('a1')!.events,
        (events) => events.includes('BOUND 10.0.0.11 of 10.0.0.2'),
        10_000,
      );
      await eventually(
        () => clients.get('g1')!.events,
        (events) => events.includes('BOUND 20.0.0.11 of 20.0.0.2'),
        10_000,
      );
      assert.match(cloud.on('g1', 'ping -c 1 -W 2 10.0.0.12'), /1 received/);
    });
    await t.test('they are renewed, asked of the server alone and answered to the client alone', async () => {
      const [atServer, atClient] = [cloud.guestWire('da'), cloud.guestWire('a2')];
      for (const [guest, client] of clients) {
        const address = CLIENTS.find(({ name }) => name === guest)!.address.split('/')[0];
        await eventually(
          () => client.events.filter((event) => event.startsWith(`RENEW ${address} of `)),
          (all) => all.length >= 2,
          15_000,
        );
      }
      const alone = dhcpIn(atServer.collect(), 67).filter(({ to }) => to === SERVERS[0]!.mac);
      assert.deepEqual(
        new Set(alone.map(({ source, destination }) => `${source} > ${destination}`)),
        new Set(['10.0.0.11 > 10.0.0.2', '10.0.0.12 > 10.0.0.2']),
      );
      const answers = dhcpIn(atClient.collect(), 68);
      assert.deepEqual(
        new Set(answers.map(({ from, to, destination }) => `${from} > ${to} ${destination}`)),
        new Set([`${SERVERS[0]!.mac} > ${CLIENTS[1]!.mac} 10.0.0.12`]),
      );
    });
    await t.test('nothing else was dropped', async () => {
      for (const host of ['h1', 'h2']) {
        const { dhcp_server, ...others } = await cloud.drops(host);
        t.diagnostic(`${host}: dhcp_server ${dhcp_server}, ${JSON.stringify(others)}`);
        assert.deepEqual([others.spoof_ip, others.spoof_mac, others.bad_checksum], [undefined, undefined, undefined]);
      }
    });
    await cloud.stop();
  } finally {
    cloud.close();
  }
});
