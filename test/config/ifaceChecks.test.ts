import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { issuesOf, sample } from './sample.js';

/** What is wrong, the sections that hold it, and every line that is printed. */
const cases: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
  ['no interface', { ifaces: 'ifaces: []', routes: '', zones: '' }, ['gateway.yaml:2:9 ifaces: the gateway has no interface']],
  ['interfaces missing', { ifaces: '', routes: '', zones: '' }, ['gateway.yaml:1:1 ifaces: is missing']],
  [
    'neither tap nor packet',
    { ifaces: 'ifaces:\n  - { name: wan, role: outside, addresses: [1.2.1.1/16] }' },
    ['gateway.yaml:3:5 ifaces[0]: has no device'],
  ],
  [
    'tap and packet at once',
    { ifaces: 'ifaces:\n  - { name: wan, tap: a, packet: b, role: outside, addresses: [1.2.1.1/16] }' },
    ['gateway.yaml:3:34 ifaces[0].packet: stands beside tap; an interface is one of the two'],
  ],
  [
    'TAP keys on a packet socket',
    {
      ifaces: 'ifaces:\n  - { name: wan, packet: b, offloads: true, txQueueLength: 100, role: outside, addresses: [1.2.1.1/16] }',
    },
    [
      'gateway.yaml:3:39 ifaces[0].offloads: is only for an interface with tap',
      'gateway.yaml:3:60 ifaces[0].txQueueLength: is only for an interface with tap',
    ],
  ],
  [
    'packet keys on a TAP',
    { ifaces: 'ifaces:\n  - { name: wan, tap: b, promiscuous: true, exclusive: true, role: outside, addresses: [1.2.1.1/16] }' },
    [
      'gateway.yaml:3:39 ifaces[0].promiscuous: is only for an interface with packet',
      'gateway.yaml:3:56 ifaces[0].exclusive: is only for an interface with packet',
    ],
  ],
  [
    'two interfaces of one name',
    {
      ifaces:
        'ifaces:\n  - { name: wan, tap: a, role: outside, addresses: [1.2.1.1/16] }\n  - { name: wan, tap: b, role: inside }',
    },
    ['gateway.yaml:4:13 ifaces[1].name: the name "wan" is already used by ifaces[0] (iface wan, line 3)'],
  ],
  [
    'a VLAN with the name of an interface',
    { ifaces: 'ifaces:\n  - { name: wan, tap: a, role: outside, addresses: [1.2.1.1/16], vlans: [{ id: 5, name: wan }] }' },
    ['gateway.yaml:3:89 ifaces[0].vlans[0].name: the name "wan" is already used by ifaces[0] (iface wan, line 3)'],
  ],
  [
    'one device twice',
    {
      ifaces:
        'ifaces:\n  - { name: wan, tap: a, role: outside, addresses: [1.2.1.1/16] }\n  - { name: b, packet: a, role: inside }',
    },
    ['gateway.yaml:4:24 ifaces[1].packet: the device "a" is already used by ifaces[0] (iface wan, line 3)'],
  ],
  [
    'one VLAN id twice',
    {
      ifaces:
        'ifaces:\n  - { name: wan, tap: a, role: outside, addresses: [1.2.1.1/16], vlans: [{ id: 5 }, { id: 5, name: x }] }',
    },
    ['gateway.yaml:3:91 ifaces[0].vlans[1].id: VLAN 5 is already ifaces[0].vlans[0] (iface wan, line 3)'],
  ],
  [
    'a VLAN with a larger MTU than its device',
    {
      ifaces:
        'ifaces:\n  - { name: wan, tap: a, mtu: 1500, role: outside, addresses: [1.2.1.1/16], vlans: [{ id: 5, mtu: 9000 }] }',
    },
    ['gateway.yaml:3:99 ifaces[0].vlans[0].mtu: 9000 is above the MTU of the interface (1500)'],
  ],
  [
    'one router address twice',
    { ifaces: 'ifaces:\n  - { name: wan, tap: a, role: outside, addresses: [1.2.1.1/16, 1.2.1.1/24] }' },
    ['gateway.yaml:3:65 ifaces[0].addresses[1]: 1.2.1.1 is already ifaces[0].addresses[0] (iface wan, line 3)'],
  ],
  [
    'the network address as router address',
    { ifaces: 'ifaces:\n  - { name: wan, tap: a, role: outside, addresses: [1.2.0.0/16] }' },
    ['gateway.yaml:3:53 ifaces[0].addresses[0]: 1.2.0.0/16 is the network address of its subnet'],
  ],
  [
    'the broadcast address as router address',
    { ifaces: 'ifaces:\n  - { name: wan, tap: a, role: outside, addresses: [1.2.255.255/16] }' },
    ['gateway.yaml:3:53 ifaces[0].addresses[0]: 1.2.255.255/16 is the broadcast address of its subnet'],
  ],
  [
    'martian router addresses',
    {
      routes: '',
      ifaces:
        'ifaces:\n  - { name: wan, tap: a, role: outside, addresses: [1.2.1.1/16, 0.1.2.3/8, 127.0.0.1/8, 224.0.0.5/24, 240.0.0.1/24, 255.255.255.255/32, 9.9.9.9/0] }',
    },
    [
      'gateway.yaml:3:65 ifaces[0].addresses[1]: 0.1.2.3/8 is in 0.0.0.0/8, which names no host',
      'gateway.yaml:3:76 ifaces[0].addresses[2]: 127.0.0.1/8 is a loopback address',
      'gateway.yaml:3:89 ifaces[0].addresses[3]: 224.0.0.5/24 is a multicast address',
      'gateway.yaml:3:103 ifaces[0].addresses[4]: 240.0.0.1/24 is in 240.0.0.0/4, which is reserved',
      'gateway.yaml:3:117 ifaces[0].addresses[5]: 255.255.255.255/32 is the broadcast address',
      'gateway.yaml:3:137 ifaces[0].addresses[6]: 9.9.9.9/0 has the prefix length 0',
    ],
  ],
  [
    'overlapping subnets',
    {
      ifaces:
        'ifaces:\n  - { name: wan, tap: a, role: outside, addresses: [1.2.1.1/16] }\n  - { name: b, tap: b, role: inside, addresses: [1.2.9.1/24] }',
      zones: 'zones:\n  - { match: 0.0.0.0/0, localAddresses: [1.2.100.1] }',
    },
    [
      'gateway.yaml:4:50 warning: ifaces[1].addresses[0]: 1.2.9.0/24 overlaps 1.2.0.0/16 of ifaces[0].addresses[0] (iface wan, line 3)',
    ],
  ],
  [
    'one subnet on two interfaces',
    {
      ifaces:
        'ifaces:\n  - { name: wan, tap: a, role: outside, addresses: [1.2.1.1/16] }\n  - { name: b, tap: b, role: inside, addresses: [1.2.9.1/16] }',
      zones: 'zones:\n  - { match: 0.0.0.0/0, localAddresses: [1.2.100.1] }',
    },
    [
      'gateway.yaml:4:50 ifaces[1].addresses[0]: 1.2.0.0/16 is already the subnet of ifaces[0].addresses[0] (iface wan, line 3), and only one interface can be the way there',
    ],
  ],
  [
    'an unknown device in a route',
    { routes: 'routes:\n  - default via 1.2.1.254 dev wam' },
    ['gateway.yaml:6:5 routes[0].dev: there is no interface "wam"'],
  ],
  [
    'a next hop in no connected subnet',
    { routes: 'routes:\n  - default via 9.9.9.9' },
    ['gateway.yaml:6:5 routes[0].via: next hop 9.9.9.9 is not in any connected subnet'],
  ],
  [
    'a next hop behind another device',
    { routes: 'routes:\n  - default via 1.2.1.254 dev lan' },
    ['gateway.yaml:6:5 routes[0].via: next hop 1.2.1.254 is not in a connected subnet of lan'],
  ],
  [
    'a next hop that is the gateway itself',
    { routes: 'routes:\n  - default via 1.2.1.1' },
    ['gateway.yaml:6:5 routes[0].via: next hop 1.2.1.1 is an address of this gateway'],
  ],
  [
    'a next hop that is a broadcast address',
    { routes: 'routes:\n  - default via 1.2.255.255' },
    ['gateway.yaml:6:5 routes[0].via: next hop 1.2.255.255 is the broadcast address of its subnet'],
  ],
  [
    'a route with neither via nor dev',
    { routes: 'routes:\n  - 10.0.0.0/8' },
    ['gateway.yaml:6:5 routes[0]: has neither via nor dev'],
  ],
  [
    'a next hop in a blackhole route',
    { routes: 'routes:\n  - { to: 10.0.0.0/8, type: blackhole, via: 1.2.1.254 }' },
    ['gateway.yaml:6:45 routes[0].via: has no meaning in a route of type blackhole'],
  ],
  [
    'one destination twice',
    { routes: 'routes:\n  - default via 1.2.1.254\n  - default via 1.2.1.253' },
    ['gateway.yaml:7:5 routes[1].to: 0.0.0.0/0 is already the destination of routes[0] (line 6)'],
  ],
  [
    'host bits in a destination',
    { routes: 'routes:\n  - 10.1.2.3/8 via 1.2.1.254' },
    ['gateway.yaml:6:5 warning: routes[0].to: 10.1.2.3/8 has host bits set; 10.0.0.0/8 is used'],
  ],
  [
    'an unknown device of a neighbour',
    { neighbors: 'neighbors:\n  - { address: 1.1.1.9, mac: 02:00:00:00:00:09, dev: nal }' },
    ['gateway.yaml:10:54 neighbors[0].dev: there is no interface "nal"'],
  ],
  [
    'a neighbour in no subnet of its device',
    { neighbors: 'neighbors:\n  - { address: 9.9.9.9, mac: 02:00:00:00:00:09, dev: lan }' },
    ['gateway.yaml:10:16 warning: neighbors[0].address: 9.9.9.9 is in no connected subnet of lan'],
  ],
  [
    'a neighbour that is the gateway itself',
    { neighbors: 'neighbors:\n  - { address: 1.1.100.1, mac: 02:00:00:00:00:09, dev: lan }' },
    ['gateway.yaml:10:16 neighbors[0].address: 1.1.100.1 is an address of this gateway'],
  ],
  [
    'one neighbour twice',
    {
      neighbors:
        'neighbors:\n  - { address: 1.1.1.9, mac: 02:00:00:00:00:09, dev: lan }\n  - { address: 1.1.1.9, mac: 02:00:00:00:00:0a, dev: lan }',
    },
    [
      'gateway.yaml:11:16 neighbors[1].address: the neighbour "1.1.1.9 dev lan" is already used by neighbors[0] (neighbor 1.1.1.9, line 10)',
    ],
  ],
];

describe('checks of interfaces, routes and neighbours', () => {
  for (const [name, changed, expected] of cases) {
    test(name, () => assert.deepEqual(issuesOf(sample(changed)), expected));
  }
});
