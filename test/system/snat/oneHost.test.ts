import assert from 'node:assert/strict';
import { test } from 'node:test';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { INTERNET, M, NorthSouth } from '../support/northSouth.js';
import { eventually } from '../support/scenario.js';

const FLOATING = `floatingIps:
  - { address: 192.168.1.101, network: ext, lport: a1 }
  - { address: 192.168.1.102, network: ext, lport: b2 }
`;
/** All guests on the one host there is, which has no tunnels and no store but its own. */
const onOneHost = scenarioFile('snat', 'objects.yaml')
  .replace(/^ {2}- \{ name: h[12], vtep.*\n/gm, '')
  .replaceAll(/host: h[12]/g, 'host: n')
  .concat(FLOATING);

test('one host and nothing else: guests, router, SNAT and floating IPs', {
  skip: netnsSkipReason(),
  timeout: 90_000,
}, async (t) => {
  const world = new NorthSouth(undefined, undefined, ['n']);
  const { cloud } = world;
  try {
    await world.start(onOneHost);
    const said = (guest: string, command: string): string => cloud.on(guest, ['sh', '-c', `${command} 2>&1 || true`]);
    const ping = (guest: string, to: string): string => said(guest, `ping -n -c 1 -W 2 ${to}`);
    const seenAs = (guest: string): string | undefined => {
      world.watch('ext-n');
      assert.match(ping(guest, INTERNET), /1 received/);
      const [frame] = world.seen('ext-n').filter(({ to }) => to === INTERNET);
      return frame && `${frame.from} ${frame.src === M.q ? 'Q' : 'F'} ${frame.ttl}`;
    };

    await t.test('F71 F1 F2 between guests of one network, and of two', () => {
      assert.match(ping('a1', '10.0.0.12'), /ttl=64/);
      assert.match(ping('a1', '20.0.0.22'), /ttl=63/);
    });

    await t.test('F71 F36 out by the SNAT service', async () => {
      await eventually(
        () => ping('a2', INTERNET),
        (out) => out.includes('1 received'),
      );
      assert.equal(seenAs('a2'), '192.168.1.21 Q 62');
    });

    await t.test('F71 F43 F44 out and in by a floating IP', async () => {
      await eventually(
        () => ping('a1', INTERNET),
        (out) => out.includes('1 received'),
      );
      assert.equal(seenAs('a1'), '192.168.1.101 F 63');
      assert.match(said('up', 'ping -n -c 1 -W 2 192.168.1.101'), /ttl=63/);
    });

    await t.test('F71 F46 F47 between floating IPs, to its own, and from a guest without one', () => {
      for (const [guest, to] of [
        ['a1', '192.168.1.102'],
        ['b2', '192.168.1.101'],
        ['a1', '192.168.1.101'],
        ['a2', '192.168.1.101'],
        ['a4', '192.168.1.102'],
      ] as const)
        assert.match(ping(guest, to), new RegExp(`64 bytes from ${to}`), `${guest} ${to}`);
    });
    t.diagnostic(JSON.stringify(await cloud.drops('n')));
    await world.stop();
  } finally {
    world.close();
  }
});
