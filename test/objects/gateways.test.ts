import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drawByKey } from '../../src/objects/drawMacs.js';
import { exitMac, exitMacs } from '../../src/objects/exitMac.js';
import type { Objects } from '../../src/objects/model.js';
import { formatIpv4, formatPrefix } from '../../src/types/ipv4.js';
import { formatMac, type Mac } from '../../src/types/mac.js';
import { externalIssues, externalOf, floating, router } from './externalSample.js';

const snats = ({ rifs }: Objects): string[] => rifs.map(({ snat }) => (snat === undefined ? 'none' : formatIpv4(snat.address)));
const gateways = ({ routers }: Objects): string[] =>
  routers.flatMap((one) => one.gateways.map(({ network, address }) => `${network} ${formatIpv4(address)}`));
const addresses = ({ floatingIps }: Objects): string[] => floatingIps.map(({ address }) => formatIpv4(address));

describe('gateways of routers', () => {
  test('the sample is without fault, and what nobody wrote is filled in', () => {
    assert.deepEqual(externalIssues({}), []);
    const objects = externalOf();
    const [gateway] = objects.routers[0]!.gateways;
    assert.deepEqual([gateway!.subnet, gateway!.enableSnat, gateway!.sources, gateway!.hosts], ['ext4', true, [], []]);
    assert.deepEqual(
      gateway!.zones.map(({ name, match, localAddresses, ports, mapping }) => [
        name,
        match.map(formatPrefix),
        localAddresses.map(formatIpv4),
        ports.low,
        mapping.udp,
      ]),
      [['all', ['0.0.0.0/0'], ['192.168.1.21'], 1024, 'eim']],
    );
    assert.deepEqual(snats(objects), ['10.0.0.2', '20.0.0.2']);
    assert.match(formatMac(objects.rifs[0]!.snat!.mac), /^fa:16:3e:/);
    assert.deepEqual(
      objects.networks.map(({ external, floatingMac }) => [external, floatingMac]),
      [
        [false, 'perHost'],
        [false, 'perHost'],
        [true, 'perHost'],
        [true, 'perHost'],
      ],
    );
    assert.deepEqual([objects.hosts[0]!.draining, objects.hosts[0]!.externalAddresses], [false, []]);
  });

  test('an SNAT service is there when the router is distributed and has a gateway', () => {
    assert.deepEqual(snats(externalOf({ ...router(''), floatingIps: '' })), ['none', 'none']);
    const central =
      'routers:\n  - { name: r1, distributed: false, interfaces: [{ subnet: blue4 }], gateways: [{ network: ext }] }';
    assert.deepEqual(snats(externalOf({ routers: central, floatingIps: '' })), ['none']);
  });

  test('of several each has its sources, and the zone that nobody wrote is of all that leaves by it', () => {
    const objects = externalOf(
      router('{ network: ext }, { network: more, sources: [10.0.0.64/26, 10.0.0.128/26], enableSnat: false, hosts: [h2] }'),
    );
    const [, second] = objects.routers[0]!.gateways;
    assert.deepEqual([second!.sources.map(formatPrefix), second!.enableSnat], [['10.0.0.64/26', '10.0.0.128/26'], false]);
    assert.deepEqual(
      second!.zones.map(({ name, match }) => [name, match.map(formatPrefix)]),
      [['all', ['0.0.0.0/0']]],
    );
  });

  test('zones are those of a configuration', () => {
    const zones =
      '[{ match: 10.0.0.0/25, localAddresses: [192.168.1.40-192.168.1.43], pooling: least }, { name: rest, match: 0.0.0.0/0, localAddresses: [192.168.1.21] }]';
    const changed = router(`{ network: ext, address: 192.168.1.21, zones: ${zones} }`);
    assert.deepEqual(externalIssues(changed), []);
    assert.deepEqual(
      externalOf(changed).routers[0]!.gateways[0]!.zones.map(({ name, pooling, localAddresses }) => [
        name,
        pooling,
        localAddresses.length,
      ]),
      [
        ['10.0.0.0/25', 'least', 4],
        ['rest', 'rr', 1],
      ],
    );
  });

  test("a route by a next hop of an external network is the service's: its ways have no device", () => {
    const { routers } = externalOf(
      router(
        '{ network: ext, address: 192.168.1.21 }',
        undefined,
        '\n    routes: [30.0.0.0/8 via 192.168.1.9, 40.0.0.0/8 via 10.0.0.9, 50.0.0.0/8 via 192.168.1.9 dev qg-r1]',
      ),
    );
    assert.deepEqual(
      routers[0]!.routes.map(({ nexthops }) => nexthops.map(({ dev }) => dev)),
      [[undefined], ['qr-blue4'], [undefined]],
    );
  });
});

