import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadObjects } from '../../src/objects/load.js';
import { formatIpv4 } from '../../src/types/ipv4.js';
import { formatMac, type Mac } from '../../src/types/mac.js';
import { issuesOf, objectsOf } from './sample.js';

const macsOf = (objects: ReturnType<typeof objectsOf>): string[] =>
  [...objects.lports, ...objects.rifs].map(({ mac }) => formatMac(mac));

describe('objects that are read', () => {
  test('the sample is without fault, and its defaults are filled in', () => {
    assert.deepEqual(issuesOf({}), []);
    const { hosts, networks, subnets, lports, routers, rifs } = objectsOf();
    assert.deepEqual(
      hosts.map(({ name, vtep, mode, mac, physnets }) => [name, formatIpv4(vtep!), mode, mac, physnets]),
      [
        ['h1', '192.0.2.1', 'dvr', undefined, []],
        ['h2', '192.0.2.2', 'dvr', undefined, []],
      ],
    );
    assert.deepEqual(networks[0], {
      ...{ name: 'blue', type: 'vxlan', id: 1001, physnet: undefined, mtu: 1450, unknownUnicast: 'drop', arp: 'flood' },
      ...{ external: false, floatingMac: 'perHost' },
    });
    assert.equal(networks[1]!.mtu, 1458);
    assert.equal(formatIpv4(subnets[0]!.gateway!), '10.0.0.1');
    assert.deepEqual(lports[0]!.device, { kind: 'tap', name: 'tapa1', netns: 'vm-a1' });
    assert.equal(lports[2]!.host, undefined);
    assert.deepEqual(
      routers.map(({ name, distributed, adminUp, routes, rules }) => [name, distributed, adminUp, routes.length, rules.length]),
      [['r1', true, true, 0, 3]],
    );
    assert.deepEqual(
      rifs.map(({ name, router, subnet, address }) => [name, router, subnet, formatIpv4(address)]),
      [
        ['qr-blue4', 'r1', 'blue4', '10.0.0.1'],
        ['qr-orange4', 'r1', 'orange4', '20.0.0.1'],
      ],
    );
  });

  test('flat and VLAN networks have the MTU of the underlay and flood what nobody has', () => {
    const { networks } = objectsOf({
      underlayMtu: 'underlayMtu: 9000',
      hosts: 'hosts:\n  - { name: h1, vtep: 192.0.2.1, physnets: [p] }\n  - { name: h2, vtep: 192.0.2.2 }',
      networks: 'networks:\n  - { name: blue, type: vlan, id: 4094, physnet: p }\n  - { name: orange, type: vxlan, id: 1 }',
    });
    assert.deepEqual(
      networks.map(({ mtu, unknownUnicast }) => [mtu, unknownUnicast]),
      [
        [9000, 'flood'],
        [8950, 'drop'],
      ],
    );
  });

  test('rules and routes of a router are those of a configuration, by the names of its interfaces', () => {
    const { routers } = objectsOf({
      routers: `routers:
  - name: r1
    interfaces: [{ subnet: blue4 }, { name: up, subnet: orange4, address: 20.0.0.9 }]
    routes: [default via 20.0.0.1, 10.0.0.0/24 dev qr-blue4]
    rules: [from 10.0.0.0/24 iif qr-blue4 lookup 100 pref 5]`,
    });
    const { routes, rules } = routers[0]!;
    // The second is made by the interface's own address.
    assert.deepEqual(
      routes.map(({ nexthops }) => nexthops.map(({ dev }) => dev)),
      [['up']],
    );
    assert.deepEqual(
      rules.map(({ priority }) => priority),
      [0, 5, 32766, 32767],
    );
  });

  test('a file that is not there is an issue', () => {
    assert.match(loadObjects('/nowhere/o.yaml').issues[0]!.message, /there is no such file/);
  });

  test('20,000 ports are read', () => {
    const ports = Array.from({ length: 20_000 }, (_, i) => {
      const address = `10.${1 + (i >> 14)}.${(i >> 6) & 255}.${1 + (i & 63)}`;
      return `  - { name: p${i}, network: blue, addresses: [${address}], host: h${1 + (i & 1)}, tap: t${i} }`;
    });
    const { lports } = objectsOf({
      subnets:
        'subnets:\n  - { name: blue4, network: blue, cidr: 10.0.0.0/8 }\n  - { name: orange4, network: orange, cidr: 20.0.0.0/24 }',
      lports: `lports:\n${ports.join('\n')}`,
    });
    assert.equal(lports.length, 20_000);
    assert.equal(new Set(lports.map(({ mac }) => formatMac(mac))).size, 20_000);
  });
});

describe('MACs that are drawn', () => {
  test('come from the base of ports, and are the same for everybody who reads the file', () => {
    const first = macsOf(objectsOf());
    assert.ok(first.every((mac) => mac.startsWith('fa:16:3e:')));
    assert.deepEqual(macsOf(objectsOf()), first);
  });

  test('are kept, whatever another draw would give; a MAC of the file goes first', () => {
    const before = objectsOf();
    const draw = (_: string, attempt: number): Mac => Uint8Array.of(0xfa, 0x16, 0x3e, 9, 9, attempt);
    assert.deepEqual(macsOf(objectsOf({}, { before, draw })), macsOf(before));
    const changed = objectsOf({ lports: 'lports:\n  - { name: a1, network: blue, mac: fa:16:3e:00:00:07 }' }, { before, draw });
    assert.equal(formatMac(changed.lports[0]!.mac), 'fa:16:3e:00:00:07');
  });

  test('are drawn again when somebody on the network has them', () => {
    const draw = (_: string, attempt: number): Mac => Uint8Array.of(0xfa, 0x16, 0x3e, 0, 0, attempt);
    const { lports } = objectsOf(
      {
        routers: 'routers: []',
        lports:
          'lports:\n  - { name: b, network: blue }\n  - { name: a, network: blue }\n  - { name: c, network: blue, mac: fa:16:3e:00:00:00 }\n  - { name: d, network: orange }',
      },
      { draw },
    );
    assert.deepEqual(
      lports.map(({ name, mac }) => `${name} ${mac[5]}`),
      ['b 2', 'a 1', 'c 0', 'd 0'],
    );
  });
});

describe('what may not become of what holds', () => {
  const before = objectsOf();
  const port = (more: string) => ({ lports: `lports:\n  - { name: a1, network: blue, mac: fa:16:3e:00:00:07${more} }` });

  test('a bound port has its MAC until it is unbound', () => {
    const held = formatMac(before.lports[0]!.mac);
    assert.deepEqual(issuesOf(port(', host: h1'), { before }), [
      `11:37 lports[0].mac: fa:16:3e:00:00:07 is not ${held}, which the port has while it is bound to h1`,
    ]);
    const unbound = objectsOf({ lports: 'lports:\n  - { name: a1, network: blue }' }, { before });
    assert.deepEqual(issuesOf(port(', host: h1'), { before: unbound }), []);
    assert.deepEqual(issuesOf(port(''), { before }), []);
  });

  test('distributed changes while the router is down', () => {
    const router = (more: string) => ({ routers: `routers:\n  - { name: r1, distributed: false${more} }` });
    assert.deepEqual(issuesOf(router(''), { before }), [
      '15:30 routers[0].distributed: cannot become false while the router is up',
    ]);
    assert.deepEqual(issuesOf(router(', adminUp: false'), { before }), []);
  });
});
