import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { staticText } from '../../src/config/words.js';
import { issuesOf, sample } from './sample.js';

const mappings = (...items: string[]): Record<string, string> => ({
  staticMappings: `staticMappings:\n${items.map((item) => `  - { ${item} }`).join('\n')}`,
});

test('a mapping of a host and ports of an own and of a local address of a zone', () => {
  const { config, issues } = loadConfig(
    sample(
      mappings(
        'external: 1.2.100.9, inside: 1.1.1.9',
        'name: web, protocol: tcp, external: 1.2.100.1:80, inside: 1.1.1.80:8080',
        'protocol: udp, external: 1.2.100.1:80, inside: 1.1.1.80:8080',
        'protocol: udp, external: 1.2.100.10:53, inside: 1.1.1.80:53',
      ),
    ),
    'gateway.yaml',
  );
  assert.deepEqual(issues, []);
  assert.deepEqual(config!.staticMappings.map(staticText), [
    '1.2.100.9 to 1.1.1.9',
    'tcp 1.2.100.1:80 to 1.1.1.80:8080 (web)',
    'udp 1.2.100.1:80 to 1.1.1.80:8080',
    'udp 1.2.100.10:53 to 1.1.1.80:53',
  ]);
  assert.deepEqual(config!.staticMappings[0], {
    name: undefined,
    protocol: undefined,
    external: { address: (9 << 24) | (100 << 16) | (2 << 8) | 1, port: 0 },
    inside: { address: (9 << 24) | (1 << 16) | (1 << 8) | 1, port: 0 },
  });
});

test('a gateway with static mappings and no zones has nothing to warn of', () => {
  assert.deepEqual(issuesOf(sample({ zones: '', ...mappings('external: 1.2.100.9, inside: 1.1.1.9') })), []);
});