describe('addresses that nobody wrote', () => {
  test('are the first free ones: not those of ports, pairs, interfaces, gateways, hosts, or zones', () => {
    const objects = externalOf({
      hosts: `hosts:
  - { name: h1, vtep: 192.0.2.1, physnets: [p], externalAddresses: [{ network: ext, address: 192.168.1.5 }] }
  - { name: h2, vtep: 192.0.2.2, mode: dvr_snat, physnets: [p] }`,
      ...router(
        '{ network: ext, zones: [{ match: 0.0.0.0/0, localAddresses: [192.168.1.2-192.168.1.3] }] }',
        '{ subnet: blue4, address: 10.0.0.3 }, { subnet: orange4, snat: 20.0.0.9 }',
      ),
      lports: `lports:
  - { name: a1, network: blue, addresses: [10.0.0.1], host: h1, allowedPairs: [{ address: 10.0.0.2 }, { address: 10.0.0.4/31 }] }
  - { name: b2, network: orange, addresses: [20.0.0.22], host: h2, allowedPairs: [{ address: 0.0.0.0/0 }] }`,
      ...floating('name: f, network: ext', 'address: 192.168.1.6, network: ext', 'name: g, network: ext'),
    });
    assert.deepEqual(gateways(objects), ['ext 192.168.1.4']);
    assert.deepEqual(snats(objects), ['10.0.0.6', '20.0.0.9']);
    assert.deepEqual(addresses(objects), ['192.168.1.7', '192.168.1.6', '192.168.1.8']);
  });

  test('come from pools where there are some, and from another subnet when one has no more', () => {
    const objects = externalOf({
      subnets: `subnets:
  - { name: blue4, network: blue, cidr: 10.0.0.0/24, pools: [10.0.0.200-10.0.0.210] }
  - { name: orange4, network: orange, cidr: 20.0.0.0/24 }
  - { name: ext5, network: ext, cidr: 192.168.2.0/24 }
  - { name: ext4, network: ext, cidr: 192.168.1.0/24, pools: [192.168.1.255, 192.168.1.1, 192.168.1.30-192.168.1.31] }
  - { name: more4, network: more, cidr: 198.51.100.0/24 }`,
      ...router('{ network: ext, subnet: ext4 }'),
      ...floating('name: f, network: ext', 'name: g, network: ext'),
    });
    assert.deepEqual([gateways(objects), snats(objects)], [['ext 192.168.1.30'], ['10.0.0.200', '20.0.0.2']]);
    assert.deepEqual(addresses(objects), ['192.168.1.31', '192.168.2.2']);
  });

  test('are kept when others come and go, and pools change', () => {
    const before = externalOf(floating('name: f, network: ext', 'name: g, network: ext'));
    const after = externalOf(
      {
        subnets: `subnets:
  - { name: blue4, network: blue, cidr: 10.0.0.0/24, pools: [10.0.0.100] }
  - { name: orange4, network: orange, cidr: 20.0.0.0/25 }
  - { name: ext4, network: ext, cidr: 192.168.1.0/24, pools: [192.168.1.50-192.168.1.60] }
  - { name: more4, network: more, cidr: 198.51.100.0/24 }`,
        ...floating('name: g, network: ext', 'name: a, network: ext'),
      },
      { before },
    );
    assert.deepEqual(
      [addresses(before), addresses(after)],
      [
        ['192.168.1.2', '192.168.1.3'],
        ['192.168.1.3', '192.168.1.50'],
      ],
    );
    assert.deepEqual(snats(after), snats(before));
    assert.deepEqual(after.rifs[0]!.snat!.mac, before.rifs[0]!.snat!.mac);
  });

  test('are others when the subnet has others', () => {
    const moved = {
      subnets: `subnets:
  - { name: blue4, network: blue, cidr: 10.0.0.0/24 }
  - { name: orange4, network: orange, cidr: 20.0.0.0/24 }
  - { name: ext4, network: ext, cidr: 192.168.7.0/24 }
  - { name: more4, network: more, cidr: 198.51.100.0/24 }`,
      ...router('{ network: ext }'),
      ...floating('name: f, network: ext'),
    };
    const before = externalOf({ ...moved, subnets: moved.subnets.replace('192.168.7', '192.168.1') });
    const after = externalOf(moved, { before });
    assert.deepEqual([gateways(after), addresses(after)], [['ext 192.168.7.2'], ['192.168.7.3']]);
  });

  test('that a port is given now are no reason to change them: the port is at fault', () => {
    const before = externalOf();
    assert.deepEqual(
      externalIssues(
        {
          lports:
            'lports:\n  - { name: a1, network: blue, addresses: [10.0.0.2] }\n  - { name: b2, network: orange, addresses: [20.0.0.22] }',
        },
        { before },
      ),
      ['15:44 lports[0].addresses[0]: 10.0.0.2 is already routers[0].interfaces[0].snat (router r1, line 19) on network blue'],
    );
  });
});

