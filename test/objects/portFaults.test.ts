import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { issuesOf } from './sample.js';

/** What is wrong, the section that holds it, and every line that is printed. */
const cases: readonly (readonly [string, Parameters<typeof issuesOf>[0], readonly string[]])[] = [
  [
    'an interface on a subnet without gateway',
    {
      subnets:
        'subnets:\n  - { name: blue4, network: blue, cidr: 10.0.0.0/24, gateway: none }\n  - { name: orange4, network: orange, cidr: 20.0.0.0/24 }',
    },
    ['17:9 routers[0].interfaces[0].address: is missing: subnet blue4 has no gateway'],
  ],
  [
    'two interfaces of a router on one subnet',
    {
      routers:
        'routers:\n  - name: r1\n    interfaces:\n      - { subnet: blue4 }\n      - { name: second, subnet: blue4, address: 10.0.0.2 }',
    },
    [
      '18:33 routers[0].interfaces[1].subnet: router r1 is already on subnet blue4 by routers[0].interfaces[0] (router r1, line 17)',
    ],
  ],
  [
    'two interfaces of one name',
    {
      routers:
        'routers:\n  - { name: r1, interfaces: [{ subnet: blue4 }] }\n  - { name: r2, interfaces: [{ subnet: blue4, address: 10.0.0.2 }] }',
    },
    [
      '16:30 routers[1].interfaces[0].name: the interface name "qr-blue4" is already used by routers[0].interfaces[0] (router r1, line 15)',
    ],
  ],
  [
    'an interface address that a port has',
    { lports: 'lports:\n  - { name: a1, network: blue, addresses: [10.0.0.1] }' },
    ['11:44 lports[0].addresses[0]: 10.0.0.1 is already routers[0].interfaces[0].address (router r1, line 15) on network blue'],
  ],
  [
    'an interface outside of its subnet',
    { routers: 'routers:\n  - { name: r1, interfaces: [{ subnet: blue4, address: 20.0.0.1 }] }' },
    ['15:56 routers[0].interfaces[0].address: 20.0.0.1 is not in 10.0.0.0/24'],
  ],
  [
    'an interface on no subnet',
    { routers: 'routers:\n  - { name: r1, interfaces: [{ subnet: blue5 }] }' },
    ['15:40 routers[0].interfaces[0].subnet: there is no subnet "blue5"'],
  ],
  [
    'an address that two ports have',
    {
      lports:
        'lports:\n  - { name: a1, network: blue, addresses: [10.0.0.11] }\n  - { name: a2, network: blue, addresses: [10.0.0.12, 10.0.0.11] }',
    },
    ['12:55 lports[1].addresses[1]: 10.0.0.11 is already lports[0].addresses[0] (lport a1, line 11) on network blue'],
  ],
  [
    'an address in no subnet of the network',
    { lports: 'lports:\n  - { name: a1, network: blue, addresses: [20.0.0.11] }' },
    ['11:44 lports[0].addresses[0]: 20.0.0.11 is in no subnet of network blue'],
  ],
  [
    'the network address as one of a port',
    { lports: 'lports:\n  - { name: a1, network: blue, addresses: [10.0.0.0] }' },
    ['11:44 lports[0].addresses[0]: 10.0.0.0 is the network address of its subnet'],
  ],
  [
    'a MAC that two ports of one network have',
    {
      lports:
        'lports:\n  - { name: a1, network: blue, mac: fa:16:3e:00:00:01 }\n  - { name: a2, network: blue, mac: FA:16:3E:00:00:01 }\n  - { name: b1, network: orange, mac: fa:16:3e:00:00:01 }',
    },
    ['12:37 lports[1].mac: fa:16:3e:00:00:01 is already lports[0].mac (lport a1, line 11) on network blue'],
  ],
  [
    'MACs that only hosts have',
    {
      lports:
        'lports:\n  - { name: a1, network: blue, mac: fa:16:3f:00:00:01, allowedPairs: [{ address: 10.0.0.50, mac: fa:16:3f:00:00:02 }] }',
      routers: 'routers:\n  - { name: r1, interfaces: [{ subnet: blue4, mac: fa:16:3f:00:00:03 }] }',
    },
    [
      '11:37 lports[0].mac: fa:16:3f:00:00:01 is in fa:16:3f:00:00:00/24, which only hosts have',
      '11:98 lports[0].allowedPairs[0].mac: fa:16:3f:00:00:02 is in fa:16:3f:00:00:00/24, which only hosts have',
      '13:52 routers[0].interfaces[0].mac: fa:16:3f:00:00:03 is in fa:16:3f:00:00:00/24, which only hosts have',
    ],
  ],
  [
    'a pair with the MAC of a router',
    {
      lports: 'lports:\n  - { name: a1, network: blue, allowedPairs: [{ address: 10.0.0.50, mac: fa:16:3e:00:00:03 }] }',
      routers: 'routers:\n  - { name: r1, interfaces: [{ subnet: blue4, mac: fa:16:3e:00:00:03 }] }',
    },
    ['11:74 lports[0].allowedPairs[0].mac: fa:16:3e:00:00:03 is the MAC of routers[0].interfaces[0] (router r1, line 13)'],
  ],
  [
    'a host MAC outside of the base',
    { hosts: 'hosts:\n  - { name: h1, vtep: 192.0.2.1, mac: fa:16:3e:00:00:01 }\n  - { name: h2, vtep: 192.0.2.2 }' },
    ['2:39 hosts[0].mac: fa:16:3e:00:00:01 is not in fa:16:3f:00:00:00/24'],
  ],
  [
    'a host MAC and an endpoint twice',
    {
      hosts:
        'hosts:\n  - { name: h1, vtep: 192.0.2.1, mac: fa:16:3f:00:00:01 }\n  - { name: h2, vtep: 192.0.2.1, mac: fa:16:3f:00:00:01 }',
    },
    [
      '3:23 hosts[1].vtep: the tunnel endpoint "192.0.2.1" is already used by hosts[0] (host h1, line 2)',
      '3:39 hosts[1].mac: the MAC "fa:16:3f:00:00:01" is already used by hosts[0] (host h1, line 2)',
    ],
  ],
  [
    'an endpoint no host can have',
    { hosts: 'hosts:\n  - { name: h1, vtep: 224.0.0.1 }\n  - { name: h2, vtep: 192.0.2.2 }' },
    ['2:23 hosts[0].vtep: 224.0.0.1 is a multicast address'],
  ],
  [
    'a host by other letters',
    { lports: 'lports:\n  - { name: a1, network: blue, host: H1 }' },
    ['11:38 lports[0].host: there is no host "H1"'],
  ],
  [
    'a device twice',
    {
      lports:
        'lports:\n  - { name: a1, network: blue, host: h1, tap: t }\n  - { name: a2, network: blue, host: h1, packet: t }\n  - { name: a3, network: blue, host: h2, tap: t }\n  - { name: a4, network: blue, host: h1, tap: t, netns: n }',
    },
    ['12:50 lports[1].packet: the device "t on h1" is already used by lports[0] (lport a1, line 11)'],
  ],
  [
    'two devices, and a namespace of none',
    {
      lports: 'lports:\n  - { name: a1, network: blue, host: h1, tap: t, packet: t }\n  - { name: a2, network: blue, netns: n }',
    },
    [
      '11:58 lports[0].packet: stands beside tap; a port has one device',
      '12:39 lports[1].netns: is the namespace of a device, and there is none',
    ],
  ],
  [
    'a route that leads nowhere',
    {
      routers:
        'routers:\n  - name: r1\n    interfaces: [{ subnet: blue4 }]\n    routes: [default via 30.0.0.1, 1.0.0.0/8 via 10.0.0.5, 1.0.0.0/8 via 10.0.0.6]\n    rules: [from 10.0.0.0/24 iif qr-blau lookup 5, from 10.0.0.0/8 lookup nobody]',
    },
    [
      '17:14 routers[0].routes[0].via: next hop 30.0.0.1 is not in any connected subnet',
      '17:60 routers[0].routes[2].to: 1.0.0.0/8 is already the destination of routers[0].routes[1] (router r1, line 17)',
      '18:13 warning: routers[0].rules[0].iif: there is no interface "qr-blau": the rule matches nothing',
      '18:52 routers[0].rules[1].table: there is no table "nobody"',
    ],
  ],
  [
    'a key that is misspelt',
    { lports: 'lports:\n  - { name: a1, netwrok: blue }\n  - { name: a2, network: blue, allowedPairs: [{ adress: 10.0.0.1 }] }' },
    ['11:17 lports[0].netwrok: unknown key "netwrok"', '12:49 lports[1].allowedPairs[0].adress: unknown key "adress"'],
  ],
];

describe('ports and routers that are refused', () => {
  for (const [what, changed, expected] of cases) test(what, () => assert.deepEqual(issuesOf(changed), expected));
});
