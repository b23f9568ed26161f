import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatIssue } from '../../src/config/issues.js';
import { listYaml } from '../../src/config/listYaml.js';
import { drawByKey, type MacDraw } from '../../src/objects/drawMacs.js';
import { readObjects } from '../../src/objects/load.js';
import type { Objects } from '../../src/objects/model.js';
import { entriesOf } from '../../src/objects/objectEntries.js';
import { keysOf, objectsIn } from '../../src/store/objectKeys.js';
import { formatIpv4, hostOrder, parseIpv4, type WireIpv4 } from '../../src/types/ipv4.js';
import { formatMac } from '../../src/types/mac.js';
import { SEED } from './seed.js';

/** Clouds with external networks, gateways and floating IPs, whose addresses are given to them. */

const WHO = { seed: SEED, numRuns: 120 };

/** Networks a and b inside, x and y outside; every router is on both inside ones, by addresses of its own. */
const fixed = {
  hosts: [
    { name: 'h1', mode: 'dvr_snat', physnets: ['p'], externalAddresses: [{ network: 'x', address: '192.168.0.2' }] },
    { name: 'h2', physnets: ['p'] },
  ],
  networks: [
    { name: 'a', type: 'local' },
    { name: 'b', type: 'local' },
    { name: 'x', type: 'vlan', id: 1, physnet: 'p', external: true },
    { name: 'y', type: 'vlan', id: 2, physnet: 'p', external: true, floatingMac: 'perFip' },
  ],
};

interface Plan {
  readonly pools: boolean;
  readonly routers: readonly { readonly gateways: number; readonly own: boolean; readonly written: boolean }[];
  readonly ports: readonly { readonly network: number; readonly pairs: boolean }[];
  readonly floating: readonly {
    readonly network: number;
    readonly kind: 'held' | 'port' | 'forward' | 'written';
    readonly port: number;
  }[];
}

const plan: fc.Arbitrary<Plan> = fc.record({
  pools: fc.boolean(),
  routers: fc.array(fc.record({ gateways: fc.nat(2), own: fc.boolean(), written: fc.boolean() }), { minLength: 1, maxLength: 3 }),
  ports: fc.array(fc.record({ network: fc.nat(1), pairs: fc.boolean() }), { maxLength: 6 }),
  floating: fc.array(
    fc.record({ network: fc.nat(1), kind: fc.constantFrom('held', 'port', 'forward', 'written'), port: fc.nat(5) }),
    { maxLength: 8 },
  ),
});

type Entry = Record<string, unknown> & { readonly name: string };

