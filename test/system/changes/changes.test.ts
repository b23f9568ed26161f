import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { getJson } from '../../../src/cli/controlClient.js';
import type { FloatingIpRow, RifRow } from '../../../src/types/showObjects.js';
import { EtcdProcess, etcdSkipReason } from '../../store/etcdProcess.js';
import { drawsOf } from '../../support/long.js';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { guestsIn } from '../support/guests.js';
import { INTERNET, NorthSouth } from '../support/northSouth.js';
import { eventually } from '../support/scenario.js';
import { SteadyPing } from '../support/steadyPing.js';

const MOVED = '192.168.1.103';
const OBJECTS = scenarioFile('twins', 'objects.yaml')
  .replace('external: true }', 'external: true, floatingMac: perFip }')
  // Ports that forwarded ones lead to have no floating IP.
  .replace(/^ {2}- \{\s+name: red-web[\s\S]*/m, '');
/** To each of four guests, or twice. */
const ROUNDS = drawsOf(4, 8);
/** On a machine whose two cores have three gateways, an etcd and the test. */
const SILENCE_MS = 3000;

const at = (lport: string): string =>
  OBJECTS.replace(`${MOVED}, network: ext, lport: r2`, `${MOVED}, network: ext, lport: ${lport}`);
const red = (keys: string, text = OBJECTS): string => text.replace('- name: rr\n', `- name: rr\n${keys}`);
const shut = '    adminUp: false\n';
const WITHOUT_GATEWAY = OBJECTS.replace(/ {4}gateways:\n {6}- \{ network: ext, address: 192\.168\.1\.21.*\n/, '')
  .replace(', snat: 10.0.0.3, snatMac: "fa:16:3e:a3:ef:a9"', '')
  .replaceAll(/^ {2}- \{ address: 192\.168\.1\.10[13], .*\n/gm, '');
const ON_ONE_HOST = '    distributed: false\n';
const oneHost = (keys: string): string =>
  red(`${ON_ONE_HOST}${keys}`).replace(', snat: 10.0.0.3, snatMac: "fa:16:3e:a3:ef:a9"', '');

test('F48 F52 floating IPs move, gateways and routers come and go under traffic; nothing untranslated leaves', {
  skip: netnsSkipReason() || etcdSkipReason(),
  timeout: 180_000,
}, async (t) => {
  const world = new NorthSouth(guestsIn(OBJECTS), 2);
  const { cloud } = world;
  const pings: SteadyPing[] = [];
  let etcd: EtcdProcess | undefined;
  try {
    etcd = await EtcdProcess.start();
    cloud.sharedStore = `{ etcd: { endpoints: ["${etcd.endpoint}"] } }`;
    await world.start(OBJECTS);
    // Everything that a host puts onto the external network, whoever it is from.
    world.watch('ext-h1', 'ext-h2', 'ext-n');
    const steady = (where: string, to: string): SteadyPing => {
      const ping = new SteadyPing(cloud.sandbox, cloud.netns(where), to);
      pings.push(ping);
      return ping;
    };
    const floating = steady('up', MOVED);
    const [own, shared, green] = [steady('r1', INTERNET), steady('r4', INTERNET), steady('g2', INTERNET)];
    const apply = async (objects: string, host = 'n'): Promise<void> => {
      const { code, stdout, stderr } = await cloud.apply(host, objects);
      assert.equal(code, 0, stdout + stderr);
    };
    const answered = (...some: readonly SteadyPing[]) => {
      const now = Date.now();
      return eventually(() => some.every((ping) => ping.answeredSince(now)), Boolean, 15_000);
    };
    const rows = <T>(host: string, noun: string) => getJson(cloud.socket(host), `/v1/show/${noun}`) as Promise<T[]>;
    await answered(floating, own, shared, green);

    await t.test('a floating IP goes round, to other hosts and to the other tenant', async () => {
      const silences: number[] = [];
      const guests = ['r3', 'g3', 'g2', 'r2'] as const;
      const hosts = { r2: 'h2', g2: 'h2', r3: 'n', g3: 'n' } as const;
      for (let i = 0; i < ROUNDS; i++) {
        const [before, to] = [guests[(i + 3) % 4]!, guests[i % 4]!];
        const begun = Date.now();
        await apply(at(to), cloud.hosts[i % 3]);
        const said = async (host: string): Promise<string> => {
          const [row] = (await rows<FloatingIpRow>(host, 'floating-ips')).filter(({ address }) => address === MOVED);
          return `${row?.lport} at ${row?.host}`;
        };
        const true_ = [before, to].map((guest) => `${guest} at ${hosts[guest]}`);
        for (const host of cloud.hosts)
          await eventually(
            async () => {
              const one = await said(host);
              assert.ok(true_.includes(one), `${host}: ${one}, not ${true_.join(' or ')}`);
              return one;
            },
            (one) => one === true_[1],
          );
        await answered(floating);
        silences.push(Math.round(floating.silence(begun)));
      }
      t.diagnostic(`not answered for ${silences.join(', ')} ms`);
      assert.ok(Math.max(...silences) < SILENCE_MS);
      const links = async (host: string) =>
        (await rows<RifRow>(host, 'rifs'))
          .flatMap(({ name, address }) => (/^(rfp|fpr)-/.test(name) ? [`${name} ${address}`] : []))
          .sort();
      const pair = (router: string, k: number) => [
        `fpr-${router} 169.254.64.${2 * k + 1}/31`,
        `rfp-${router} 169.254.64.${2 * k}/31`,
      ];
      const link = await eventually(
        () => links('h1'),
        ({ length }) => length === 4,
      );
      assert.deepEqual(link, [pair('rg', 1)[0], pair('rr', 0)[0], pair('rg', 1)[1], pair('rr', 0)[1]]);
      // Those of a host that has seen both tenants' are of the first two numbers, and of as many as it has.
      const moved = await eventually(
        () => links('h2'),
        ({ length }) => length === 2,
      );
      assert.ok(
        [0, 1].some((k) => moved.join() === pair('rr', k).join()),
        moved.join(),
      );
      const rules = (await getJson(cloud.socket('h2'), '/v1/show/rules?router=rr')) as { priority: number; from: string }[];
      const own16 = rules.filter(({ priority }) => priority >= 32_768 && priority < 80_000);
      assert.ok(own16.length === 1 && own16[0]!.priority <= 32_769, JSON.stringify(own16));
    });

    const others = async (what: string, silent: readonly SteadyPing[], objects: readonly string[]): Promise<void> =>
      void (await t.test(what, async () => {
        const begun = Date.now();
        for (const one of objects.slice(0, -1)) {
          await apply(one);
          await pause(300);
        }
        const last = Date.now();
        await apply(objects.at(-1)!);
        await answered(...silent, green);
        t.diagnostic(`${what}: answered ${Date.now() - last} ms after it was undone`);
        assert.ok(green.silence(begun) < SILENCE_MS, `the other tenant: ${green.silence(begun)} ms`);
      }));
    const reds = [floating, own, shared];
    await others('the gateway goes, with its floating IPs, and comes back', reds, [WITHOUT_GATEWAY, OBJECTS]);
    await others('the router is shut and opened', reds, [red(shut), OBJECTS]);
    await others('it is on one host, and distributed again', reds, [
      ...[red(shut), oneHost(shut), oneHost(''), oneHost(shut), red(shut), OBJECTS],
    ]);
    await others('the gateway gets another address', [shared], [OBJECTS.replace('1.21, mac', '1.25, mac'), OBJECTS]);
    await others(
      'a floating IP is centralised, and distributed again',
      [own],
      [OBJECTS.replace('lport: r1 }', 'lport: r1, placement: centralized }'), OBJECTS],
    );

    await t.test('F52 no address of inside, and no link-local one, was on the external network', () => {
      const seen = world.seen('ext-h1', 'ext-h2', 'ext-n');
      // Guests of green are on a VLAN of the same wire, as they are.
      assert.ok(seen.some(({ from, to, vlan }) => vlan === 301 && from === '10.0.0.12' && to === INTERNET));
      const leaks = seen.filter(({ from, to, vlan }) => vlan === 0 && [from, to].some((one) => /^(10|169)\./.test(one)));
      assert.deepEqual(leaks, []);
    });
    for (const host of cloud.hosts) t.diagnostic(`${host}: ${JSON.stringify(await cloud.drops(host))}`);
    await world.stop();
  } finally {
    for (const ping of pings) await ping.stop().catch(() => {});
    etcd?.close();
    world.close();
  }
});