describe('MACs on external networks', () => {
  const octetsOf = (...octets: readonly number[]): ((key: string, attempt: number) => Mac) => {
    return (_, attempt) => Uint8Array.of(0xfa, 0x16, 0x3e, 0, 0, octets[attempt]!);
  };

  test('of hosts are the same for everybody, and none is that of another', () => {
    const objects = externalOf();
    assert.deepEqual(exitMac(objects, 'ext', 'h1'), exitMac(structuredClone(objects), 'ext', 'h1'));
    assert.notDeepEqual(exitMac(objects, 'ext', 'h1'), exitMac(objects, 'more', 'h1'));
    const order = { ...objects, hosts: objects.hosts.toReversed() };
    const last = (macs: ReadonlyMap<string, Mac>) => [...macs].map(([host, mac]) => `${host} ${mac[5]}`);
    for (const hosts of [objects, order]) assert.deepEqual(last(exitMacs(hosts, 'ext', octetsOf(1, 2, 3))), ['h1 1', 'h2 2']);
    const q = (octet: number): Objects => ({
      ...objects,
      routers: objects.routers.map((one) => ({
        ...one,
        gateways: one.gateways.map((gateway) => ({ ...gateway, mac: octetsOf(octet)('', 0) })),
      })),
    });
    assert.deepEqual(last(exitMacs(q(1), 'ext', octetsOf(1, 2, 3))), ['h1 2', 'h2 3']);
    assert.deepEqual(last(exitMacs(q(1), 'more', octetsOf(1, 2, 3))), ['h1 1', 'h2 2']);
    assert.deepEqual(exitMac(objects, 'ext', 'h9'), exitMac({ ...objects, hosts: [] }, 'ext', 'h9'));
  });

  test('that are drawn for a floating IP, and a port there, are none of theirs', () => {
    const fg = formatMac(exitMac(externalOf(), 'ext', 'h1'));
    const lports = `lports:
  - { name: a1, network: blue, addresses: [10.0.0.11] }
  - { name: b2, network: orange, addresses: [20.0.0.22] }
  - { name: x, network: ext, mac: "${fg}" }`;
    assert.deepEqual(externalIssues({ lports }), [
      `17:35 lports[2].mac: ${fg} is already hosts[0] (host h1, line 2) on network ext`,
    ]);
    // The first draw of a floating IP is what h1 has.
    const draw: typeof drawByKey = (key, attempt) =>
      key.startsWith('fip/') ? drawByKey('fg/ext/h1', attempt) : drawByKey(key, attempt);
    const { floatingIps } = externalOf(floating('name: f, network: ext'), { draw });
    assert.deepEqual(floatingIps[0]!.mac, drawByKey('fg/ext/h1', 1));
  });
});

test('a host of mode legacy takes routers that are not distributed, and gives them up', () => {
  const lines = externalIssues({
    hosts: `hosts:
  - { name: h1, vtep: 192.0.2.1, mode: legacy, physnets: [p], draining: true }
  - { name: h2, vtep: 192.0.2.2, physnets: [p] }`,
    routers: `routers:
  - { name: r1, interfaces: [{ subnet: blue4 }], gateways: [{ network: ext, address: 192.168.1.21, hosts: [h1] }] }
  - { name: r2, distributed: false, interfaces: [{ subnet: orange4 }], gateways: [{ network: ext, hosts: [h1, h2] }] }`,
  });
  assert.deepEqual(lines, [
    '19:107 warning: routers[0].gateways[0].hosts: no host can have the gateway of router r1: none that is named is of mode dvr_snat and has physical network p and a vtep; guests without a floating IP have no way out',
    '19:108 warning: routers[0].gateways[0].hosts[0]: host h1 has mode legacy, and takes no gateway of a distributed router',
    '20:111 warning: routers[1].gateways[0].hosts[1]: host h2 has mode dvr, and takes no gateway',
  ]);
});
