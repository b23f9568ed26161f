import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { issuesOf, sample } from './sample.js';

/** What is wrong, the sections that hold it, and every line that is printed. */
const cases: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
  [
    'an address with an octet above 255',
    { zones: 'zones:\n  - { match: 1.1.0.0/16, localAddresses: [1.2.100.300] }' },
    ['gateway.yaml:8:43 zones[0].localAddresses[0]: "1.2.100.300" is not an IPv4 address (last octet above 255)'],
  ],
  [
    'an address with three octets',
    { routes: 'routes:\n  - { to: default, via: 1.2.1, dev: wan }' },
    ['gateway.yaml:6:25 routes[0].via: "1.2.1" is not an IPv4 address (four octets with dots are expected)'],
  ],
  [
    'an address with letters',
    { routes: 'routes:\n  - default via 1.2.x.4' },
    ['gateway.yaml:6:5 routes[0].via: "1.2.x.4" is not an IPv4 address (third octet is not a number)'],
  ],
  [
    'an address with a leading zero',
    { routes: 'routes:\n  - default via 1.2.1.054' },
    ['gateway.yaml:6:5 routes[0].via: "1.2.1.054" is not an IPv4 address (last octet has a leading zero)'],
  ],
  [
    'an address that YAML reads as a number',
    { routes: 'routes:\n  - { to: default, via: 1.2 }' },
    ['gateway.yaml:6:25 routes[0].via: 1.2 is not an IPv4 address (four octets with dots are expected)'],
  ],
  [
    'a router address without length',
    { ifaces: 'ifaces:\n  - { tap: a, role: outside, addresses: [1.2.1.1] }' },
    ['gateway.yaml:3:42 ifaces[0].addresses[0]: "1.2.1.1" has no prefix length (write it as 10.0.0.0/8)'],
  ],
  [
    'a prefix length above 32',
    { zones: 'zones:\n  - { match: 1.1.0.0/33, localAddresses: [] }' },
    ['gateway.yaml:8:14 zones[0].match: "1.1.0.0/33" has a prefix length that is not 0 to 32'],
  ],
  [
    'a range that starts above its end',
    { zones: 'zones:\n  - { match: 1.1.0.0/16, localAddresses: [1.2.100.9-1.2.100.8] }' },
    ['gateway.yaml:8:43 zones[0].localAddresses[0]: "1.2.100.9-1.2.100.8" starts above its end'],
  ],
  [
    'a range of too many addresses',
    { zones: 'zones:\n  - { match: 1.1.0.0/16, localAddresses: [1.2.0.1-1.2.255.1] }' },
    ['gateway.yaml:8:43 zones[0].localAddresses[0]: "1.2.0.1-1.2.255.1" stands for more than 4096 addresses'],
  ],
  [
    'a MAC with five pairs',
    { ifaces: 'ifaces:\n  - { tap: a, role: outside, mac: "02:00:00:00:01" }' },
    [
      'gateway.yaml:3:35 ifaces[0].mac: "02:00:00:00:01" is not a MAC address (six pairs of hexadecimal digits with colons are expected)',
    ],
  ],
  [
    'a group MAC',
    { ifaces: 'ifaces:\n  - { tap: a, role: outside, mac: 03:00:00:00:00:01 }' },
    ['gateway.yaml:3:35 ifaces[0].mac: "03:00:00:00:00:01" is a group MAC address (the lowest bit of its first octet is set)'],
  ],
  [
    'the all-zero MAC',
    { ifaces: 'ifaces:\n  - { tap: a, role: outside, mac: 00:00:00:00:00:00 }' },
    ['gateway.yaml:3:35 ifaces[0].mac: "00:00:00:00:00:00" is the all-zero MAC address'],
  ],
  [
    'a device name that is too long',
    { ifaces: 'ifaces:\n  - { tap: a234567890123456, role: outside }' },
    ['gateway.yaml:3:12 ifaces[0].tap: "a234567890123456" is not a device name (1 to 15 letters without / : or blanks)'],
  ],
  [
    'a device name with a slash',
    { ifaces: 'ifaces:\n  - { tap: a/b, role: outside }' },
    ['gateway.yaml:3:12 ifaces[0].tap: "a/b" is not a device name (1 to 15 letters without / : or blanks)'],
  ],
  [
    'an interface name with a blank',
    { ifaces: 'ifaces:\n  - { name: a b, tap: a, role: outside }' },
    ['gateway.yaml:3:13 ifaces[0].name: "a b" is not an interface name (1 to 32 letters, digits, _ . -)'],
  ],
  ['a name that YAML reads as a number', { name: 'name: 7' }, ['gateway.yaml:1:7 name: 7 is not text (put it in quotes)']],
  [
    'a gateway name with capitals',
    { name: 'name: GW' },
    ['gateway.yaml:1:7 name: "GW" is not a name of 1 to 32 small letters, digits and -'],
  ],
  [
    'an unknown role',
    { ifaces: 'ifaces:\n  - { tap: a, role: outsid }' },
    ['gateway.yaml:3:21 ifaces[0].role: "outsid" is not one of inside, outside'],
  ],
  ['a missing role', { ifaces: 'ifaces:\n  - { tap: a }' }, ['gateway.yaml:3:5 ifaces[0].role: is missing']],
  [
    'an MTU out of range',
    { ifaces: 'ifaces:\n  - { tap: a, role: inside, mtu: 500 }' },
    ['gateway.yaml:3:34 ifaces[0].mtu: 500 is not between 576 and 65535'],
  ],
  [
    'an MTU that is not whole',
    { ifaces: 'ifaces:\n  - { tap: a, role: inside, mtu: 1500.5 }' },
    ['gateway.yaml:3:34 ifaces[0].mtu: 1500.5 is not a whole number'],
  ],
  [
    'a flag that is text',
    { ifaces: 'ifaces:\n  - { tap: a, role: inside, offloads: "on" }' },
    ['gateway.yaml:3:39 ifaces[0].offloads: "on" is neither true nor false'],
  ],
  [
    'true, false or auto',
    { ifaces: 'ifaces:\n  - { packet: a, role: inside, promiscuous: maybe }' },
    ['gateway.yaml:3:45 ifaces[0].promiscuous: "maybe" is none of true, false and auto'],
  ],
  [
    'a VLAN id out of range',
    { ifaces: 'ifaces:\n  - { tap: a, role: inside, vlans: [{ id: 4095 }] }' },
    ['gateway.yaml:3:43 ifaces[0].vlans[0].id: 4095 is not between 1 and 4094'],
  ],
  [
    'ports that start above their end',
    { zones: 'zones:\n  - { match: 1.1.0.0/16, localAddresses: [], ports: 6000-5000 }' },
    ['gateway.yaml:8:53 zones[0].ports: "6000-5000" starts above its end (6000 > 5000)'],
  ],
  [
    'ports below 1024',
    { zones: 'zones:\n  - { match: 1.1.0.0/16, localAddresses: [], ports: 80-5000 }' },
    ['gateway.yaml:8:53 zones[0].ports: "80-5000" starts below port 1024'],
  ],
  [
    'ports above 65535',
    { zones: 'zones:\n  - { match: 1.1.0.0/16, localAddresses: [], ports: 1024-65536 }' },
    ['gateway.yaml:8:53 zones[0].ports: "1024-65536" goes beyond port 65535'],
  ],
  [
    'ports that are no range',
    { zones: 'zones:\n  - { match: 1.1.0.0/16, localAddresses: [], ports: 1024 }' },
    ['gateway.yaml:8:53 zones[0].ports: 1024 is not a port range'],
  ],
];

describe('single values', () => {
  for (const [name, changed, expected] of cases) {
    test(name, () => assert.deepEqual(issuesOf(sample(changed)), expected));
  }
});
