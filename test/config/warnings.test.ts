import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatIssue } from '../../src/config/issues.js';
import { loadConfig } from '../../src/config/load.js';
import { issuesOf, sample } from './sample.js';

const LAN = '  - { name: lan, tap: wr-lan, role: inside, addresses: [1.1.100.1/16] }\n';
const LAN2 = '  - { name: lan2, tap: wr-lan2, role: inside, addresses: [10.9.0.1/24] }\n';
const WAN = '  - { name: wan, packet: eth1, role: outside, addresses: [1.2.1.1/16] }';

/** What is surely not meant, the sections that hold it, and every line that is printed. */
const cases: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
  [
    'an inside interface and no zones',
    { zones: '' },
    [
      'gateway.yaml:3:5 warning: ifaces[0]: lan is inside, but there are no zones: what its hosts send to an outside network is refused',
    ],
  ],
  ['no zones in a router between inside networks', { ifaces: `ifaces:\n${LAN}${LAN2}`, routes: '', zones: '' }, []],
  ['no zones and no inside interface', { ifaces: `ifaces:\n${WAN}`, zones: '' }, []],
  [
    'an inside subnet that no zone matches',
    { ifaces: `ifaces:\n${LAN}${LAN2}${WAN}` },
    [
      'gateway.yaml:4:59 warning: ifaces[1].addresses[0]: no zone matches 10.9.0.0/24: what its hosts send to an outside network is refused',
    ],
  ],
  [
    'the same with a default zone',
    { ifaces: `ifaces:\n${LAN}${LAN2}${WAN}`, zones: 'zones:\n  - { match: 0.0.0.0/0, localAddresses: [1.2.100.1] }' },
    [],
  ],
  ['a zone for part of an inside subnet', { zones: 'zones:\n  - { match: 1.1.7.0/24, localAddresses: [1.2.100.1] }' }, []],
  [
    'a zone whose sources are nowhere inside',
    {
      zones:
        'zones:\n  - { name: a, match: 1.1.0.0/16, localAddresses: [1.2.100.1] }\n  - { name: b, match: 10.7.0.0/16, localAddresses: [1.2.100.2] }',
    },
    ['gateway.yaml:9:23 warning: zones[1].match: no inside subnet and no route to an inside interface holds a source of zone b'],
  ],
  [
    'the same with a route to them',
    {
      routes: 'routes:\n  - 10.7.0.0/16 via 1.1.0.7',
      zones:
        'zones:\n  - { name: a, match: 1.1.0.0/16, localAddresses: [1.2.100.1] }\n  - { name: b, match: 10.7.0.0/16, localAddresses: [1.2.100.2] }',
    },
    [],
  ],
  [
    'zones and no inside interface',
    { ifaces: `ifaces:\n${WAN}` },
    ['gateway.yaml:7:3 warning: zones: no interface has the role inside: no zone sees a frame'],
  ],
  [
    'an interface and a VLAN without addresses',
    { ifaces: `ifaces:\n${LAN}  - { name: dmz, tap: wr-dmz, role: inside, vlans: [{ id: 5 }] }\n${WAN}` },
    ['gateway.yaml:4:53 warning: ifaces[1].vlans[0]: dmz.5 has no addresses: nobody can use the gateway on it'],
  ],
  ['no warning beside a fault', { zones: 'zonez: []' }, ['gateway.yaml:7:1 zonez: unknown key "zonez"']],
];

describe('what is legal but surely not meant', () => {
  for (const [name, changed, expected] of cases) {
    test(name, () => assert.deepEqual(issuesOf(sample(changed)), expected));
  }

  test('a zone that refuses is a note, no warning', () => {
    const zones =
      'zones:\n  - { name: a, match: 1.1.7.0/24, localAddresses: [] }\n  - { name: b, match: 1.1.0.0/16, localAddresses: [{ address: 1.2.100.1, state: draining }] }';
    const { config, issues, notes } = loadConfig(sample({ zones }), 'gateway.yaml');
    assert.ok(config !== undefined);
    assert.deepEqual(issues, []);
    assert.deepEqual(notes.map(formatIssue), [
      'gateway.yaml:8:51 note: zones[0].localAddresses: zone a has no local addresses: its sources are refused',
      'gateway.yaml:9:51 note: zones[1].localAddresses: zone b has no active address: its sources get no new session',
    ]);
  });
});
