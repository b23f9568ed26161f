import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { externalIssues, floating, router } from './externalSample.js';

type Changed = Parameters<typeof externalIssues>[0];

/** What is wrong, the sections that hold it, and every line that is printed. */
const cases: readonly (readonly [string, Changed, readonly string[]])[] = [
  [
    'a gateway on a network that is not external',
    router('{ network: orange }', '{ subnet: blue4 }'),
    [
      '21:27 routers[0].gateways[0].network: network orange is not external',
      '23:52 floatingIps[0].lport: no gateway leads from 10.0.0.11 of lport a1 to network ext: router r1 has none there',
      '24:52 floatingIps[1].lport: no gateway leads from 20.0.0.22 of lport b2 to network ext: no router is on subnet orange4',
    ],
  ],
  [
    'two gateways on one network',
    router('{ network: ext }, { network: ext, sources: [10.0.0.0/25] }'),
    ['21:45 routers[0].gateways[1].network: network ext is already that of routers[0].gateways[0] (router r1, line 21)'],
  ],
  [
    'a gateway on a network that is not there',
    router('{ network: exd }'),
    [
      '21:27 routers[0].gateways[0].network: there is no network "exd"',
      '23:52 floatingIps[0].lport: no gateway leads from 10.0.0.11 of lport a1 to network ext: router r1 has none there',
      '24:52 floatingIps[1].lport: no gateway leads from 20.0.0.22 of lport b2 to network ext: router r1 has none there',
    ],
  ],
  [
    'a subnet of another network, and one that is not there',
    router('{ network: ext, subnet: more4 }, { network: more, subnet: mor4, sources: [10.0.0.0/25] }'),
    [
      '21:40 routers[0].gateways[0].subnet: subnet more4 is one of network more',
      '21:74 routers[0].gateways[1].subnet: there is no subnet "mor4"',
    ],
  ],
  [
    'a network of several subnets, and none is named',
    {
      subnets: `subnets:
  - { name: blue4, network: blue, cidr: 10.0.0.0/24 }
  - { name: orange4, network: orange, cidr: 20.0.0.0/24 }
  - { name: ext4, network: ext, cidr: 192.168.1.0/24 }
  - { name: ext5, network: ext, cidr: 192.168.2.0/24 }`,
      ...router('{ network: ext }, { network: more, sources: [10.0.0.0/25] }'),
    },
    [
      '21:16 routers[0].gateways[0].subnet: is missing: network ext has several (ext4, ext5)',
      '21:34 routers[0].gateways[1].subnet: network more has no subnet that router r1 could be on',
    ],
  ],
  [
    'a subnet without a gateway of its own',
    {
      subnets: `subnets:
  - { name: blue4, network: blue, cidr: 10.0.0.0/24 }
  - { name: orange4, network: orange, cidr: 20.0.0.0/24 }
  - { name: ext4, network: ext, cidr: 192.168.1.0/24, gateway: none }`,
    },
    ['20:16 warning: routers[0].gateways[0].subnet: subnet ext4 has no gateway, and nothing beyond it is reached'],
  ],
  [
    'sources of the first gateway, none of the second, some twice',
    router('{ network: ext, sources: [10.0.0.0/25] }, { network: more }'),
    [
      '21:41 routers[0].gateways[0].sources: the first gateway of a router is the way of all sources that others have not',
      '21:58 routers[0].gateways[1].sources: is missing: the first gateway of the router is the way of all other sources',
    ],
  ],
  [
    'sources that overlap',
    {
      networks: `networks:
  - { name: blue, type: vxlan, id: 1001 }
  - { name: orange, type: gre, id: 1002 }
  - { name: ext, type: flat, physnet: p, external: true }
  - { name: more, type: vlan, id: 7, physnet: p, external: true }
  - { name: third, type: vlan, id: 8, physnet: p, external: true }`,
      subnets: `subnets:
  - { name: blue4, network: blue, cidr: 10.0.0.0/24 }
  - { name: orange4, network: orange, cidr: 20.0.0.0/24 }
  - { name: ext4, network: ext, cidr: 192.168.1.0/24 }
  - { name: more4, network: more, cidr: 198.51.100.0/24 }
  - { name: third4, network: third, cidr: 203.0.113.0/24 }`,
      ...router('{ network: ext }, { network: more, sources: [10.0.0.0/25] }, { network: third, sources: [10.0.0.65/26] }'),
    },
    [
      '23:105 routers[0].gateways[2].sources[0]: 10.0.0.65/26 overlaps 10.0.0.0/25 of routers[0].gateways[1].sources[0] (router r1, line 23)',
      '23:105 warning: routers[0].gateways[2].sources[0]: 10.0.0.65/26 has host bits set; 10.0.0.64/26 is used',
    ],
  ],
  [
    'addresses that no gateway can have',
    router('{ network: ext, address: 192.168.1.1 }, { network: more, address: 192.168.1.30, sources: [10.0.0.0/25] }'),
    [
      '21:41 routers[0].gateways[0].address: 192.168.1.1 is the gateway of subnet ext4, which its hosts send to',
      '21:82 routers[0].gateways[1].address: 192.168.1.30 is not in 198.51.100.0/24',
    ],
  ],
  [
    'an address that is taken',
    router('{ network: ext, address: 192.168.1.101 }, { network: more, address: 198.51.100.255, sources: [10.0.0.0/25] }'),
    [
      '21:84 routers[0].gateways[1].address: 198.51.100.255 is the broadcast address of its subnet',
      '23:16 floatingIps[0].address: 192.168.1.101 is already routers[0].gateways[0].address (router r1, line 21) on network ext',
    ],
  ],
  [
    'no free address',
    {
      subnets: `subnets:
  - { name: blue4, network: blue, cidr: 10.0.0.0/24, pools: [10.0.0.1, 10.0.0.11] }
  - { name: orange4, network: orange, cidr: 20.0.0.0/24 }
  - { name: ext4, network: ext, cidr: 192.168.1.0/30 }
  - { name: more4, network: more, cidr: 198.51.100.0/24 }`,
      ...router('{ network: ext }'),
      ...floating('name: f, network: ext'),
    },
    [
      '20:18 routers[0].interfaces[0].snat: subnet blue4 has no free address in its pools',
      '23:5 floatingIps[0].address: subnet ext4 has no free address',
    ],
  ],
  [
    'what is written of an SNAT service that is not there',
    { ...router('', '{ subnet: blue4, snat: 10.0.0.3 }, { subnet: orange4, snatMac: "02:00:00:00:00:01" }'), floatingIps: '' },
    [
      '20:41 routers[0].interfaces[0].snat: is of an SNAT service, and there is none: the router has no gateway',
      '20:81 routers[0].interfaces[1].snatMac: is of an SNAT service, and there is none: the router has no gateway',
    ],
  ],
  [
    'an address of an SNAT service that is taken, and one of another subnet',
    router('{ network: ext }', '{ subnet: blue4, snat: 10.0.0.11 }, { subnet: orange4, snat: 10.0.0.9 }'),
    [
      '15:44 lports[0].addresses[0]: 10.0.0.11 is already routers[0].interfaces[0].snat (router r1, line 20) on network blue',
      '20:79 routers[0].interfaces[1].snat: 10.0.0.9 is not in 20.0.0.0/24',
    ],
  ],
  [
    'a MAC that is taken',
    {
      ...router(
        '{ network: ext, mac: "02:00:00:00:00:01" }',
        '{ subnet: blue4, snatMac: "02:00:00:00:00:02" }, { subnet: orange4, mac: "02:00:00:00:00:01" }',
      ),
      lports: `lports:
  - { name: a1, network: blue, addresses: [10.0.0.11], mac: "02:00:00:00:00:02" }
  - { name: b2, network: orange, addresses: [20.0.0.22], allowedPairs: [{ address: 20.0.0.9, mac: "02:00:00:00:00:02" }] }
  - { name: x, network: ext, mac: "02:00:00:00:00:01", allowedPairs: [{ address: 1.1.1.1, mac: "02:00:00:00:00:01" }] }`,
    },
    [
      '15:61 lports[0].mac: 02:00:00:00:00:02 is already routers[0].interfaces[0].snatMac (router r1, line 20) on network blue',
      '17:35 lports[2].mac: 02:00:00:00:00:01 is already routers[0].gateways[0].mac (router r1, line 21) on network ext',
      '17:96 lports[2].allowedPairs[0].mac: 02:00:00:00:00:01 is the MAC of routers[0].gateways[0] (router r1, line 21)',
    ],
  ],
  [
    'an inner subnet that overlaps an outer one',
    {
      subnets: `subnets:
  - { name: blue4, network: blue, cidr: 10.0.0.0/24 }
  - { name: orange4, network: orange, cidr: 20.0.0.0/24 }
  - { name: ext4, network: ext, cidr: 20.0.0.128/25, gateway: 20.0.0.129 }`,
      ...router('{ network: ext }'),
      floatingIps: '',
    },
    [
      '20:27 routers[0].gateways[0].network: subnet ext4 (20.0.0.128/25) of network ext overlaps 20.0.0.0/24 of routers[0].interfaces[1] (router r1, line 19), and a router knows one way there',
    ],
  ],
  [
    'external networks that overlap',
    {
      subnets: `subnets:
  - { name: blue4, network: blue, cidr: 10.0.0.0/24 }
  - { name: orange4, network: orange, cidr: 20.0.0.0/24 }
  - { name: ext4, network: ext, cidr: 192.168.1.0/24 }
  - { name: more4, network: more, cidr: 192.168.0.0/16 }`,
    },
    [
      '13:41 subnets[3].cidr: 192.168.0.0/16 overlaps 192.168.1.0/24 of subnets[2] (subnet ext4, line 12), which is on another external network',
    ],
  ],
  [
    'an external network in tunnels',
    {
      networks: `networks:
  - { name: blue, type: vxlan, id: 1001 }
  - { name: orange, type: vxlan, id: 1002 }
  - { name: ext, type: vxlan, id: 1003, external: true }
  - { name: more, type: vlan, id: 7, physnet: p, external: true }`,
    },
    ['7:51 networks[2].external: network ext is in tunnels, and its other hosts and routers are asked for by ARP'],
  ],
  [
    'what only external networks have',
    {
      networks: `networks:
  - { name: blue, type: vxlan, id: 1001, floatingMac: perHost }
  - { name: orange, type: gre, id: 1002 }
  - { name: ext, type: flat, physnet: p, external: true }
  - { name: more, type: vlan, id: 7, physnet: p, external: true }`,
      hosts: `hosts:
  - { name: h1, vtep: 192.0.2.1, physnets: [p], draining: true, externalAddresses: [{ network: blue, address: 10.0.0.7 }, { network: nono, address: 10.0.0.7 }] }
  - { name: h2, vtep: 192.0.2.2, physnets: [p], externalAddresses: [{ network: ext, address: 192.168.1.21 }, { network: ext, address: 192.168.2.9 }, { network: more, address: 198.51.100.1 }] }`,
    },
    [
      '2:59 warning: hosts[0].draining: a host of mode dvr has no gateways to give up',
      '2:96 hosts[0].externalAddresses[0].network: network blue is not external',
      '2:134 hosts[0].externalAddresses[1].network: there is no network "nono"',
      '3:94 hosts[1].externalAddresses[0].address: 192.168.1.21 is already routers[0].gateways[0].address (router r1, line 21) on network ext',
      '3:121 hosts[1].externalAddresses[1].network: network ext is already hosts[1].externalAddresses[0].network (host h2, line 3)',
      '3:135 hosts[1].externalAddresses[1].address: 192.168.2.9 is not in 192.168.1.0/24',
      '3:176 hosts[1].externalAddresses[2].address: 198.51.100.1 is the gateway of subnet more4, which its hosts send to',
      '5:55 networks[0].floatingMac: has no meaning for a network that is not external',
      '21:16 warning: routers[0].gateways[0]: no host can have the gateway of router r1: none is of mode dvr_snat and has physical network p and a vtep; guests without a floating IP have no way out',
    ],
  ],
  [
    'hosts that cannot have a gateway',
    {
      hosts: `hosts:
  - { name: h1, vtep: 192.0.2.1, physnets: [p] }
  - { name: h2, vtep: 192.0.2.2, mode: dvr_snat }`,
      ...router('{ network: ext, hosts: [h1, h2, h3] }'),
    },
    [
      '21:39 warning: routers[0].gateways[0].hosts: no host can have the gateway of router r1: none that is named is of mode dvr_snat and has physical network p and a vtep; guests without a floating IP have no way out',
      '21:40 warning: routers[0].gateways[0].hosts[0]: host h1 has mode dvr, and takes no gateway',
      '21:44 warning: routers[0].gateways[0].hosts[1]: host h2 is not connected to p of network ext, and takes no gateway there',
      '21:48 routers[0].gateways[0].hosts[2]: there is no host "h3"',
    ],
  ],
];

describe('faults of gateways, each told once with its place', () => {
  for (const [what, changed, lines] of cases) test(what, () => assert.deepEqual(externalIssues(changed), lines));
});
