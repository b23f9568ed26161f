import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { externalIssues, floating, router } from './externalSample.js';

type Changed = Parameters<typeof externalIssues>[0];

const ports = (...entries: readonly string[]): string => `lports:\n${entries.map((one) => `  - { ${one} }`).join('\n')}`;
const A1 = 'name: a1, network: blue, addresses: [10.0.0.11]';
const AT = 'address: 192.168.1.101, network: ext';

/** What is wrong, the sections that hold it, and every line that is printed. */
const cases: readonly (readonly [string, Changed, readonly string[]])[] = [
  [
    'reserved, of a port that is not bound, and forwarding ports: no fault',
    floating(
      AT,
      'address: 192.168.1.102, network: ext, lport: a9, placement: centralized',
      'name: f, network: ext, forwardings: [{ protocol: tcp, port: 80, lport: a1 }, { protocol: udp, port: 80, lport: b2, toPort: 8080 }]',
    ),
    [],
  ],
  [
    'a network that is not external, or not there',
    floating('address: 10.0.0.9, network: blue', 'name: f, network: exd'),
    ['23:35 floatingIps[0].network: network blue is not external', '24:25 floatingIps[1].network: there is no network "exd"'],
  ],
  [
    'neither name nor address',
    floating('network: ext'),
    ['23:5 floatingIps[0].name: is missing: a floating IP without an address needs one'],
  ],
  [
    'two of one name, and two of one address',
    floating('name: f, network: ext', 'name: f, network: more', AT, `name: g, ${AT}`),
    [
      '24:13 floatingIps[1].name: the floating ip name "f" is already used by floatingIps[0] (floating ip f, line 23)',
      '26:25 floatingIps[3].address: 192.168.1.101 is already floatingIps[2].address (floating ip 192.168.1.101, line 25) on network ext',
    ],
  ],
  [
    'no gateway on its network, and none at all',
    {
      ...router('{ network: ext }', '{ subnet: blue4 }'),
      ...floating('address: 198.51.100.9, network: more, lport: a1', `${AT}, lport: b2`),
    },
    [
      '23:52 floatingIps[0].lport: no gateway leads from 10.0.0.11 of lport a1 to network more: router r1 has none there',
      '24:52 floatingIps[1].lport: no gateway leads from 20.0.0.22 of lport b2 to network ext: no router is on subnet orange4',
    ],
  ],
  [
    "an address of another subnet, or nobody's",
    floating('address: 192.168.2.9, network: ext', 'address: 192.168.1.0, network: ext', 'address: 192.168.1.1, network: ext'),
    [
      '23:16 floatingIps[0].address: 192.168.2.9 is not in 192.168.1.0/24',
      '24:16 floatingIps[1].address: 192.168.1.0 is the network address of its subnet',
      '25:16 floatingIps[2].address: 192.168.1.1 is the gateway of subnet ext4, which its hosts send to',
    ],
  ],
  [
    'an address of a port, of the gateway, of a host',
    {
      ...floating(
        'address: 192.168.1.21, network: ext',
        'address: 192.168.1.22, network: ext',
        'address: 192.168.1.23, network: ext',
      ),
      lports: ports(A1, 'name: x, network: ext, addresses: [192.168.1.22]'),
      hosts: `hosts:
  - { name: h1, vtep: 192.0.2.1, physnets: [p], externalAddresses: [{ network: ext, address: 192.168.1.23 }] }
  - { name: h2, vtep: 192.0.2.2, mode: dvr_snat, physnets: [p] }`,
    },
    [
      '2:94 hosts[0].externalAddresses[0].address: 192.168.1.23 is already floatingIps[2].address (floating ip 192.168.1.23, line 24) on network ext',
      '22:16 floatingIps[0].address: 192.168.1.21 is already routers[0].gateways[0].address (router r1, line 20) on network ext',
      '23:16 floatingIps[1].address: 192.168.1.22 is already lports[1].addresses[0] (lport x, line 16) on network ext',
    ],
  ],
  [
    'a port that is not there',
    floating(`${AT}, lport: a7`, 'name: f, network: ext, forwardings: [{ protocol: tcp, port: 80, lport: nobody }]'),
    [
      '23:52 floatingIps[0].lport: there is no lport "a7"',
      '24:78 floatingIps[1].forwardings[0].lport: there is no lport "nobody"',
    ],
  ],
  [
    'a port of DHCP, and one without an address',
    {
      lports: ports(`${A1}, owner: dhcp`, 'name: b2, network: orange'),
      ...floating(`${AT}, lport: a1`, 'name: f, network: ext, forwardings: [{ protocol: tcp, port: 80, lport: b2 }]'),
    },
    [
      '22:52 floatingIps[0].lport: a1 is a port of DHCP, which has no floating IP',
      '23:78 floatingIps[1].forwardings[0].lport: b2 has no IPv4 address',
    ],
  ],
  [
    'a port of several addresses',
    {
      lports: ports('name: a1, network: blue, addresses: [10.0.0.11, 10.0.0.12]'),
      ...floating(
        `${AT}, lport: a1`,
        'name: f, network: ext, lport: a1, fixed: 10.0.0.13',
        'name: g, network: ext, lport: a1, fixed: 10.0.0.12',
        'name: h, network: ext, fixed: 10.0.0.12',
      ),
    },
    [
      '21:5 floatingIps[0].fixed: is missing: lport a1 has 10.0.0.11, 10.0.0.12',
      '22:48 floatingIps[1].fixed: 10.0.0.13 is no address of lport a1',
      '24:37 floatingIps[3].fixed: is an address of a port, and there is none',
    ],
  ],
  [
    'two of one fixed address',
    floating(`${AT}, lport: a1`, 'name: f, network: ext, lport: a1'),
    [
      '24:37 floatingIps[1].lport: 10.0.0.11 of lport a1 has a floating IP of network ext by floatingIps[0].lport (floating ip 192.168.1.101, line 23)',
    ],
  ],
  [
    'a port and forwardings, a port that has one, and a port twice',
    floating(
      `${AT}, lport: a1, forwardings: [{ protocol: tcp, port: 80, lport: b2 }]`,
      'name: f, network: ext, forwardings: [{ protocol: tcp, port: 80, lport: a1 }, { protocol: udp, port: 80, lport: b2 }, { protocol: tcp, port: 80, lport: b2 }]',
    ),
    [
      '23:69 floatingIps[0].forwardings: stand beside lport: a floating IP is that of a port or forwards ports (mutually exclusive)',
      '24:78 floatingIps[1].forwardings[0].lport: lport a1 cannot have both a floating IP of network ext and ports forwarded by another one (mutually exclusive), which is floatingIps[0].lport (floating ip 192.168.1.101, line 23)',
      '24:147 floatingIps[1].forwardings[2].port: tcp 80 is already floatingIps[1].forwardings[0].port (floating ip f, line 24)',
    ],
  ],
  [
    'forwardings to ports of two routers',
    {
      routers: `routers:
  - { name: r1, interfaces: [{ subnet: blue4 }], gateways: [{ network: ext }] }
  - { name: r2, interfaces: [{ subnet: orange4 }], gateways: [{ network: ext }] }`,
      ...floating(
        'name: f, network: ext, forwardings: [{ protocol: tcp, port: 80, lport: a1 }, { protocol: udp, port: 80, lport: b2 }]',
      ),
    },
    ['22:118 floatingIps[0].forwardings[1].lport: b2 is behind router r2, and others of the floating IP behind r1'],
  ],
  [
    'a MAC of somebody else',
    floating(
      `${AT}, mac: "02:00:00:00:00:01"`,
      'name: f, network: ext, mac: "02:00:00:00:00:01"',
      'name: g, network: ext, mac: "fa:16:3f:00:00:01"',
    ),
    [
      '24:35 floatingIps[1].mac: 02:00:00:00:00:01 is already floatingIps[0].mac (floating ip 192.168.1.101, line 23) on network ext',
      '25:35 floatingIps[2].mac: fa:16:3f:00:00:01 is in fa:16:3f:00:00:00/24, which only hosts have',
    ],
  ],
  [
    'values that cannot be read',
    floating(
      `${AT}, placement: here`,
      'name: f, network: ext, forwardings: [{ protocol: icmp, port: 0, lport: a1 }]',
      'name: g, network: ext, fixd: 10.0.0.11',
    ),
    [
      '23:56 floatingIps[0].placement: "here" is not one of distributed, centralized',
      '24:56 floatingIps[1].forwardings[0].protocol: "icmp" is not one of tcp, udp',
      '24:68 floatingIps[1].forwardings[0].port: 0 is not between 1 and 65535',
      '25:30 floatingIps[2].fixd: unknown key "fixd"',
    ],
  ],
  [
    'of routers that cannot be read nothing is said',
    { routers: 'routers:\n  - { name: r1, gateways: [{ net: ext }] }' },
    ['19:28 routers[0].gateways[0].network: is missing', '19:30 routers[0].gateways[0].net: unknown key "net"'],
  ],
];

describe('faults of floating IPs, each told once with its place', () => {
  for (const [what, changed, lines] of cases) test(what, () => assert.deepEqual(externalIssues(changed), lines));
});
