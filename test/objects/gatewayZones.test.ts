import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { externalIssues, router } from './externalSample.js';

type Changed = Parameters<typeof externalIssues>[0];

/** What is wrong, the sections that hold it, and every line that is printed. */
const cases: readonly (readonly [string, Changed, readonly string[]])[] = [
  [
    'zones that do not stand with each other',
    router(
      '{ network: ext, zones: [{ name: a, match: 10.0.0.1/24, localAddresses: [192.168.1.30] }, { name: a, match: 10.0.0.0/25, localAddresses: [192.168.1.30], filtering: eif }] }',
    ),
    [
      '21:39 warning: routers[0].gateways[0].zones: match nothing of subnet orange4 (20.0.0.0/24) of router r1: guests there without a floating IP have no way out to ext',
      '21:58 warning: routers[0].gateways[0].zones[0].match: 10.0.0.1/24 has host bits set; 10.0.0.0/24 is used',
      '21:105 warning: routers[0].gateways[0].zones[1]: never matches: all its sources are covered by zones[0]',
      '21:113 routers[0].gateways[0].zones[1].name: the zone name "a" is already used by routers[0].gateways[0].zones[0] (router r1, line 21)',
      '21:153 routers[0].gateways[0].zones[1].localAddresses[0]: 192.168.1.30 is already routers[0].gateways[0].zones[0].localAddresses[0] (router r1, line 21) on network ext',
      '21:179 routers[0].gateways[0].zones[1].filtering: eif needs mapping eim, and the mapping of tcp is apdm',
    ],
  ],
  [
    'a zone called as one of another gateway may be',
    router('{ network: ext, zones: [{ name: more/all, match: 0.0.0.0/0, localAddresses: [192.168.1.30] }] }'),
    [
      '21:48 routers[0].gateways[0].zones[0].name: "more/all" may be the name of a zone of another gateway of the router (NETWORK/ZONE), which would share its rotation, counters and sessions',
    ],
  ],
  [
    'zones of a gateway that translates nothing',
    router('{ network: ext, enableSnat: false, zones: [{ match: 0.0.0.0/0, localAddresses: [192.168.1.50] }] }'),
    [
      '21:58 warning: routers[0].gateways[0].zones: translate nothing: with enableSnat: false what leaves by the gateway keeps its source',
    ],
  ],
  [
    'local addresses that cannot be those of zones',
    router(
      '{ network: ext, zones: [{ name: a, match: 0.0.0.0/0, localAddresses: [192.168.1.101, 192.168.1.1, 192.168.1.255, 10.0.0.50, 198.51.100.7, 127.0.0.1, 203.0.113.1] }] }',
    ),
    [
      '21:86 routers[0].gateways[0].zones[0].localAddresses[0]: 192.168.1.101 is already floatingIps[0].address (floating ip 192.168.1.101, line 23) on network ext',
      '21:101 routers[0].gateways[0].zones[0].localAddresses[1]: 192.168.1.1 is the gateway of subnet ext4, which its hosts send to',
      '21:114 routers[0].gateways[0].zones[0].localAddresses[2]: 192.168.1.255 is the broadcast address of its subnet',
      '21:129 routers[0].gateways[0].zones[0].localAddresses[3]: 10.0.0.50 is an address of subnet blue4, which the router has an interface on',
      '21:140 routers[0].gateways[0].zones[0].localAddresses[4]: 198.51.100.7 is an address of subnet more4 of network more',
      '21:154 routers[0].gateways[0].zones[0].localAddresses[5]: 127.0.0.1 is a loopback address',
      '21:165 warning: routers[0].gateways[0].zones[0].localAddresses[6]: 203.0.113.1 is in no connected subnet of an outside interface',
    ],
  ],
  [
    'zones of two routers and two networks',
    {
      routers: `routers:
  - name: r1
    interfaces: [{ subnet: blue4 }, { subnet: orange4 }]
    gateways: [{ network: ext, zones: [{ match: 0.0.0.0/0, localAddresses: [192.168.1.50-192.168.1.60, 203.0.113.5] }] }]
  - name: r2
    gateways:
      - { network: ext, zones: [{ match: 0.0.0.0/0, localAddresses: [192.168.1.58-192.168.1.62] }] }
      - { network: more, sources: [10.0.0.0/8], zones: [{ match: 11.0.0.0/8, localAddresses: [203.0.113.5] }] }`,
    },
    [
      '21:104 warning: routers[0].gateways[0].zones[0].localAddresses[1]: 203.0.113.5 is in no connected subnet of an outside interface',
      '24:70 routers[1].gateways[0].zones[0].localAddresses[0]: 192.168.1.58 is already routers[0].gateways[0].zones[0].localAddresses[0] (router r1, line 21) on network ext',
      '25:66 warning: routers[1].gateways[1].zones[0].match: matches none of the sources of the gateway (10.0.0.0/8)',
      '25:95 routers[1].gateways[1].zones[0].localAddresses[0]: 203.0.113.5 is already routers[0].gateways[0].zones[0].localAddresses[1] (router r1, line 21)',
      '25:95 warning: routers[1].gateways[1].zones[0].localAddresses[0]: 203.0.113.5 is in no connected subnet of an outside interface',
    ],
  ],
  [
    'routes by a gateway and an interface, and without a next hop',
    router(
      '{ network: ext, address: 192.168.1.21 }',
      undefined,
      `
    routes:
      - 30.0.0.0/8 nexthop via 192.168.1.9 nexthop via 10.0.0.9
      - 31.0.0.0/8 dev qg-r1
      - 32.0.0.0/8 via 1.2.3.4 dev qg-r1 onlink
      - 33.0.0.0/8 via 192.168.1.21
      - 34.0.0.0/8 via 192.168.9.1`,
    ),
    [
      '23:9 routers[0].routes[0].nexthops: lead to networks of the router and out of it by a gateway',
      '24:9 routers[0].routes[1].dev: has no next hop, and leads out of the router by qg-r1',
      '25:9 routers[0].routes[2].via: 1.2.3.4 is on no subnet of a gateway, and the route leads out of the router by qg-r1',
      '26:9 routers[0].routes[3].via: next hop 192.168.1.21 is an address of this gateway',
      '27:9 routers[0].routes[4].via: next hop 192.168.9.1 is not in any connected subnet',
    ],
  ],
  [
    'a default route inside beside floating IPs',
    router('{ network: ext }', undefined, '\n    routes: [default via 10.0.0.9]'),
    [
      '22:14 warning: routers[0].routes[0].to: is every destination that is asked for, before floating IPs and gateways are: nothing of the router leaves by those',
    ],
  ],
  [
    'a default route by a gateway, and one without floating IPs',
    {
      routers: `routers:
  - name: r1
    interfaces: [{ subnet: blue4 }, { subnet: orange4 }]
    gateways: [{ network: ext }]
    routes: [default via 192.168.1.9]`,
    },
    [],
  ],
];

describe('faults of zones and routes of routers with gateways, each told once with its place', () => {
  for (const [what, changed, lines] of cases) test(what, () => assert.deepEqual(externalIssues(changed), lines));
});
