import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { issuesOf, sample } from './sample.js';

/** What is wrong, the sections that hold it, and every line that is printed. */
const cases: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
  [
    'two zones of one name',
    {
      zones:
        'zones:\n  - { name: a, match: 1.1.1.0/24, localAddresses: [] }\n  - { name: a, match: 1.1.2.0/24, localAddresses: [] }',
    },
    ['gateway.yaml:9:13 zones[1].name: the zone name "a" is already used by zones[0] (zone a, line 8)'],
  ],
  [
    'two zones of one default name',
    {
      zones: 'zones:\n  - { match: 1.1.1.0/24, localAddresses: [] }\n  - { match: [1.1.1.0/24, 1.1.2.0/24], localAddresses: [] }',
    },
    ['gateway.yaml:9:14 zones[1].match: the zone name "1.1.1.0/24" is already used by zones[0] (line 8)'],
  ],
  [
    'a zone of a host that is called as one of an SNAT service may be; a prefix is not',
    {
      zones: 'zones:\n  - { name: r/all, match: 1.1.1.0/24, localAddresses: [] }\n  - { match: 1.1.2.0/24, localAddresses: [] }',
      host: 'host: { name: h1, vtep: { address: 192.0.2.1 } }',
    },
    [
      'gateway.yaml:8:13 zones[0].name: "r/all" may be the name of a zone of the SNAT service of a router (ROUTER/ZONE), which would share its rotation, counters and sessions',
    ],
  ],
  ['the same of a gateway that is no host', { zones: 'zones:\n  - { name: r/all, match: 1.1.1.0/24, localAddresses: [] }' }, []],
  [
    'a zone that is fully covered',
    {
      zones:
        'zones:\n  - { name: a, match: 1.1.0.0/16, localAddresses: [] }\n  - { name: b, match: [1.1.1.0/24, 1.1.2.0/24], localAddresses: [] }',
    },
    ['gateway.yaml:9:5 warning: zones[1]: never matches: all its sources are covered by zones[0]'],
  ],
  [
    'a zone covered by two halves',
    {
      zones:
        'zones:\n  - { name: a, match: 1.1.0.0/17, localAddresses: [] }\n  - { name: b, match: 1.1.128.0/17, localAddresses: [] }\n  - { name: c, match: 1.1.0.0/16, localAddresses: [] }',
    },
    ['gateway.yaml:10:5 warning: zones[2]: never matches: all its sources are covered by zones[0], zones[1]'],
  ],
  [
    'host bits in a match',
    { zones: 'zones:\n  - { match: 1.1.5.5/16, localAddresses: [] }' },
    ['gateway.yaml:8:14 warning: zones[0].match: 1.1.5.5/16 has host bits set; 1.1.0.0/16 is used'],
  ],
  [
    'zones without an outside interface',
    { routes: '', ifaces: 'ifaces:\n  - { name: lan, tap: wr-lan, role: inside, addresses: [1.1.100.1/16] }' },
    ['gateway.yaml:6:3 zones: there are zones to translate but no interface has the role outside'],
  ],
  [
    'one address in two zones',
    {
      zones:
        'zones:\n  - { name: a, match: 1.1.1.0/24, localAddresses: [1.2.100.1-1.2.100.5] }\n  - { name: b, match: 1.1.2.0/24, localAddresses: [1.2.100.4] }',
    },
    ['gateway.yaml:9:52 zones[1].localAddresses[0]: 1.2.100.4 is already zones[0].localAddresses[0] (zone a, line 8)'],
  ],
  [
    'one address twice in a zone',
    { zones: 'zones:\n  - { name: a, match: 1.1.1.0/24, localAddresses: [1.2.100.1, 1.2.100.1] }' },
    ['gateway.yaml:8:63 zones[0].localAddresses[1]: 1.2.100.1 is already zones[0].localAddresses[0] (zone a, line 8)'],
  ],
  [
    'a router address as local address',
    { zones: 'zones:\n  - { name: a, match: 1.1.1.0/24, localAddresses: [1.2.1.1] }' },
    ['gateway.yaml:8:52 zones[0].localAddresses[0]: 1.2.1.1 is already ifaces[1].addresses[0] (iface wan, line 4)'],
  ],
  [
    'a martian local address',
    { zones: 'zones:\n  - { name: a, match: 1.1.1.0/24, localAddresses: [127.0.0.9] }' },
    ['gateway.yaml:8:52 zones[0].localAddresses[0]: 127.0.0.9 is a loopback address'],
  ],
  [
    'a local address nobody routes to us',
    { zones: 'zones:\n  - { name: a, match: 1.1.1.0/24, localAddresses: [9.9.9.9] }' },
    ['gateway.yaml:8:52 warning: zones[0].localAddresses[0]: 9.9.9.9 is in no connected subnet of an outside interface'],
  ],
  [
    'a local address that is a broadcast address',
    { zones: 'zones:\n  - { name: a, match: 1.1.1.0/24, localAddresses: [1.2.255.255] }' },
    ['gateway.yaml:8:52 zones[0].localAddresses[0]: 1.2.255.255 is the broadcast address of its subnet'],
  ],
  [
    'timers under their floors',
    { timers: 'timers: { udp: 10, udpUnanswered: 30, tcpEstablished: 1h, tcpHalfOpen: 5, tcpClosing: 9, icmp: 59999ms }' },
    [
      'gateway.yaml:9:16 timers.udp: 10s is under the floor of 2m (RFC 4787 REQ-5)',
      'gateway.yaml:9:35 timers.udpUnanswered: 30s is under the floor of 2m (RFC 4787 REQ-5)',
      'gateway.yaml:9:55 timers.tcpEstablished: 1h is under the floor of 2h4m (RFC 5382 REQ-5)',
      'gateway.yaml:9:72 timers.tcpHalfOpen: 5s is under the floor of 6s (RFC 5382 REQ-5)',
      'gateway.yaml:9:87 timers.tcpClosing: 9s is under the floor of 10s (RFC 7857 2.2)',
      'gateway.yaml:9:96 timers.icmp: 59s999ms is under the floor of 1m (RFC 5508 REQ-1)',
    ],
  ],
  [
    'more timers under their floors, of the profile in use',
    {
      profile: 'profile: dsnat',
      timers: 'timers: { tcpEstablished: 899, tcpHalfClosed: 119, tcpReset: 9, unsolicitedSyn: 5, other: 59 }',
    },
    [
      'gateway.yaml:10:27 timers.tcpEstablished: 14m59s is under the floor of 15m (RFC 5382 REQ-5)',
      'gateway.yaml:10:47 timers.tcpHalfClosed: 1m59s is under the floor of 2m (RFC 7857 2.1)',
      'gateway.yaml:10:62 timers.tcpReset: 9s is under the floor of 10s (RFC 7857 2.2)',
      'gateway.yaml:10:81 timers.unsolicitedSyn: 5s is under the floor of 6s (RFC 5382 REQ-4)',
      'gateway.yaml:10:91 timers.other: 59s is under the floor of 1m (their hosts ask for about a minute)',
    ],
  ],
  [
    'a timer that cannot be read beside one that is too short',
    { timers: 'timers: { udp: 30s, icmp: 60 sec }' },
    [
      'gateway.yaml:9:16 timers.udp: 30s is under the floor of 2m (RFC 4787 REQ-5)',
      'gateway.yaml:9:27 timers.icmp: "60 sec" is not a duration (seconds, or numbers with us, ms, s, m, h, d)',
    ],
  ],
  [
    'a timer too short beside a misspelt allowShort accuses only the key',
    { timers: 'timers: { udp: 30s, allowshort: true }' },
    ['gateway.yaml:9:21 timers.allowshort: unknown key "allowshort"'],
  ],
  [
    'timers shorter than asked for',
    { timers: 'timers: { tcpHalfOpen: 30, tcpClosing: 30 }' },
    [
      'gateway.yaml:9:24 warning: timers.tcpHalfOpen: 30s is shorter than the 4m of RFC 5382 REQ-5',
      'gateway.yaml:9:40 warning: timers.tcpClosing: 30s is shorter than the 4m of RFC 7857 2.2',
    ],
  ],
  [
    'a scale without allowShort',
    { timers: 'timers: { scale: 0.1 }' },
    ['gateway.yaml:9:18 timers.scale: a scale is only for tests'],
  ],
  [
    'more local addresses than fit',
    { limits: 'limits: { localAddresses: 1 }' },
    ['gateway.yaml:8:3 zones: 2 local addresses do not fit limits.localAddresses (1)'],
  ],
  [
    'more routes than fit',
    { limits: 'limits: { routes: 4 }' },
    ['gateway.yaml:6:3 routes: 5 routes (with connected and local ones) do not fit limits.routes (4)'],
  ],
  [
    'more neighbours than fit',
    {
      limits: 'limits: { neighbors: 1 }',
      neighbors:
        'neighbors:\n  - { address: 1.1.1.9, mac: 02:00:00:00:00:09, dev: lan }\n  - { address: 1.1.1.10, mac: 02:00:00:00:00:0a, dev: lan }',
    },
    ['gateway.yaml:11:3 neighbors: 2 permanent neighbours do not fit limits.neighbors (1)'],
  ],
];

