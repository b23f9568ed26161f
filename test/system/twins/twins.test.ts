import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { cloudWorkers } from '../support/cloud.js';
import { guestsIn } from '../support/guests.js';
import { INTERNET, NorthSouth } from '../support/northSouth.js';
import { Peer } from '../support/peer.js';
import { eventually, pause } from '../support/scenario.js';
import { CLIENT, SERVER } from './ends.js';

const OBJECTS = scenarioFile('twins', 'objects.yaml');
/** How each guest is seen from outside, and where it is asked from there: what it serves by its own address, and by ports that are forwarded. */
const SEEN = {
  ...{ r1: '192.168.1.101', g1: '192.168.1.102', r2: '192.168.1.103', g2: '192.168.1.22' },
  ...{ r3: '192.168.1.21', g3: '192.168.1.22', r4: '192.168.1.21', up: INTERNET },
} as const;
const ASKED = [
  ...(['r1', 'g1', 'r2'] as const).flatMap((who) => [
    [who, `tcp:${SEEN[who]}:8080`] as const,
    [who, `large:${SEEN[who]}:5353`] as const,
  ]),
  ...([
    ['r3', 'tcp:192.168.1.111:80'],
    ['r4', 'tcp:192.168.1.111:81'],
    ['g3', 'tcp:192.168.1.112:80'],
  ] as const),
  ...([
    ['r4', 'udp:192.168.1.111:53'],
    ['r4', 'large:192.168.1.111:53'],
  ] as const),
  ...([
    ['g2', 'udp:192.168.1.112:53'],
    ['g2', 'large:192.168.1.112:53'],
  ] as const),
  ...([
    ['up', `tcp:${INTERNET}:8080`],
    ['up', `large:${INTERNET}:5353`],
  ] as const),
] as const;

for (const workers of cloudWorkers(1, 2)) {
  const perFip = workers > 1;
  test(`two tenants with equal addresses, VXLAN and VLAN, floating IPs and forwarded ports, ${perFip ? 'perFip, a small MTU' : 'perHost'}, ${workers} workers`, {
    skip: netnsSkipReason(),
    timeout: 120_000,
  }, async (t) => {
    const objects = perFip ? OBJECTS.replace('external: true }', 'external: true, floatingMac: perFip, mtu: 1300 }') : OBJECTS;
    const world = new NorthSouth(guestsIn(OBJECTS), workers);
    const { cloud } = world;
    const python = (guest: string, program: string, ...args: readonly string[]) =>
      cloud.sandbox.start(cloud.netns(guest), ['python3', '-c', program, ...args]);
    const peers: Peer[] = [];
    try {
      await world.start(objects);
      if (perFip) world.up('ip link set up0 mtu 1300');
      await Promise.all(Object.keys(SEEN).map((who) => once(python(who, SERVER, who).stdout!, 'data')));

      await t.test(
        'F46 F47 F49 everybody reaches everybody, whole and in fragments, and is seen by its external address',
        async () => {
          const targets = ASKED.map(([, target]) => target);
          await Promise.all(
            Object.entries(SEEN).map(async ([who, external]) => {
              const child = python(who, CLIENT, ...targets);
              let said = '';
              child.stdout!.on('data', (text: Buffer) => {
                said += text;
              });
              await once(child, 'close');
              const expected = ASKED.map(([server, target]) => `${target} ${server} sees ${external}`);
              assert.deepEqual(said.trim().split('\n'), expected, who);
            }),
          );
        },
      );

      await t.test('Z26 HAI-1 guests of a router meet by the address of its gateway', async () => {
        const [outside, ...two] = await Promise.all(['up', 'r3', 'r4'].map((who) => Peer.start(cloud.netns(who))));
        peers.push(outside!, ...two);
        await outside!.ask('udpOpen', { port: 7001 });
        const ends: { readonly peer: Peer; readonly local: number; readonly external: string }[] = [];
        for (const peer of two) {
          const local = await peer.ask('udpOpen', {});
          await peer.ask('udpSend', { local, to: INTERNET, port: 7001, text: 'who am I' });
          const [told] = await outside!.ask('udpTaken', { local: 7001, least: 1 });
          ends.push({ peer, local, external: told!.from });
        }
        assert.ok(ends.every(({ external }) => external.startsWith(`${SEEN.r3}:`)));
        const [a, b] = ends as [(typeof ends)[0], (typeof ends)[0]];
        const send = async (one: typeof a, other: typeof a): Promise<void> => {
          const [to, port] = other.external.split(':') as [string, string];
          await one.peer.ask('udpSend', { local: one.local, to, port: Number(port), text: 'x'.repeat(3000) });
        };
        const take = async (one: typeof a, other: typeof a): Promise<void> => {
          const taken = await one.peer.ask('udpTaken', { local: one.local, least: 1 });
          assert.deepEqual(new Set(taken.map(({ from, text }) => `${from} ${text.length}`)), new Set([`${other.external} 3000`]));
        };
        // Only who has been spoken to comes in: the first one opens a's door, and b's opens its own and comes in.
        await send(a, b);
        await pause(200);
        await send(b, a);
        await take(a, b);
        await send(a, b);
        await take(b, a);
      });

      if (perFip)
        await t.test('F29 too large for the external network: said by who has decided, with its MTU', async () => {
          for (const [who, by] of [
            ['r1', '10.0.0.1'],
            ['r4', '10.0.0.3'],
            ['g2', '10.0.0.3'],
            ['g3', '10.0.0.3'],
          ] as const)
            await eventually(
              () => cloud.on(who, ['sh', '-c', `ping -n -c 1 -W 2 -M do -s 1380 ${INTERNET} 2>&1 || true`]),
              (said) => said.includes(`From ${by} icmp_seq=1 Frag needed and DF set (mtu = 1300)`),
              3000,
            );
        });
      for (const host of cloud.hosts) t.diagnostic(`${host}: ${JSON.stringify(await cloud.drops(host))}`);
      await world.stop();
    } finally {
      for (const peer of peers) peer.close();
      world.close();
    }
  });
}