function cloudOf({ pools, routers, ports, floating }: Plan): Record<string, Entry[]> {
  const pool = (third: number) => (pools ? { pools: [`192.168.${third}.100-192.168.${third}.130`, `192.168.${third}.5`] } : {});
  // Only what a gateway leads to may have floating IPs: the first router is the one that hosts send to.
  const leads = routers[0]!.gateways;
  const of = new Set<string>();
  return {
    hosts: fixed.hosts,
    networks: fixed.networks,
    subnets: [
      { name: 'a4', network: 'a', cidr: '10.0.0.0/24' },
      { name: 'b4', network: 'b', cidr: '10.0.1.0/24' },
      { name: 'x4', network: 'x', cidr: '192.168.0.0/24', ...pool(0) },
      { name: 'y4', network: 'y', cidr: '192.168.1.0/24', ...pool(1) },
    ],
    lports: ports.map(({ network, pairs }, i) => ({
      ...{ name: `p${i}`, network: 'ab'[network], addresses: [`10.0.${network}.${2 + 3 * i}`] },
      ...(pairs ? { allowedPairs: [{ address: `10.0.${network}.${3 + 3 * i}` }, { address: '0.0.0.0/0' }] } : {}),
    })),
    routers: routers.map(({ gateways, own, written }, i) => ({
      name: `r${i}`,
      interfaces: ['a4', 'b4'].map((subnet, at) => ({
        ...{ name: `r${i}-${subnet}`, subnet, address: `10.0.${at}.${i === 0 ? 1 : 200 + i}` },
        ...(written && gateways > 0 ? { snat: `10.0.${at}.${220 + i}` } : {}),
      })),
      gateways: ['x', 'y'].slice(0, gateways).map((network, at) => ({
        network,
        ...(at === 0 ? {} : { sources: ['10.0.0.0/25'] }),
        ...(own
          ? {
              zones: [
                { name: 'z', match: '10.0.0.0/25', localAddresses: [`192.168.${at}.${3 + 4 * i}-192.168.${at}.${5 + 4 * i}`] },
              ],
            }
          : {}),
      })),
    })),
    floatingIps: floating.map(({ network: n, kind, port: at }, i): Entry => {
      const network = 'xy'[n]!;
      const base = { name: `f${i}`, network, ...(kind === 'written' ? { address: `192.168.${n}.${50 + i}` } : {}) };
      const port = ports.length === 0 ? undefined : `p${at % ports.length}`;
      if (kind === 'held' || port === undefined || n >= leads || of.has(`${network} ${port}`)) return base;
      of.add(`${network} ${port}`);
      return kind === 'forward'
        ? { ...base, forwardings: [{ protocol: 'tcp', port: 80, lport: port, toPort: 8080 }] }
        : { ...base, lport: port };
    }),
  };
}

function read(entries: Record<string, Entry[]>, before?: Objects, draw: MacDraw = drawByKey): Objects {
  const { objects, issues } = readObjects(JSON.stringify(entries), 'drawn.yaml', { before, draw });
  assert.ok(objects !== undefined, `${issues.map(formatIssue).join('\n')}\n${JSON.stringify(entries, null, 1)}`);
  return objects;
}

const byName = <T extends { readonly name: string }>(all: readonly T[]): Map<string, T> =>
  new Map(all.map((one) => [one.name, one]));

/** Addresses that nobody wrote may be among them: "network address" of everything that has one, with whose it is. */
function addressesOf({ lports, rifs, routers, floatingIps, subnets, hosts }: Objects): [string, WireIpv4, string][] {
  const networkOf = new Map(subnets.map(({ name, network }) => [name, network]));
  return [
    ...lports.flatMap(({ network, addresses, name }) => addresses.map((one): [string, WireIpv4, string] => [network, one, name])),
    ...rifs.flatMap(({ subnet, address, snat, name }): [string, WireIpv4, string][] => [
      [networkOf.get(subnet)!, address, name],
      ...(snat === undefined ? [] : [[networkOf.get(subnet)!, snat.address, `sg ${name}`] as [string, WireIpv4, string]]),
    ]),
    ...routers.flatMap(({ name, gateways }) =>
      gateways.flatMap(({ network, address, zones }) => [
        [network, address, `qg ${name}`] as [string, WireIpv4, string],
        ...zones
          .flatMap(({ localAddresses }) => localAddresses)
          .filter((one) => one !== address)
          .map((one): [string, WireIpv4, string] => [network, one, `zone ${name}`]),
      ]),
    ),
    ...floatingIps.map(({ network, address, name }): [string, WireIpv4, string] => [network, address, name]),
    ...hosts.flatMap(({ name, externalAddresses = [] }) =>
      externalAddresses.map(({ network, address }): [string, WireIpv4, string] => [network, address, name]),
    ),
  ];
}

