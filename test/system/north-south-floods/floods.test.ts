import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { cloudWorkers } from '../support/cloud.js';
import { guestsIn } from '../support/guests.js';
import { INTERNET, NorthSouth } from '../support/northSouth.js';
import { OperatorReadings } from '../support/readings.js';
import { eventually } from '../support/scenario.js';
import { SteadyPing } from '../support/steadyPing.js';
import { CLIENT, SERVER } from '../twins/ends.js';
import { FLOOD } from './flood.js';

const OBJECTS = scenarioFile('twins', 'objects.yaml').replace('cidr: 192.168.1.0/24', 'cidr: 192.168.0.0/16');
const RED = { service: 'fa:16:3e:93:cb:37', gateway: 'fa:16:3e:3c:74:9c', address: '192.168.1.21' } as const;
const SECONDS = 1;
/** Without an answer, on two cores that gateways share with a flood that takes what there is. */
const SILENCE_MS = 2500;

/** All that a program says until it ends. */
async function output(child: ChildProcess): Promise<string> {
  let said = '';
  child.stdout!.on('data', (text: Buffer) => {
    said += text;
  });
  await once(child, 'close');
  return said.trim();
}

for (const workers of cloudWorkers(1))
  test(`floods from outside and from guests: others go on, every frame has a verdict, ${workers} workers`, {
    skip: netnsSkipReason(),
    timeout: 120_000,
  }, async (t) => {
    const world = new NorthSouth(guestsIn(OBJECTS), workers);
    const { cloud } = world;
    const pings: SteadyPing[] = [];
    const python = (guest: string, program: string, ...args: readonly string[]) =>
      cloud.sandbox.start(cloud.netns(guest), ['python3', '-c', program, ...args]);
    try {
      await world.start(OBJECTS);
      world.up(`ip route replace 192.168.0.0/16 dev up0 src ${INTERNET}`);
      await once(python('up', SERVER, 'up').stdout!, 'data');
      for (const [where, to] of [
        ['g1', INTERNET],
        ['g2', INTERNET],
        ['r2', INTERNET],
        ['up', '192.168.1.102'],
        ['r3', '10.0.0.12'],
      ] as const)
        pings.push(new SteadyPing(cloud.sandbox, cloud.netns(where), to));
      await eventually(() => pings.every(({ answered }) => answered > 3), Boolean, 10_000);
      world.up(['sh', '-c', 'ping -c 1 -W 2 192.168.1.101 || true']);
      const exit = / lladdr ([\da-f:]+)/.exec(world.up('ip neigh show 192.168.1.101'))![1]!;
      /** Frames received that have no verdict, by host. */
      const unjudged = async (): Promise<number[]> => {
        const all = cloud.hosts.map(async (host) => {
          const text = await new OperatorReadings(cloud.socket(host), String(cloud.process(host).readyLine()!.metrics)).page();
          const sum = (metric: RegExp): number =>
            [...text.matchAll(new RegExp(`^windrose_${metric.source}(?:\\{.*\\})? (\\d+)$`, 'gm'))].reduce(
              (all, [, n]) => all + Number(n),
              0,
            );
          const judged =
            sum(/frames_total/) + sum(/frames_dropped_total/) - sum(/frames_requeued_total/) - sum(/worker_taken_frames_total/);
          return sum(/(?:iface|lport|physnet|tunnel)_receive_frames_total/) - judged;
        });
        return Promise.all(all);
      };
      let neighbor = 0;

      /**
       * Floods; guests of both tenants open connections to an address of the external network that nobody has heard of. What
       * hosts have counted since.
       */
      const flood = async (where: string, device: string, ...args: readonly string[]) => {
        const address = `192.168.9.${++neighbor}`;
        world.up(`ip addr add ${address}/32 dev up0`);
        const before = await Promise.all(cloud.hosts.map((host) => cloud.drops(host)));
        const begun = Date.now();
        const child = python(where, FLOOD, device, args[0]!, String(SECONDS), ...args.slice(1));
        const ended = output(child);
        const clients = ['g1', 'g2', 'r2'].map(async (guest) => {
          const ask = async () => (await output(python(guest, CLIENT, `tcp:${address}:8080`))).replace(/^\S+ /, '');
          const told = await ask();
          if (told.includes(' sees ')) return told;
          // The answer to who has the new address may be lost among the flood's frames, three times in a row: who asks again is served.
          t.diagnostic(`${args[0]}: ${guest} was told ${told}`);
          return ask();
        });
        const seen = await Promise.all(clients);
        const sent = Number(await ended);
        assert.ok(sent > 1000, `${args[0]}: ${sent} frames`);
        assert.deepEqual(seen, ['up sees 192.168.1.102', 'up sees 192.168.1.22', 'up sees 192.168.1.103']);
        await eventually(() => pings.every((ping) => ping.answeredSince(Date.now() - 500)), Boolean);
        const silence = Math.round(Math.max(...pings.map((ping) => ping.silence(begun))));
        await eventually(unjudged, (hosts) => hosts.every((frames) => frames === 0));
        const after = await Promise.all(cloud.hosts.map((host) => cloud.drops(host)));
        const counted = (host: string, reason: string): number => {
          const i = cloud.hosts.indexOf(host);
          return (after[i]![reason] ?? 0) - (before[i]![reason] ?? 0);
        };
        t.diagnostic(`${args.join(' ')} from ${where}: ${sent} frames, no answer for ${silence} ms`);
        assert.ok(silence < SILENCE_MS, `${args[0]}: ${silence} ms`);
        return { sent, counted };
      };

      await t.test('ARP: questions for all addresses, from all addresses', async () => {
        await flood('up', 'up0', 'asks');
        await flood('up', 'up0', 'askers', RED.address);
      });

      await t.test('ARP: addresses of services, floating IPs and gateways claimed by others are conflicts', async () => {
        const outside = await flood('up', 'up0', 'claims', RED.address, '192.168.1.101', '192.168.1.103', '192.168.1.111');
        for (const host of cloud.hosts) assert.ok(outside.counted(host, 'arp_conflict') > 100, host);
        const inside = await flood('r4', 'tap-r4', 'claims', RED.address, '10.0.0.1', '10.0.0.3', '192.168.1.101', '10.0.0.11');
        assert.ok(inside.counted('h1', 'spoof_arp') > 1000);
      });

      await t.test('SYNs to floating IPs that nobody has, and to a service', async () => {
        const nobody = await flood('up', 'up0', 'syns', exit, INTERNET);
        assert.ok(nobody.counted('h1', 'fip_not_here') > 1000);
        const service = await flood('up', 'up0', 'unasked', RED.service, RED.address);
        assert.ok(service.counted('n', 'unsolicited_syn') > 1000);
      });

      await t.test('echo requests at the address of a service', async () => {
        await flood('up', 'up0', 'echoes', RED.service, RED.address);
      });

      await t.test(
        'guests that look for every address of the external network, by a floating IP and by the service',
        async () => {
          const byFloating = await flood('r1', 'tap-r1', 'syns', RED.gateway, '10.0.0.11');
          assert.ok(byFloating.counted('h1', 'neighbor_failed') + byFloating.counted('h1', 'neighbor_queue_full') > 100);
          const byService = await flood('r4', 'tap-r4', 'syns', RED.gateway, '10.0.0.14');
          assert.ok(byService.counted('n', 'neighbor_failed') + byService.counted('n', 'neighbor_queue_full') > 100);
        },
      );

      await t.test('nobody has been told that an address is elsewhere', () => {
        const macs = world.up('ip neigh show dev up0');
        assert.match(macs, new RegExp(`^192\\.168\\.1\\.101 .*lladdr ${exit}`, 'm'));
        assert.match(macs, /^192\.168\.1\.22 .*lladdr fa:16:3e:93:cb:38/m);
      });
      for (const host of cloud.hosts) t.diagnostic(`${host}: ${JSON.stringify(await cloud.drops(host))}`);
      await world.stop();
    } finally {
      for (const ping of pings) await ping.stop().catch(() => {});
      world.close();
    }
  });
