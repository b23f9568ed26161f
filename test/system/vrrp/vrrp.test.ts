import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getJson } from '../../../src/cli/controlClient.js';
import type { NeighborRow } from '../../../src/types/show.js';
import type { FdbRow } from '../../../src/types/showObjects.js';
import { EtcdProcess, etcdSkipReason } from '../../store/etcdProcess.js';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { Cloud, guestOf } from '../support/cloud.js';
import { drawn } from '../support/draw.js';
import { addressText, EtherType, macText } from '../support/packets.js';
import { eventually } from '../support/scenario.js';
import { SteadyPing } from '../support/steadyPing.js';
import { Keepalived, keepalivedSkipReason, VIRTUAL_MAC, type VrrpGuest } from './keepalived.js';

const VIP = '10.0.0.50';
/** Failover (dvr.md F58). */
const FAILOVER_MS = 3000;
const PORT = 8080;
const GUESTS = [
  { ...guestOf('k1', 'h1', '0a:01', '10.0.0.11'), packet: true },
  guestOf('k2', 'h2', '0a:02', '10.0.0.12'),
  guestOf('s3', 'h3', '0a:03', '10.0.0.13'),
  guestOf('r1', 'h1', '0b:01', '20.0.0.21'),
  guestOf('r3', 'h3', '0b:03', '20.0.0.23'),
];
/** Who asks for the address: on its network from a third host, and routed from the host of the one holder and from a third. */
const HOSTS = ['h1', 'h2', 'h3'];
const CLIENTS = ['s3', 'r1', 'r3'];
const OWN_MAC = `{ address: ${VIP} }`;
const VIRTUAL = `{ address: ${VIP}, mac: "${VIRTUAL_MAC}" }`;

interface Variant {
  readonly name: string;
  readonly etcd: boolean;
  readonly pairs: readonly string[];
  readonly vrrp: (address: string, peer: string) => Partial<VrrpGuest>;
  /** Of the neighbour, by its holder. */
  readonly mac: (holder: string) => string;
}

const portMac = (holder: string): string => `fa:16:3e:00:0a:0${holder.slice(1)}`;
const VARIANTS: readonly Variant[] = [
  { name: 'advertised to 224.0.0.18, one etcd', etcd: true, pairs: [OWN_MAC], vrrp: () => ({}), mac: portMac },
  {
    name: 'with the MAC of the virtual router, one etcd',
    etcd: true,
    pairs: [OWN_MAC, VIRTUAL],
    vrrp: () => ({ mac: { advertise: 'by-port' } }),
    mac: () => VIRTUAL_MAC,
  },
  {
    name: 'advertised to each other alone, a directory on each host',
    etcd: false,
    pairs: [OWN_MAC],
    vrrp: (_, peer) => ({ peers: [peer] }),
    mac: portMac,
  },
];

for (const { name, etcd: shared, pairs, vrrp, mac } of drawn('vrrp', VARIANTS))
  test(`F58 two guests with keepalived share an address: ${name}`, {
    skip: netnsSkipReason() || etcdSkipReason() || keepalivedSkipReason(),
    timeout: 120_000,
  }, async (t) => {
    const cloud = new Cloud(HOSTS, GUESTS);
    let etcd: EtcdProcess | undefined;
    try {
      const objects = scenarioFile('vrrp', 'objects.yaml').replaceAll('PAIRS', pairs.join(', '));
      if (shared) {
        etcd = await EtcdProcess.start();
        cloud.sharedStore = `{ etcd: { endpoints: ["${etcd.endpoint}"] } }`;
        await cloud.start(
          objects,
          GUESTS.map((guest) => guest.name),
        );
        const { code, stderr } = await cloud.apply('h1', objects);
        assert.equal(code, 0, stderr);
        await eventually(
          () => cloud.on('k2', 'ip -o link') + cloud.on('s3', 'ip -o link') + cloud.on('r3', 'ip -o link'),
          (links) => ['k2', 's3', 'r3'].every((guest) => links.includes(`tap-${guest}`)),
        );
        for (const guest of GUESTS) cloud.address(guest.name);
      } else await cloud.start(objects);
      for (const guest of ['k1', 'k2']) cloud.sandbox.start(cloud.netns(guest), ['python3', '-c', server(guest)]);
      const keepalived = {
        k1: new Keepalived(cloud, { name: 'k1', priority: 150, vip: VIP, ...vrrp('10.0.0.11', '10.0.0.12') }),
        k2: new Keepalived(cloud, { name: 'k2', priority: 100, vip: VIP, ...vrrp('10.0.0.12', '10.0.0.11') }),
      };
      type Holder = keyof typeof keepalived;
      const answers = (client: string): string => {
        const question = `curl -s -m 1 http://${VIP}:${PORT}/ || true`;
        return cloud.on(client, ['sh', '-c', question]);
      };
      const pings = new Map<string, SteadyPing>();
      /** Every client is answered again, and by this guest. Returns the longest silence of each since `from`. */
      const held = async (holder: Holder, from: number, clients = CLIENTS, hosts = HOSTS): Promise<Record<string, number>> => {
        try {
          for (const client of clients) {
            await eventually(
              () => answers(client),
              (answer) => answer === holder,
              15_000,
            );
          }
        } catch (error) {
          throw new Error(`${(error as Error).message}\n${keepalived.k1.said}\n${keepalived.k2.said}`);
        }
        for (const host of hosts)
          await eventually(
            async () =>
              ((await getJson(cloud.socket(host), '/v1/show/neighbors')) as NeighborRow[])
                .filter(({ address }) => address === VIP)
                .map((row) => `${row.mac} ${row.state}`),
            (rows) => rows.length === 1 && rows[0] === `${mac(holder)} PERMANENT`,
          );
        return Object.fromEntries([...pings].map(([client, ping]) => [client, Math.round(ping.silence(from))]));
      };
      /** What happens to the holder, and that the other one has the address soon after. */
      const failover = async (
        to: Holder,
        happens: () => Promise<void> | void,
        clients = CLIENTS,
        hosts = HOSTS,
      ): Promise<void> => {
        const from = Date.now();
        await happens();
        const silent = await held(to, from, clients, hosts);
        t.diagnostic(`silence until ${to} answers, ms: ${JSON.stringify(silent)}`);
        for (const [client, ms] of Object.entries(silent)) assert.ok(ms < FAILOVER_MS, `${client} had no answer for ${ms} ms`);
      };

      await t.test('the one of higher priority has it, and everybody reaches it', async () => {
        keepalived.k1.start();
        keepalived.k2.start();
        await held('k1', Date.now());
        assert.equal(keepalived.k2.state, 'BACKUP');
        for (const client of CLIENTS) pings.set(client, new SteadyPing(cloud.sandbox, cloud.netns(client), VIP));
        await eventually(() => [...pings.values()].every(({ answered }) => answered > 5), Boolean);
      });
      await t.test('its keepalived crashes, and starts again', async () => {
        await failover('k2', () => keepalived.k1.kill());
        await failover('k1', () => keepalived.k1.start());
      });
      await t.test('its link goes down, and up again', async () => {
        await failover('k2', () => void cloud.on('k1', 'ip link set tap-k1 down'));
        await failover(
          'k1',
          () => void cloud.on('k1', ['sh', '-c', 'ip link set tap-k1 up && ip route replace default via 10.0.0.1']),
        );
      });
      await t.test('its gateway is killed, and starts again', async () => {
        await pings.get('r1')!.stop();
        pings.delete('r1');
        await failover('k2', async () => void (await cloud.process('h1').stop('SIGKILL')), ['s3', 'r3'], ['h2', 'h3']);
        await failover('k1', () => cloud.restart('h1'), ['s3', 'r3']);
        cloud.address('r1');
        await held('k1', Date.now());
      });
      await t.test('nothing of it was dropped', async () => {
        for (const host of HOSTS) {
          const { spoof_mac, spoof_ip, spoof_arp } = await cloud.drops(host);
          assert.deepEqual([spoof_mac, spoof_ip, spoof_arp], [undefined, undefined, undefined], host);
        }
      });
      await cloud.stop();
    } finally {
      etcd?.close();
      cloud.close();
    }
  });