describe('clouds with external networks, whatever they are', () => {
  test('"get" prints a file that makes the same objects, and so do the records of a store', () => {
    fc.assert(
      fc.property(plan, (drawn) => {
        const objects = read(cloudOf(drawn));
        const text = listYaml(entriesOf(objects), 'printed');
        assert.deepEqual(readObjects(text, 'again.yaml').objects, objects, text);
        const items = [...keysOf(objects)].map(([key, value]) => ({ key, value: JSON.stringify(value), modRevision: 1 }));
        const stored = objectsIn(items);
        for (const kind of ['hosts', 'networks', 'subnets', 'lports', 'routers', 'rifs', 'floatingIps'] as const)
          assert.deepEqual(byName<{ readonly name: string }>(stored[kind]), byName<{ readonly name: string }>(objects[kind]));
      }),
      WHO,
    );
  });

  test('the order of a file says nothing about addresses and MACs', () => {
    fc.assert(
      fc.property(plan, fc.infiniteStream(fc.nat(1000)), (drawn, dice) => {
        const shuffled = <T>(all: readonly T[]): T[] => {
          return all
            .map((one) => ({ one, at: dice.next().value as number }))
            .sort((a, b) => a.at - b.at)
            .map(({ one }) => one);
        };
        const entries = cloudOf(drawn);
        const other = Object.fromEntries(Object.entries(entries).map(([kind, all]) => [kind, shuffled(all)]));
        other.routers = other.routers!.map((one) => ({ ...one, interfaces: shuffled(one.interfaces as unknown[]) }));
        const [first, second] = [read(entries), read(other)];
        for (const kind of ['lports', 'routers', 'rifs', 'floatingIps'] as const)
          assert.deepEqual(byName<{ readonly name: string }>(second[kind]), byName<{ readonly name: string }>(first[kind]));
      }),
      WHO,
    );
  });

  test("every address and MAC on a network is one owner's, and what is given is the first that is free", () => {
    fc.assert(
      fc.property(plan, (drawn) => {
        const objects = read(cloudOf(drawn));
        const all = addressesOf(objects).map(([network, address]) => `${network} ${formatIpv4(address)}`);
        assert.equal(new Set(all).size, all.length, all.join(', '));
        const macs = [
          ...objects.floatingIps.map(({ network, mac }) => `${network} ${formatMac(mac)}`),
          ...objects.routers.flatMap(({ gateways }) => gateways.map(({ network, mac }) => `${network} ${formatMac(mac)}`)),
          ...objects.rifs.flatMap(({ subnet, mac, snat }) =>
            [mac, ...(snat === undefined ? [] : [snat.mac])].map((one) => `${subnet} ${formatMac(one)}`),
          ),
        ];
        assert.equal(new Set(macs).size, macs.length);
        const taken = new Set(all);
        for (const { network, address, name } of objects.floatingIps) {
          const written = (parseIpv4('192.168.0.50') as { value: WireIpv4 }).value;
          if (drawn.pools || hostOrder(address) % 256 >= hostOrder(written) % 256) continue;
          for (let below = 2; below < hostOrder(address) % 256; below++)
            assert.ok(taken.has(`${network} 192.168.${network === 'x' ? 0 : 1}.${below}`), `${name} ${formatIpv4(address)}`);
        }
      }),
      WHO,
    );
  });

  test('what holds is kept, whoever comes and goes', () => {
    fc.assert(
      fc.property(plan, plan, (drawn, then) => {
        const before = read(cloudOf(drawn));
        // Others come, and every second floating IP goes; what is left was not written.
        const entries = cloudOf({ ...drawn, ports: [], floating: [] });
        const left = before.floatingIps.filter((_, i) => i % 2 === 0);
        const coming = then.floating.map(({ network }, i) => ({ name: `c${i}`, network: 'xy'[network] }));
        const after = read(
          { ...entries, floatingIps: [...coming, ...left.map(({ name, network }) => ({ name, network }))] },
          before,
          (key, attempt) => drawByKey(`other ${key}`, attempt),
        );
        const now = byName(after.floatingIps);
        for (const { name, address, mac } of left) assert.deepEqual([now.get(name)!.address, now.get(name)!.mac], [address, mac]);
        for (const rif of before.rifs) assert.deepEqual(byName(after.rifs).get(rif.name), rif);
        for (const router of before.routers) assert.deepEqual(byName(after.routers).get(router.name), router);
      }),
      WHO,
    );
  });
});
