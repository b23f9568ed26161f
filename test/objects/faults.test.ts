import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readObjects } from '../../src/objects/load.js';
import { issuesOf, objectsText } from './sample.js';

/** What is wrong, the section that holds it, and every line that is printed. */
const cases: readonly (readonly [string, Parameters<typeof issuesOf>[0], readonly string[]])[] = [
  [
    'two ports of one name',
    { lports: 'lports:\n  - { name: a1, network: blue }\n  - { name: a1, network: blue }' },
    ['12:13 lports[1].name: the lport name "a1" is already used by lports[0] (lport a1, line 11)'],
  ],
  [
    'two hosts of one name',
    { hosts: 'hosts:\n  - { name: h1, vtep: 192.0.2.1 }\n  - { name: h2, vtep: 192.0.2.2 }\n  - { name: h1 }' },
    ['4:13 hosts[2].name: the host name "h1" is already used by hosts[0] (host h1, line 2)'],
  ],
  [
    'a segment twice',
    { networks: 'networks:\n  - { name: blue, type: vxlan, id: 1001 }\n  - { name: orange, type: vxlan, id: 1001 }' },
    ['6:38 networks[1].id: vxlan 1001 is already networks[0] (network blue, line 5)'],
  ],
  [
    'one id in two types is no fault',
    { networks: 'networks:\n  - { name: blue, type: vxlan, id: 1001 }\n  - { name: orange, type: gre, id: 1001 }' },
    [],
  ],
  [
    'a VLAN twice on one physical network',
    {
      hosts: 'hosts:\n  - { name: h1, physnets: [p1] }\n  - { name: h2, physnets: [p1] }',
      networks:
        'networks:\n  - { name: blue, type: vlan, id: 7, physnet: p1 }\n  - { name: orange, type: vlan, id: 7, physnet: p1 }',
    },
    ['6:37 networks[1].id: vlan 7 on p1 is already networks[0] (network blue, line 5)'],
  ],
  [
    'two flat networks on one physical network',
    {
      hosts: 'hosts:\n  - { name: h1, physnets: [p1] }\n  - { name: h2, physnets: [p1] }',
      networks: 'networks:\n  - { name: blue, type: flat, physnet: p1 }\n  - { name: orange, type: flat, physnet: p1 }',
    },
    ['6:42 networks[1].physnet: physical network p1 is already networks[0] (network blue, line 5)'],
  ],
  [
    'a VNI above 24 bits',
    { networks: 'networks:\n  - { name: blue, type: vxlan, id: 16777216 }\n  - { name: orange, type: gre, id: 4294967295 }' },
    ['5:36 networks[0].id: 16777216 is above 16777215, the highest of a vxlan network'],
  ],
  [
    'an MTU that does not fit the tunnels',
    {
      networks: 'networks:\n  - { name: blue, type: vxlan, id: 1, mtu: 1451 }\n  - { name: orange, type: gre, id: 1, mtu: 1459 }',
    },
    [
      '5:44 networks[0].mtu: 1451 is above 1450, the largest IP packet of a vxlan network where underlayMtu is 1500',
      '6:44 networks[1].mtu: 1459 is above 1458, the largest IP packet of a gre network where underlayMtu is 1500',
    ],
  ],
  [
    'an MTU that just fits, and any of a network that is in no tunnel',
    {
      underlayMtu: 'underlayMtu: 9000',
      networks: 'networks:\n  - { name: blue, type: vxlan, id: 1, mtu: 8950 }\n  - { name: orange, type: local, mtu: 9000 }',
    },
    [],
  ],
  [
    'an MTU, where that of the underlay cannot be read',
    {
      underlayMtu: 'underlayMtu: much',
      networks: 'networks:\n  - { name: blue, type: vxlan, id: 1, mtu: 9000 }\n  - { name: orange, type: local }',
    },
    ['19:14 underlayMtu: "much" is not a whole number'],
  ],
  [
    'a VLAN above 4094',
    {
      hosts: 'hosts:\n  - { name: h1, vtep: 192.0.2.1, physnets: [p1] }\n  - { name: h2, vtep: 192.0.2.2 }',
      networks: 'networks:\n  - { name: blue, type: vlan, id: 4095, physnet: p1 }\n  - { name: orange, type: gre, id: 1002 }',
    },
    ['5:35 networks[0].id: 4095 is above 4094, the highest of a vlan network'],
  ],
  [
    'keys that belong to other types',
    { networks: 'networks:\n  - { name: blue, type: local, id: 7, physnet: p1 }\n  - { name: orange, type: vlan }' },
    [
      '5:36 networks[0].id: has no meaning for a local network',
      '5:48 networks[0].physnet: has no meaning for a local network',
      '6:5 networks[1].id: is missing: a vlan network has one',
      '6:5 networks[1].physnet: is missing: a vlan network is on a physical network',
      '11:62 warning: lports[0].host: host h1 is not connected to p1 of network blue',
    ],
  ],
  [
    'a port on a host without its physical network',
    { networks: 'networks:\n  - { name: blue, type: flat, physnet: p1 }\n  - { name: orange, type: gre, id: 1002 }' },
    ['11:62 warning: lports[0].host: host h1 is not connected to p1 of network blue'],
  ],
  [
    'a port on a host without tunnel endpoint',
    {
      hosts: 'hosts:\n  - { name: h1 }\n  - { name: h2, vtep: 192.0.2.2 }',
      lports: 'lports:\n  - { name: a1, network: blue, host: h1 }\n  - { name: a2, network: blue, host: h2 }',
    },
    ['11:38 warning: lports[0].host: host h1 has no vtep, and network blue has ports on other hosts'],
  ],
  [
    'a local network on two hosts',
    {
      networks: 'networks:\n  - { name: blue, type: local }\n  - { name: orange, type: gre, id: 1002 }',
      lports: 'lports:\n  - { name: a1, network: blue, host: h1 }\n  - { name: a2, network: blue, host: h2 }',
    },
    [
      '11:38 warning: lports[0].host: network blue is local, and has ports on other hosts, which it does not reach',
      '12:38 warning: lports[1].host: network blue is local, and has ports on other hosts, which it does not reach',
    ],
  ],
  [
    'a subnet of a network that is not there',
    {
      subnets:
        'subnets:\n  - { name: blue4, network: blau, cidr: 10.0.0.0/24 }\n  - { name: orange4, network: orange, cidr: 20.0.0.0/24 }',
      lports: 'lports: []',
    },
    ['8:29 subnets[0].network: there is no network "blau"'],
  ],
  [
    'subnets of one network that overlap',
    {
      subnets:
        'subnets:\n  - { name: blue4, network: blue, cidr: 10.0.0.0/24 }\n  - { name: blue5, network: blue, cidr: 10.0.0.128/25 }\n  - { name: orange4, network: orange, cidr: 20.0.0.0/24 }',
    },
    ['9:41 subnets[1].cidr: 10.0.0.128/25 overlaps 10.0.0.0/24 of subnets[0] (subnet blue4, line 8) on the same network'],
  ],
  [
    'subnets of one router that overlap',
    {
      subnets:
        'subnets:\n  - { name: blue4, network: blue, cidr: 10.0.0.0/24 }\n  - { name: orange4, network: orange, cidr: 10.0.0.0/16, gateway: 10.0.9.1 }',
      lports: 'lports: []',
    },
    [
      '15:19 routers[0].interfaces[1].subnet: 10.0.0.0/16 overlaps 10.0.0.0/24 of routers[0].interfaces[0] (router r1, line 14), and a router knows one way there',
    ],
  ],
  [
    'host bits in a subnet',
    {
      subnets:
        'subnets:\n  - { name: blue4, network: blue, cidr: 10.0.0.1/24 }\n  - { name: orange4, network: orange, cidr: 20.0.0.0/24 }',
    },
    ['8:41 subnets[0].cidr: 10.0.0.1/24 has host bits set'],
  ],
  [
    'a gateway outside of its subnet',
    {
      subnets:
        'subnets:\n  - { name: blue4, network: blue, cidr: 10.0.0.0/24, gateway: 10.0.1.1 }\n  - { name: orange4, network: orange, cidr: 20.0.0.0/24 }',
      routers: 'routers: []',
    },
    ['8:63 subnets[0].gateway: 10.0.1.1 is not in 10.0.0.0/24'],
  ],
  [
    'a gateway that is the broadcast address',
    {
      subnets:
        'subnets:\n  - { name: blue4, network: blue, cidr: 10.0.0.0/24, gateway: 10.0.0.255 }\n  - { name: orange4, network: orange, cidr: 20.0.0.0/24 }',
      routers: 'routers: []',
    },
    ['8:63 subnets[0].gateway: 10.0.0.255 is the broadcast address of its subnet'],
  ],
  [
    'a pool outside of its subnet',
    {
      subnets:
        'subnets:\n  - { name: blue4, network: blue, cidr: 10.0.0.0/24, pools: [10.0.0.200-10.0.1.5] }\n  - { name: orange4, network: orange, cidr: 20.0.0.0/24 }',
    },
    ['8:62 subnets[0].pools[0]: 10.0.0.200-10.0.1.5 is not in 10.0.0.0/24'],
  ],
];

