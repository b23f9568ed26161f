import assert from 'node:assert/strict';
import { test } from 'node:test';
import { windrose } from '../../cli/program.js';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { cloudWorkers, guestOf } from '../support/cloud.js';
import { GUESTS, INTERNET, M, NorthSouth, type Seen } from '../support/northSouth.js';
import { eventually } from '../support/scenario.js';
import { answerTimes } from './answerTimes.js';

const OBJECTS = scenarioFile('floating', 'objects.yaml');
const F = { a1: '192.168.1.101', a3: '192.168.1.103', b2: '192.168.1.102' } as const;
const SHARED = '192.168.1.21';

for (const workers of cloudWorkers(1, 2))
  test(`floating IPs on three hosts${workers === 1 ? '' : `, ${workers} workers`}`, {
    skip: netnsSkipReason(),
    timeout: 180_000,
  }, async (t) => {
    const world = new NorthSouth([...GUESTS, guestOf('a3', 'h1', '0a:03', '10.0.0.13')], workers);
    const { cloud } = world;
    const names = new Map<string, string>(Object.entries({ ...M, a3: 'fa:16:3e:00:0a:03' }).map(([name, mac]) => [mac, name]));
    const line = ({ at, src, dst, vni, from, to, ttl }: Seen): string =>
      `${at} [${names.get(src) ?? src}>${names.get(dst) ?? dst} ; ${vni} ; ${from}>${to} ; ${ttl}]`;
    const ping = (guest: string, to: string, more = ''): string =>
      cloud.on(guest, ['sh', '-c', `ping -n -c 1 -W 2 ${more} ${to} || true`]);
    const reached = (guest: string, to: string): Promise<string> =>
      eventually(
        () => ping(guest, to),
        (out) => out.includes('1 received'),
      );
    /** MAC that the upstream router knows an address by. */
    const macOf = (address: string): string => / lladdr ([\da-f:]+)/.exec(world.up(`ip neigh show ${address}`))?.[1] ?? 'none';
    const forget = (address: string): string => world.up(['sh', '-c', `ip neigh del ${address} dev up0 2>&1 || true`]);
    const walk = async (guest: string, to: string, ...places: readonly string[]): Promise<string[]> => {
      world.watch(...places);
      assert.match(ping(guest, to), /1 received/);
      await world.until(places.at(-1)!, 1);
      return world.seen(...places).flatMap((one) => (one.arp ? [] : [line(one)]));
    };
    /** Milliseconds from when other objects are stored at a host until the upstream router reaches an address there. */
    const untilReached = async (host: string, objects: string, address: string): Promise<number> => {
      const { code, stderr, stdout } = await cloud.apply(host, objects);
      assert.equal(code, 0, stderr + stdout);
      const begun = performance.now();
      await eventually(
        () => world.up(['sh', '-c', `ping -n -c 1 -W 0.2 ${address} || true`]),
        (out) => out.includes('1 received'),
      );
      return performance.now() - begun;
    };
    try {
      await world.start(OBJECTS);
      await reached('a1', INTERNET);
      await reached('b2', INTERNET);
      names.set(macOf(F.a1), 'F1');
      names.set(macOf(F.b2), 'F2');

      await t.test(
        'F43 out from the host of the guest, as the floating IP; nothing on the fabric, nothing at the SNAT service',
        async () => {
          assert.deepEqual(await walk('a1', INTERNET, 'fab-h1', 'ext-n', 'ext-h1', 'up', 'a1'), [
            `ext-h1 [F1>u ; 0 ; ${F.a1}>${INTERNET} ; 63]`,
            `up [u>F1 ; 0 ; ${INTERNET}>${F.a1} ; 64]`,
            `a1 [gA>a1 ; 0 ; ${INTERNET}>10.0.0.11 ; 63]`,
          ]);
        },
      );

      await t.test('F44 asked for, its own host answers, once and at once', async () => {
        // On a machine that others keep busy one question of many may wait for its turn; of three rounds one has to be as it should.
        let [median, most] = [Infinity, Infinity];
        for (let round = 0; round < 3 && (median > 5 || most > 50); round++) {
          const { questions, answers, times, macs } = await answerTimes(cloud, F.a1, 21);
          assert.ok(questions >= 21);
          assert.deepEqual([answers, [...macs].map((mac) => names.get(mac))], [questions, ['F1']]);
          times.sort((a, b) => a - b);
          [median, most] = [times[times.length >> 1]!, times.at(-1)!];
          t.diagnostic(`answered within ${median.toFixed(2)} ms (median), ${most.toFixed(2)} ms at most`);
        }
        assert.ok(median <= 5 && most <= 50, `${median} ms, ${most} ms`);
      });

      await t.test('F46 to floating IPs: of the same host, of another, its own', async () => {
        assert.deepEqual(await walk('a1', F.a3, 'fab-h1', 'ext-h1', 'a3'), [`a3 [gA>a3 ; 0 ; ${F.a1}>10.0.0.13 ; 63]`]);
        await reached('a1', F.b2);
        assert.deepEqual(await walk('a1', F.b2, 'fab-h1', 'ext-h1', 'ext-h2', 'a1'), [
          `ext-h1 [F1>F2 ; 0 ; ${F.a1}>${F.b2} ; 63]`,
          `ext-h2 [F2>F1 ; 0 ; ${F.b2}>${F.a1} ; 63]`,
          `a1 [gA>a1 ; 0 ; ${F.b2}>10.0.0.11 ; 62]`,
        ]);
        assert.match(ping('a1', F.a1), /1 received/);
      });

      await t.test(
        'F46 F50 what kernels send each other by floating IPs holds: streams both ways, in fragments, of one host and to the outside',
        async () => {
          for (const [server, client, address] of [
            ['up', 'a1', INTERNET],
            ['a1', 'up', F.a1],
            ['a3', 'a1', F.a3],
          ] as const) {
            await reached(client, address);
            assert.match(ping(client, address, '-s 6000'), /1 received/, `in fragments, ${client} to ${address}`);
            cloud.on(server, `iperf3 -s -D -I ${cloud.folder}/iperf.pid`);
            const said = cloud.on(client, [
              'sh',
              '-c',
              `sleep 0.3; for way in "" -R; do iperf3 -c ${address} -t 1 -f m $way; sleep 0.5; done`,
            ]);
            cloud.on(server, ['sh', '-c', `kill $(cat ${cloud.folder}/iperf.pid)`]);
            assert.equal(said.match(/receiver/g)?.length, 2, said);
          }
        },
      );

      await t.test('F47 a guest without one: by the SNAT service, answered by the floating IP', async () => {
        await reached('a2', F.a1);
        const seen = await walk('a2', F.a1, 'ext-n', 'ext-h1', 'a2');
        assert.deepEqual(seen, [
          `ext-n [q>F1 ; 0 ; ${SHARED}>${F.a1} ; 62]`,
          `ext-h1 [F1>q ; 0 ; ${F.a1}>${SHARED} ; 63]`,
          `a2 [sA>a2 ; 0 ; ${F.a1}>10.0.0.12 ; 62]`,
        ]);
        assert.match(ping('a4', F.a1), /1 received/, 'a guest of the host that has the service');
      });

      await t.test('F27 F50 the hops of a guest with one, and of who comes from outside', () => {
        const hop = (where: string, to: string, ttl: number): string =>
          /^(?:From|\d+ bytes from) ([\d.]+)/m.exec(ping(where, to, `-t ${ttl}`))?.[1] ?? 'none';
        assert.deepEqual(
          [1, 2].map((ttl) => hop('a1', INTERNET, ttl)),
          ['10.0.0.1', INTERNET],
        );
        assert.deepEqual(
          [1, 2].map((ttl) => hop('up', F.a1, ttl)),
          [F.a1, F.a1],
        );
      });

      await t.test('F52 no address of the external network but the service and the floating IPs', () => {
        const known = world
          .up('ip neigh show dev up0')
          .split('\n')
          .flatMap((one) => (one.includes('lladdr') ? [one.split(' ')[0]!] : []));
        assert.deepEqual(
          known.filter((one) => ![F.a1, F.a3, F.b2, SHARED].includes(one as never)),
          [],
        );
      });

      await t.test(
        'F48 taken away, given to another guest of the host, brought back: within a second of the change',
        async () => {
          const of = (lport: string) => OBJECTS.replace(`${F.a1}, network: ext, lport: a1`, `${F.a1}, network: ext${lport}`);
          await cloud.apply('h1', of(''));
          await eventually(
            () => ping('up', F.a1),
            (out) => out.includes('0 received'),
          );
          const ms = [await untilReached('h1', of(', lport: b1'), F.a1), await untilReached('h1', OBJECTS, F.a1)];
          t.diagnostic(
            `reached at another guest, and at the first again, after ${ms.map((one) => one.toFixed(0)).join(' and ')} ms`,
          );
          assert.ok(
            ms.every((one) => one <= 1000),
            `${ms} ms`,
          );
          await reached('a1', INTERNET);
        },
      );

      await t.test('F49 centralised: asked for, the SNAT service answers with its MAC, both ways by it', async () => {
        cloud.change(OBJECTS.replace('lport: a1 }', 'lport: a1, placement: centralized }'));
        await eventually(
          () => {
            forget(F.a1);
            ping('up', F.a1);
            return macOf(F.a1);
          },
          (mac) => mac === M.q,
        );
        await reached('a1', INTERNET);
        const seen = await walk('a1', INTERNET, 'ext-h1', 'ext-n', 'up', 'a1');
        assert.deepEqual(seen, [
          `ext-n [q>u ; 0 ; ${F.a1}>${INTERNET} ; 62]`,
          `up [u>q ; 0 ; ${INTERNET}>${F.a1} ; 64]`,
          `a1 [sA>a1 ; 0 ; ${INTERNET}>10.0.0.11 ; 63]`,
        ]);
        cloud.change(OBJECTS);
        await eventually(
          () => {
            forget(F.a1);
            ping('up', F.a1);
            return names.get(macOf(F.a1));
          },
          (name) => name === 'F1',
        );
      });

      await t.test('F78 a subnet of the address scope of the external network leaves its host as it is', async () => {
        const scoped = OBJECTS.replace('cidr: 10.0.0.0/24,', 'addressScope: s, cidr: 10.0.0.0/24,').replace(
          'cidr: 192.168.1.0/24,',
          'addressScope: s, cidr: 192.168.1.0/24,',
        );
        world.up(`ip route replace 10.0.0.0/24 via ${F.b2} src ${INTERNET}`);
        cloud.change(scoped);
        const { stdout } = await eventually(
          () => windrose('show', 'rules', 'router', 'r', '--socket', cloud.socket('h2')),
          (said) => said.stdout.includes('80000:'),
        );
        assert.match(stdout, /^80000:\s+from 10\.0\.0\.0\/24 lookup 16$/m);
        await reached('a2', INTERNET);
        const seen = await walk('a2', INTERNET, 'ext-n', 'fab-h2', 'ext-h2', 'a2');
        assert.deepEqual(seen, [`ext-h2 [F2>u ; 0 ; 10.0.0.12>${INTERNET} ; 63]`, `a2 [gA>a2 ; 0 ; ${INTERNET}>10.0.0.12 ; 63]`]);
        await reached('a2', F.a1);
        const own = await walk('a2', F.a1, 'ext-n', 'ext-h1', 'ext-h2', 'a2');
        assert.deepEqual(own, [
          `ext-n [q>F1 ; 0 ; ${SHARED}>${F.a1} ; 62]`,
          `ext-h1 [F1>q ; 0 ; ${F.a1}>${SHARED} ; 63]`,
          `a2 [sA>a2 ; 0 ; ${F.a1}>10.0.0.12 ; 62]`,
        ]);
        assert.match(ping('a2', SHARED), /1 received/);
      });

      await t.test('F45 rules and pairs of the reference, and the same after a restart', async () => {
        const shown = async (...args: readonly string[]) =>
          (await windrose('show', ...args, '--socket', cloud.socket('h1'))).stdout;
        const rules = await shown('rules', 'router', 'r');
        assert.match(rules, /^32768:\s+from 10\.0\.0\.11 lookup 16$/m);
        assert.match(rules, /^32769:\s+from 10\.0\.0\.13 lookup 16$/m);
        assert.match(await shown('routes', 'router', 'r', 'table', '16'), /^default via 169\.254\.64\.1 dev rfp-r/m);
        const ofExit = await shown('routes', 'router', 'fip-ext');
        assert.match(ofExit, /^192\.168\.1\.101 via 169\.254\.64\.0 dev fpr-r/m);
        assert.match(ofExit, /^192\.168\.1\.0\/24 dev fg-ext scope link/m);
        await cloud.restart('h1');
        for (const name of ['a1', 'a3', 'b1']) cloud.address(name);
        assert.equal(await shown('rules', 'router', 'r'), rules);
        await reached('a1', INTERNET);
      });

      for (const host of ['h1', 'h2', 'n']) t.diagnostic(`${host}: ${JSON.stringify(await cloud.drops(host))}`);
      await world.stop();
    } finally {
      world.close();
    }
  });