describe('checks of zones, timers and capacities', () => {
  for (const [name, changed, expected] of cases) {
    test(name, () => assert.deepEqual(issuesOf(sample(changed)), expected));
  }

  /** `timers` of a file -> what is to be done about it. */
  const remedies = (timers: string, profile = 'default'): string[] =>
    loadConfig(sample({ profile: `profile: ${profile}`, timers: `timers: { ${timers} }` }), 'gateway.yaml').issues.map(
      (issue) => issue.remedy,
    );
  const alone = 'Raise it, or set timers.allowShort: true in a test or lab.';

  test('TIM-8 the remedy of a short timer names the dense profile where that takes the value', () => {
    const dense =
      'Raise it, write "timers: { profile: dense }", which has shorter timers and floors, or set timers.allowShort: true in a test or lab.';
    assert.deepEqual(remedies('tcpEstablished: 15m, tcpHalfClosed: 119s'), [dense, alone]);
    assert.deepEqual(remedies('tcpEstablished: 899s, tcpHalfClosed: 2m'), [alone, dense]);
    assert.deepEqual(remedies('profile: dense, tcpEstablished: 15m'), []);
  });
  test('TIM-8 the remedy names no profile that does not help: in use, or with the same floor', () => {
    assert.deepEqual(remedies('profile: dense, tcpEstablished: 14m'), [alone]);
    assert.deepEqual(remedies('udp: 30s'), [alone]);
    assert.deepEqual(remedies('tcpEstablished: 14m', 'dsnat'), [alone]);
  });
});
