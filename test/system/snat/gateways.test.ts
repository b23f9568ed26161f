import assert from 'node:assert/strict';
import { test } from 'node:test';
import { windrose } from '../../cli/program.js';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { INTERNET, NorthSouth } from '../support/northSouth.js';
import { Peer } from '../support/peer.js';
import { eventually } from '../support/scenario.js';

/** A second way out for what comes from orange, on another physical network, with a smaller MTU. A floating IP of each. */
const OBJECTS = scenarioFile('snat', 'objects.yaml')
  .replaceAll('physnets: [physnet1]', 'physnets: [physnet1, physnet2]')
  .replace('subnets:\n', '  - { name: ext2, type: flat, physnet: physnet2, external: true, mtu: 1300 }\nsubnets:\n')
  .replace('lports:\n', '  - { name: ext24, network: ext2, cidr: 192.168.2.0/24, gateway: 192.168.2.1 }\nlports:\n')
  .concat('      - { network: ext2, address: 192.168.2.21, sources: [20.0.0.0/24] }\n')
  .concat('floatingIps:\n')
  .concat('  - { address: 192.168.1.101, network: ext, lport: a1 }\n')
  .concat('  - { address: 192.168.2.101, network: ext2, lport: b1 }\n');

test('two external networks: who leaves by which', { skip: netnsSkipReason(), timeout: 90_000 }, async (t) => {
  const world = new NorthSouth(undefined, undefined, undefined, 'two');
  const { cloud } = world;
  let upstream: Peer | undefined;
  try {
    await world.start(OBJECTS);
    world.up('ip link set up2 mtu 1300');
    upstream = await Peer.start(cloud.netns('up'));
    await upstream.ask('serveTcp', { port: 7000 });
    const said = (guest: string, command: string): string => cloud.on(guest, ['sh', '-c', `${command} 2>&1 || true`]);
    /** The source that the upstream sees. */
    const seenAs = async (guest: string, to = INTERNET): Promise<string | undefined> => {
      await eventually(
        () => said(guest, `ping -n -c 1 -W 2 ${to}`),
        (out) => out.includes('1 received'),
      );
      const connect = `import socket; socket.create_connection(('${to}', 7000), 3)`;
      assert.equal(said(guest, `python3 -c "${connect}"`), '');
      return (await upstream!.ask('accepted', { least: 1 })).at(-1)?.split(':')[0];
    };

    await t.test('F51 without a floating IP: by the gateway whose sources cover it, else by the first', async () => {
      assert.equal(await seenAs('a2'), '192.168.1.21');
      assert.equal(await seenAs('b2'), '192.168.2.21');
    });

    await t.test('F51 to an address of either external network: by the zones of the gateway there', async () => {
      assert.equal(await seenAs('a2', '192.168.2.1'), '192.168.2.21');
      assert.equal(await seenAs('b2', '192.168.1.1'), '192.168.1.21');
    });

    await t.test('F51 with one: by the network it is of, tables 16 and 17', async () => {
      assert.equal(await seenAs('a1'), '192.168.1.101');
      assert.equal(await seenAs('b1'), '192.168.2.101');
      assert.match(said('up', 'ping -n -c 1 -W 2 192.168.1.101'), /1 received/);
      assert.match(said('up', 'ping -n -c 1 -W 2 192.168.2.101'), /1 received/);
      const { stdout } = await windrose('show', 'rules', 'router', 'r', '--socket', cloud.socket('h1'));
      assert.match(stdout, /from 10\.0\.0\.11 lookup 16$/m);
      assert.match(stdout, /from 20\.0\.0\.21 lookup 17$/m);
    });

    await t.test('F28 F29 errors by a floating IP: nobody listens, too large', () => {
      const asked = said('up', `python3 -c "${udpTo('192.168.1.101')}"`);
      assert.match(asked, /refused/);
      assert.match(said('a1', `python3 -c "${udpTo(INTERNET)}"`), /refused/);
      assert.match(
        said('b1', `ping -n -c 1 -W 2 -M do -s 1400 ${INTERNET}`),
        /From 20\.0\.0\.1 icmp_seq=1 Frag needed and DF set \(mtu = 1300\)/,
      );
      assert.match(said('b1', `ping -n -c 1 -W 2 -M dont -s 1400 ${INTERNET}`), /1 received/);
    });
    for (const host of ['h1', 'h2', 'n']) t.diagnostic(`${host}: ${JSON.stringify(await cloud.drops(host))}`);
    await world.stop();
  } finally {
    upstream?.close();
    world.close();
  }
});

/** One datagram to a port that nobody has, and what is said of it. */
function udpTo(address: string): string {
  return `import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(2); s.connect(('${address}', 9)); s.send(b'x'); s.recv(1)`;
}
