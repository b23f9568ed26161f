import assert from 'node:assert/strict';
import { test } from 'node:test';
import { windrose } from '../../cli/program.js';
import { EtcdProcess, etcdSkipReason } from '../../store/etcdProcess.js';
import { netnsSkipReason } from '../../support/netns.js';
import { cloudWorkers } from '../support/cloud.js';
import { INTERNET, M, NorthSouth, type Seen } from '../support/northSouth.js';
import { eventually } from '../support/scenario.js';

const line = ({ at, vni, src, dst, from, to, ttl }: Seen): string =>
  `${at} [${nameOf(src)}>${nameOf(dst)} ; ${vni} ; ${from}>${to} ; ${ttl}]`;
const NAMES = new Map(Object.entries(M).map(([name, mac]) => [mac as string, name]));
const nameOf = (mac: string): string => NAMES.get(mac) ?? mac;
const GATEWAY = '192.168.1.21';

for (const workers of cloudWorkers(1, 2))
  for (const store of [workers === 1 ? 'etcd' : 'directories'] as const)
    test(`SNAT: guests without floating addresses, three hosts (${store}${workers === 1 ? '' : `, ${workers} workers`})`, {
      skip: netnsSkipReason() || etcdSkipReason(),
      timeout: 120_000,
    }, async (t) => {
      const world = new NorthSouth(undefined, workers);
      const { cloud } = world;
      let etcd: EtcdProcess | undefined;
      try {
        if (store === 'etcd') {
          etcd = await EtcdProcess.start();
          cloud.sharedStore = `{ etcd: { endpoints: ["${etcd.endpoint}"] } }`;
        }
        await world.start();
        const ping = (guest: string, to: string, count = 1): string =>
          cloud.on(guest, `ping -c ${count} -i 0.1 ${count === 1 ? '-W 2' : '-w 5'} ${to}`);
        /** The walk of one echo request and its answer, place by place; ARP left out. */
        const walk = async (guest: string, to: string, ...places: readonly string[]): Promise<string[]> => {
          world.watch(...places);
          assert.match(ping(guest, to), /1 received/);
          await world.until(places.at(-1)!, 1);
          return world.seen(...places).flatMap((one) => (one.arp ? [] : [line(one)]));
        };

        await t.test('F32 F33 the rules and tables of the reference, with their numbers', async () => {
          const shown = async (...args: readonly string[]) =>
            (await windrose('show', ...args, '--socket', cloud.socket('h2'))).stdout;
          const rules = await shown('rules', 'router', 'r');
          assert.match(rules, /^167772161:\s+from 10\.0\.0\.1\/24 lookup 167772161$/m);
          assert.match(rules, /^335544321:\s+from 20\.0\.0\.1\/24 lookup 335544321$/m);
          assert.match(await shown('routes', 'router', 'r', 'table', '167772161'), /^default via 10\.0\.0\.3 dev qr-blue/m);
        });

        await t.test('F35 F37 2.5 2.6 remote: every hop, header by header, there and back', async () => {
          assert.match(
            await eventually(
              () => cloud.on('a2', ['sh', '-c', `ping -c 1 -W 2 ${INTERNET} || true`]),
              (out) => out.includes('1 received'),
            ),
            /1 received/,
          );
          const steps = await walk('a2', INTERNET, 'a2', 'fab-h2', 'ext-n', 'up', 'fab-n');
          assert.deepEqual(steps, [
            `a2 [sA>a2 ; 0 ; ${INTERNET}>10.0.0.12 ; 63]`,
            `fab-h2 [d2>sA ; 1001 ; 10.0.0.12>${INTERNET} ; 63]`,
            `ext-n [q>u ; 0 ; ${GATEWAY}>${INTERNET} ; 62]`,
            `up [u>q ; 0 ; ${INTERNET}>${GATEWAY} ; 64]`,
            `fab-n [sA>a2 ; 1001 ; ${INTERNET}>10.0.0.12 ; 63]`,
          ]);
        });

        await t.test('F36 co-located: the same, and nothing on the fabric', async () => {
          const steps = await walk('a4', INTERNET, 'fab-n', 'fab-h1', 'fab-h2', 'ext-n', 'up', 'a4');
          assert.deepEqual(steps, [
            `ext-n [q>u ; 0 ; ${GATEWAY}>${INTERNET} ; 62]`,
            `up [u>q ; 0 ; ${INTERNET}>${GATEWAY} ; 64]`,
            `a4 [sA>a4 ; 0 ; ${INTERNET}>10.0.0.14 ; 63]`,
          ]);
        });

        await t.test('F34 between networks of the router nothing goes by the SNAT service', async () => {
          const steps = await walk('a2', '20.0.0.21', 'fab-n', 'ext-n', 'fab-h2');
          assert.deepEqual(steps, ['fab-h2 [d2>b1 ; 1002 ; 10.0.0.12>20.0.0.21 ; 63]']);
        });

        await t.test('F27 the hops: replica, SNAT service, upstream', () => {
          const hop = (ttl: number): string =>
            /^(?:From|\d+ bytes from) ([\d.]+)/m.exec(
              cloud.on('a2', ['sh', '-c', `ping -n -c 1 -W 2 -t ${ttl} ${INTERNET} || true`]),
            )?.[1] ?? 'none';
          assert.deepEqual([1, 2, 3].map(hop), ['10.0.0.1', '10.0.0.3', INTERNET]);
        });

        for (const host of ['h1', 'h2', 'n']) {
          const drops = await cloud.drops(host);
          t.diagnostic(`${host}: ${JSON.stringify(drops)}`);
        }
        await world.stop();
      } finally {
        etcd?.close();
        world.close();
      }
    });
