import assert from 'node:assert/strict';
import { test } from 'node:test';
import { windrose } from '../../cli/program.js';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { cloudWorkers } from '../support/cloud.js';
import { iperf, iperfServer } from '../support/iperf.js';
import { INTERNET, NorthSouth } from '../support/northSouth.js';
import { Peer } from '../support/peer.js';
import { eventually } from '../support/scenario.js';

const GATEWAY = '192.168.1.21';
/** The gateway's line in the objects, with more keys. */
const withGateway = (more: string, network = ''): string =>
  scenarioFile('snat', 'objects.yaml')
    .replace(/(network: ext, address: 192.168.1.21, mac: "[^"]+")/, `$1, ${more}`)
    .replace('external: true', `external: true${network}`);
const addressOf = (from: string): string => from.split(':')[0]!;

for (const workers of cloudWorkers(1, 2))
  test(`SNAT: what is translated to what, for guests on other hosts${workers === 1 ? '' : `, ${workers} workers`}`, {
    skip: netnsSkipReason(),
    timeout: 180_000,
  }, async (t) => {
    const world = new NorthSouth(undefined, workers);
    const { cloud } = world;
    const peers: Peer[] = [];
    const peer = async (label: string): Promise<Peer> => {
      const one = await Peer.start(cloud.netns(label));
      peers.push(one);
      return one;
    };
    const said = (guest: string, command: string): string => cloud.on(guest, ['sh', '-c', `${command} 2>&1 || true`]);
    /** The objects are in use once a connection is as they say. */
    const until = (satisfied: (from: string) => boolean, guest: Peer) =>
      eventually(async () => {
        await guest.ask('connect', { to: INTERNET, port: 7000, timeoutMs: 500 });
        return (await up.ask('accepted', { least: 0 })).map(addressOf).at(-1) ?? 'none';
      }, satisfied);
    let up: Peer;
    try {
      await world.start();
      up = await peer('up');
      const [a1, a2, b2] = [await peer('a1'), await peer('a2'), await peer('b2')];
      for (const port of [7000, 7001]) await up.ask('serveTcp', { port });

      await t.test('F39 ping, UDP, and TCP both ways', async () => {
        await eventually(
          () => said('a2', `ping -c 1 -W 2 ${INTERNET}`),
          (out) => out.includes('1 received'),
        );
        await up.ask('serveUdp', { port: 7 });
        assert.equal((await a2.ask('askUdp', { to: INTERNET, port: 7, octets: 1000 })).ok, true);
        assert.equal(addressOf((await up.ask('received', null))[0]!.from), GATEWAY);
        const bed = { netns: (label: string) => cloud.netns(label), on: cloud.on.bind(cloud), sandbox: cloud.sandbox };
        await iperfServer(bed as never, 'up');
        for (const args of ['-n 20M', '-R -n 20M']) {
          const { end } = await iperf(bed as never, 'a2', `-c ${INTERNET} ${args}`);
          assert.ok(end.sum_received.bytes >= 15e6, `${args}: ${end.sum_received.bytes}`);
        }
      });

      await t.test('F38 two guests with the same ports and one remote: 200 flows, each with a port of its own', async () => {
        const server = await up.ask('udpOpen', { port: 7777, echo: true });
        const ports = Array.from({ length: 100 }, (_, i) => 4000 + i);
        for (const guest of [a1, a2])
          for (const port of ports) {
            await guest.ask('udpOpen', { port });
            assert.equal(await guest.ask('udpSend', { local: port, to: INTERNET, port: server, text: `${port}` }), '');
          }
        const came = await up.ask('udpTaken', { local: server, least: 200 });
        assert.equal(new Set(came.map(({ from }) => from)).size, 200);
        assert.deepEqual([...new Set(came.map(({ from }) => addressOf(from)))], [GATEWAY]);
        for (const guest of [a1, a2]) {
          for (const port of ports)
            assert.deepEqual(await guest.ask('udpTaken', { local: port, least: 1 }), [
              { from: `${INTERNET}:7777`, text: `${port}` },
            ]);
          await guest.ask('udpForget', null);
        }
      });

      await t.test('F26 the router answers by all its addresses, also those of the SNAT service', () => {
        for (const address of ['10.0.0.1', '20.0.0.1', '10.0.0.3', '20.0.0.3', GATEWAY])
          assert.match(said('a2', `ping -c 1 -W 2 ${address}`), /1 received/, address);
        assert.match(said('a2', 'ping -c 1 -W 2 -t 1 10.0.0.1'), /1 received/);
      });

      await t.test('F28 errors from beyond come back to the guest, with what it sent in them', async () => {
        world.up('ip route add unreachable 203.0.113.0/24');
        assert.match(said('a2', 'ping -n -c 1 -W 2 203.0.113.9'), /From 8\.8\.8\.8 icmp_seq=1 Destination Host Unreachable/);
        const closed = await a2.ask('askUdp', { to: INTERNET, port: 9, octets: 10 });
        assert.equal(closed.error, 'ECONNREFUSED');
        const refused = await a2.ask('connect', { to: INTERNET, port: 9 });
        assert.equal(refused.error, 'ECONNREFUSED');
      });

      await t.test(
        'F40 zones: the first that covers the source, its addresses in turn; the next zone for the others',
        async () => {
          cloud.change(
            withGateway(
              'zones: [{ name: blue, match: 10.0.0.0/24, localAddresses: [192.168.1.31, 192.168.1.32] }, { name: rest, match: 0.0.0.0/0, localAddresses: [192.168.1.33] }]',
            ),
          );
          await until((address) => address !== GATEWAY && address !== 'none', a2);
          await up.ask('accepted', { least: 0 });
          for (let i = 0; i < 6; i++) assert.equal((await a2.ask('connect', { to: INTERNET, port: 7000 })).ok, true);
          const used = (await up.ask('accepted', { least: 6 })).map(addressOf);
          assert.deepEqual(
            used.slice(0, 4).map((address, i) => address === used[i + 2]),
            [true, true, true, true],
            used.join(),
          );
          assert.deepEqual(new Set(used), new Set(['192.168.1.31', '192.168.1.32']));
          assert.equal((await b2.ask('connect', { to: INTERNET, port: 7000 })).ok, true);
          assert.deepEqual((await up.ask('accepted', { least: 1 })).map(addressOf), ['192.168.1.33']);
        },
      );

      await t.test('F40 a source in no zone is refused and counted', async () => {
        cloud.change(withGateway('zones: [{ name: blue, match: 10.0.0.0/24, localAddresses: [192.168.1.31] }]'));
        const refused = async (): Promise<number> => {
          const { ok } = await b2.ask('connect', { to: INTERNET, port: 7000, timeoutMs: 500 });
          return ok ? 0 : ((await cloud.drops('n')).no_zone ?? 0);
        };
        await eventually(refused, (drops) => drops > 0);
        assert.equal((await a2.ask('connect', { to: INTERNET, port: 7000 })).ok, true);
      });

      await t.test('F41 two ports: a third flow to the same remote is refused, one to another remote is not', async () => {
        cloud.change(withGateway('zones: [{ name: tiny, match: 0.0.0.0/0, localAddresses: [192.168.1.41], ports: 5000-5001 }]'));
        await eventually(
          async () => (await windrose('show', 'zones', '--socket', cloud.socket('n'))).stdout,
          (zones) => zones.includes('r/tiny'),
        );
        assert.equal((await a1.ask('hold', { to: INTERNET, port: 7000, count: 2 })).held, 2);
        assert.equal((await a2.ask('connect', { to: INTERNET, port: 7000 })).error, 'EHOSTUNREACH');
        assert.equal((await a2.ask('connect', { to: INTERNET, port: 7001 })).ok, true);
        await a1.ask('dropHeld', null);
      });

      await t.test('F42 enableSnat: false: the remote sees the guest, and reaches it', async () => {
        world.up('ip route add 10.0.0.0/24 via 192.168.1.21');
        cloud.change(withGateway('enableSnat: false'));
        await until((address) => address === '10.0.0.12', a2);
        assert.match(said('up', 'ping -c 1 -W 2 10.0.0.12'), /1 received/);
        assert.match(said('up', 'ping -c 1 -W 2 10.0.0.14'), /1 received/);
      });

      await t.test('F29 an external network with a smaller MTU: the guest is told, and TCP goes on', async () => {
        world.up('ip link set up0 mtu 1300');
        cloud.change(withGateway('enableSnat: true', ', mtu: 1300'));
        await until((address) => address === GATEWAY, a2);
        const out = said('a2', `ping -n -c 1 -W 2 -M do -s 1400 ${INTERNET}`);
        assert.match(out, /From 10\.0\.0\.3 icmp_seq=1 Frag needed and DF set \(mtu = 1300\)/);
        assert.match(said('a2', `ping -n -c 1 -W 2 -M dont -s 1400 ${INTERNET}`), /1 received/);
        const answer = await a2.ask('connect', { to: INTERNET, port: 7000, payload: 500_000, timeoutMs: 10_000 });
        assert.equal(answer.echoed, 500_000);
      });
      for (const host of ['h1', 'h2', 'n']) t.diagnostic(`${host}: ${JSON.stringify(await cloud.drops(host))}`);
      await world.stop();
    } finally {
      for (const one of peers) one.close();
      world.close();
    }
  });