describe('objects that are refused', () => {
  for (const [what, changed, expected] of cases) test(what, () => assert.deepEqual(issuesOf(changed), expected));

  test('every fault has a remedy, and all of a file come at once', () => {
    const text = objectsText({
      networks: 'networks:\n  - { name: blue, type: vxlan, id: 16777216 }\n  - { name: orange, type: grey, id: 1002 }',
      lports: 'lports:\n  - { name: a1, network: blue, addresses: [10.0.0.300] }\n  - { name: a2, network: blue, host: h3 }',
    });
    const { objects, issues } = readObjects(text, 'o.yaml');
    assert.equal(objects, undefined);
    assert.deepEqual(
      issues.map(({ path }) => path),
      ['networks[0].id', 'networks[1].type', 'lports[0].addresses[0]', 'lports[1].host'],
    );
    assert.deepEqual(
      issues.filter(({ remedy }) => remedy === ''),
      [],
    );
  });

  test('the remedy of an MTU names the largest, where one may be written', () => {
    const blue = 'networks:\n  - { name: blue, type: vxlan, id: 1, mtu: 1500 }\n  - { name: orange, type: local }';
    const remedy = (underlayMtu: number) =>
      readObjects(objectsText({ networks: blue, underlayMtu: `underlayMtu: ${underlayMtu}` }), 'o.yaml').issues[0]!.remedy;
    assert.match(remedy(1500), /^Write at most 1450, or set underlayMtu/);
    assert.match(remedy(600), /^Remove the key, or set underlayMtu/);
  });

  test('who meant another name is told which; where names differ in numbers only, all there are', () => {
    const remedy = (host: string) =>
      readObjects(objectsText({ lports: `lports: [{ name: p, network: blue, host: ${host} }]` }), 'o.yaml').issues[0]!.remedy;
    assert.equal(remedy('h9'), 'Hosts: h1, h2. Add it to hosts, or use one of those.');
    assert.equal(remedy('H2'), 'Did you mean "h2"?');
  });

  test('a file that holds nothing is an issue', () => {
    const [empty, ...others] = readObjects('', 'o.yaml').issues;
    assert.deepEqual(others, []);
    assert.deepEqual(
      [empty!.message, empty!.remedy],
      ['the file holds no objects', 'Start from the example in docs/objects.md.'],
    );
  });

  test('a configuration is told to be one, in one line', () => {
    const issues = readObjects('name: gw1\nhost: { name: h1 }\nifaces: []\n', 'gw1.yaml').issues;
    assert.deepEqual(
      issues.map(({ line, message }) => `${line} ${message}`),
      ['1 this is a configuration (name, host, ifaces), not a file of objects'],
    );
  });
});