test('F58 port security: a virtual MAC passes where a pair has it, with the addresses it has it for', {
  skip: netnsSkipReason() || keepalivedSkipReason(),
  timeout: 60_000,
}, async () => {
  const cloud = new Cloud(HOSTS, GUESTS);
  try {
    // k1 may use the virtual MAC for the shared address only, and k2 not at all; both would advertise by it, from their own addresses.
    const objects = scenarioFile('vrrp', 'objects.yaml').replace('PAIRS', `${OWN_MAC}, ${VIRTUAL}`).replace('PAIRS', OWN_MAC);
    await cloud.start(objects);
    const heard = cloud.guestWire('s3');
    for (const [name, priority] of [
      ['k1', 150],
      ['k2', 100],
    ] as const)
      new Keepalived(cloud, { name, priority, vip: VIP, mac: { advertise: 'by-virtual' } }).start();
    // Neither hears the other: both become master, and announce.
    await eventually(
      () => cloud.drops('h1'),
      (drops) => (drops.spoof_ip ?? 0) > 2,
      10_000,
    );
    await eventually(
      () => cloud.drops('h2'),
      (drops) => (drops.spoof_mac ?? 0) > 2,
      10_000,
    );
    const frames = await heard.until((all) => all.some(({ frame }) => announcedBy(frame) === VIRTUAL_MAC), 10_000);
    assert.deepEqual(
      frames.filter(({ frame }) => frame[23] === 112 && frame.readUInt16BE(12) === EtherType.Ipv4),
      [],
      'no advertisement passes',
    );
    assert.match(cloud.on('s3', `ping -c 1 -W 2 ${VIP}`), /1 received/);
    await eventually(
      async () => {
        const rows = (await getJson(cloud.socket('h3'), '/v1/show/neighbors')) as NeighborRow[];
        return rows.filter(({ address }) => address === VIP).map((row) => row.mac);
      },
      (macs) => macs.join() === VIRTUAL_MAC,
      5000,
    );
    const fdb = (await getJson(cloud.socket('h1'), '/v1/show/fdb')) as FdbRow[];
    assert.deepEqual(
      fdb.filter(({ mac }) => mac === VIRTUAL_MAC).map(({ kind, to }) => [kind, to]),
      [['port', 'k1']],
    );
    await cloud.stop();
  } finally {
    cloud.close();
  }
});

/** Source of a frame that is gratuitous ARP for the shared address. */
function announcedBy(frame: Buffer): string | undefined {
  if (frame.readUInt16BE(12) !== EtherType.Arp || addressText(frame.subarray(28, 32)) !== VIP) return undefined;
  return macText(frame.subarray(6, 12));
}

/** A server that says its name to whoever connects. */
function server(name: string): string {
  return `
from http.server import *
class Name(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'${name}')
    def log_message(self, *_): pass
ThreadingHTTPServer(('', ${PORT}), Name).serve_forever()
`;
}