/** Items of the list, the first in line 10, and every line that is printed. */
const faults: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  [
    'ports without a protocol',
    ['external: 1.2.100.9:80, inside: 1.1.1.9:80'],
    [
      'gateway.yaml:10:17 staticMappings[0].external: 1.2.100.9:80 has a port, and the mapping no protocol',
      'gateway.yaml:10:39 staticMappings[0].inside: 1.1.1.9:80 has a port, and the mapping no protocol',
    ],
  ],
  [
    'a protocol with one port',
    ['protocol: tcp, external: 1.2.100.9:80, inside: 1.1.1.9'],
    ['gateway.yaml:10:54 staticMappings[0].inside: 1.1.1.9 has no port, and the mapping is one of tcp'],
  ],
  [
    'STA-5 a second external address for a host',
    ['external: 1.2.100.9, inside: 1.1.1.9', 'external: 1.2.100.10, inside: 1.1.1.9'],
    ['gateway.yaml:11:37 staticMappings[1].inside: 1.1.1.9 has an external address by staticMappings[0] (line 10)'],
  ],
  [
    'one external address for two hosts',
    ['external: 1.2.100.9, inside: 1.1.1.9', 'external: 1.2.100.9, inside: 1.1.1.10'],
    ['gateway.yaml:11:17 staticMappings[1].external: 1.2.100.9 is already the external side of staticMappings[0] (line 10)'],
  ],
  [
    'one external port twice, and one of an address that a host has to itself',
    [
      'protocol: tcp, external: 1.2.100.1:80, inside: 1.1.1.80:80',
      'protocol: tcp, external: 1.2.100.1:80, inside: 1.1.1.81:80',
      'protocol: tcp, external: 1.2.100.9:80, inside: 1.1.1.81:80',
      'external: 1.2.100.9, inside: 1.1.1.9',
    ],
    [
      'gateway.yaml:11:32 staticMappings[1].external: tcp 1.2.100.1:80 is already the external side of staticMappings[0] (line 10)',
      'gateway.yaml:12:32 staticMappings[2].external: tcp 1.2.100.9:80 is already the external side of staticMappings[3] (line 13)',
    ],
  ],
  [
    'ZON-4 a host mapped to a local address of a zone',
    ['external: 1.2.100.2, inside: 1.1.1.9'],
    [
      'gateway.yaml:10:17 staticMappings[0].external: 1.2.100.2 is already zones[0].localAddresses[1] (zone tenants, line 8), and the host would have its ports to itself',
    ],
  ],
  [
    'own addresses on either side',
    ['protocol: tcp, external: 1.2.1.1:80, inside: 1.1.100.1:80'],
    [
      'gateway.yaml:10:32 staticMappings[0].external: 1.2.1.1 is already ifaces[1].addresses[0] (iface wan, line 4)',
      'gateway.yaml:10:52 staticMappings[0].inside: 1.1.100.1 is already ifaces[0].addresses[0] (iface lan, line 3)',
    ],
  ],
  [
    'addresses no host has',
    ['external: 224.0.0.1, inside: 127.0.0.1', 'external: 1.2.255.255, inside: 1.1.1.1'],
    [
      'gateway.yaml:10:17 staticMappings[0].external: 224.0.0.1 is a multicast address',
      'gateway.yaml:10:36 staticMappings[0].inside: 127.0.0.1 is a loopback address',
      'gateway.yaml:11:17 staticMappings[1].external: 1.2.255.255 is the broadcast address of its subnet',
    ],
  ],
  [
    'two external ports for one inside port of one protocol',
    [
      'protocol: udp, external: 1.2.100.9:7777, inside: 1.1.1.9:7777',
      'protocol: udp, external: 1.2.100.9:8888, inside: 1.1.1.9:7777',
      'protocol: tcp, external: 1.2.100.9:8888, inside: 1.1.1.9:7777',
      'protocol: udp, external: 1.2.100.9:9999, inside: 1.1.1.9:7778',
      'protocol: udp, external: 1.2.100.10:7777, inside: 1.1.1.10:7777',
    ],
    [
      'gateway.yaml:11:56 warning: staticMappings[1].inside: udp 1.1.1.9:7777 is already the inside side of staticMappings[0] (line 10): a remote endpoint that uses both gets no answer through the second',
    ],
  ],
  [
    'addresses nobody routes here or has a way to',
    ['external: 9.9.9.9, inside: 8.8.8.8'],
    [
      'gateway.yaml:10:17 warning: staticMappings[0].external: 9.9.9.9 is in no connected subnet of an outside interface',
      'gateway.yaml:10:34 warning: staticMappings[0].inside: no inside subnet and no route to an inside interface holds 8.8.8.8',
    ],
  ],
  [
    'ports that are none',
    [
      'protocol: tcp, external: 1.2.100.9:0, inside: 1.1.1.9:65536',
      'protocol: tcp, external: "1.2.100.9:", inside: "1.1.1.9:http"',
      'protocol: tcp, external: 1.2.100.9:080, inside: 1.1.1.300:1',
    ],
    [
      'gateway.yaml:10:32 staticMappings[0].external: "1.2.100.9:0" has a port that is not between 1 and 65535',
      'gateway.yaml:10:53 staticMappings[0].inside: "1.1.1.9:65536" has a port that is not between 1 and 65535',
      'gateway.yaml:11:32 staticMappings[1].external: "1.2.100.9:" has a port that is not between 1 and 65535',
      'gateway.yaml:11:54 staticMappings[1].inside: "1.1.1.9:http" has a port that is not between 1 and 65535',
      'gateway.yaml:12:32 staticMappings[2].external: "1.2.100.9:080" has a port that is not between 1 and 65535',
      'gateway.yaml:12:55 staticMappings[2].inside: "1.1.1.300:1" is not an IPv4 address (last octet above 255)',
    ],
  ],
  [
    'one name twice, a protocol that has no ports',
    [
      'name: a, external: 1.2.100.9, inside: 1.1.1.9',
      'name: a, external: 1.2.100.10, inside: 1.1.1.10',
      'protocol: icmp, external: 1.2.100.11, inside: 1.1.1.11',
    ],
    [
      'gateway.yaml:11:13 staticMappings[1].name: the name "a" is already used by staticMappings[0] (staticMapping a, line 10)',
      'gateway.yaml:12:17 staticMappings[2].protocol: "icmp" is not one of tcp, udp',
    ],
  ],
];

describe('static mappings that cannot be', () => {
  for (const [name, items, expected] of faults)
    test(name, () => assert.deepEqual(issuesOf(sample(mappings(...items))), expected));

  test('a second external port for an inside port is let through, with the remedy of another inside port', () => {
    const both = ['443', '8443'].map((port) => `protocol: tcp, external: 1.2.100.9:${port}, inside: 1.1.1.9:443`);
    const { config, issues } = loadConfig(sample(mappings(...both)), 'gateway.yaml');
    assert.equal(config?.staticMappings.length, 2);
    assert.deepEqual(
      issues.map(({ severity, remedy }) => [severity, remedy]),
      [['warning', 'Use another inside port.']],
    );
  });

  test('no outside interface', () => {
    const ifaces = 'ifaces:\n  - { name: lan, tap: wr-lan, role: inside, addresses: [1.1.100.1/16] }';
    const text = sample({ ifaces, routes: '', zones: '', ...mappings('external: 1.2.100.9, inside: 1.1.1.9') });
    assert.deepEqual(issuesOf(text), [
      'gateway.yaml:7:3 staticMappings: there are static mappings but no interface with the role outside has an address',
    ]);
  });
});
