import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configTree } from '../../src/config/configYaml.js';
import { loadConfig } from '../../src/config/load.js';
import { MOST_PROBES } from '../../src/tables/probes.js';
import { issuesOf, sample } from './sample.js';

const probes = (...items: readonly string[]): string =>
  sample({ nexthopProbes: `nexthopProbes:\n${items.map((item) => `  - { ${item} }\n`).join('')}` });

const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['the next hop of a route', ['address: 1.2.1.254'], []],
  ['with its interface', ['address: 1.2.1.254, dev: wan, interval: 100ms, fails: 1, recovers: 1'], []],
  ['an own address', ['address: 1.2.1.1'], ['nexthopProbes[0].address: 1.2.1.1 is an address of this gateway']],
  [
    'a host that no route goes by',
    ['address: 1.2.1.9'],
    ['warning: nexthopProbes[0].address: no route goes by 1.2.1.9 dev wan: what the probe finds out changes nothing'],
  ],
  ['behind no interface', ['address: 9.9.9.9'], ['nexthopProbes[0].address: 9.9.9.9 is not in any connected subnet']],
  ['an unknown interface', ['address: 1.2.1.254, dev: wna'], ['nexthopProbes[0].dev: there is no interface "wna"']],
  [
    'one twice',
    ['address: 1.2.1.254', 'address: 1.2.1.254, dev: wan, fails: 9'],
    [
      'nexthopProbes[1].address: the next hop "1.2.1.254 dev wan" is already used by nexthopProbes[0] (nexthopProbe 1.2.1.254, line 10)',
    ],
  ],
  [
    'an interval that is too short',
    ['address: 1.2.1.254, interval: 99ms'],
    ['nexthopProbes[0].interval: "99ms" is shorter than 100 ms'],
  ],
  [
    'an interval that is too long',
    ['address: 1.2.1.254, interval: 61s'],
    ['nexthopProbes[0].interval: "61s" is longer than 60 s'],
  ],
  [
    'an interval in milliseconds without the unit',
    ['address: 1.2.1.254, interval: 500'],
    ['nexthopProbes[0].interval: 500 is longer than 60 s (a number without a unit is seconds)'],
  ],
  ['no address', ['dev: wan'], ['nexthopProbes[0].address: is missing']],
];

for (const [name, items, issues] of cases)
  test(`nexthopProbes: ${name}`, () => {
    assert.deepEqual(
      issuesOf(probes(...items)).map((issue) => issue.replace(/^gateway\.yaml:\d+:\d+ /, '')),
      issues,
    );
  });

test('nexthopProbes: a next hop by two interfaces needs dev, and each can be probed', () => {
  const two = (probe: string): string[] =>
    issuesOf(`
ifaces:
  - { name: a, tap: a, role: inside, addresses: [10.0.0.1/24] }
  - { name: b, tap: b, role: inside, addresses: [10.0.1.1/24] }
routes: [10.1.0.0/16 via 10.0.9.9 dev a onlink, 10.2.0.0/16 via 10.0.9.9 dev b onlink]
nexthopProbes: [${probe}]
`).map((issue) => issue.replace(/^gateway\.yaml:\d+:\d+ /, ''));
  assert.deepEqual(two('{ address: 10.0.9.9 }'), ['nexthopProbes[0].address: 10.0.9.9 is a next hop by a and b']);
  assert.deepEqual(two('{ address: 10.0.9.9, dev: a }, { address: 10.0.9.9, dev: b }'), []);
});

test('nexthopProbes: an interface without address cannot ask', () => {
  const issues = issuesOf(`
ifaces: [{ name: a, tap: a, role: inside }]
routes: [10.1.0.0/16 via 10.0.9.9 dev a onlink]
nexthopProbes: [{ address: 10.0.9.9 }]
`);
  assert.ok(
    issues.some((issue) => issue.includes('nexthopProbes[0].dev: a has no address that a probe could come from')),
    issues.join(),
  );
});

test('nexthopProbes: as many as the workers have room for', () => {
  const many = (count: number): string[] =>
    Array.from({ length: count }, (_, i) => `address: 1.2.${2 + (i >> 7)}.${1 + (i & 127)}`);
  assert.equal(issuesOf(probes(...many(MOST_PROBES))).filter((issue) => !issue.includes('warning')).length, 0);
  assert.ok(issuesOf(probes(...many(MOST_PROBES + 1))).some((issue) => issue.includes('has more than 256 entries')));
});

test('nexthopProbes: what is not said has its default, and is written out', () => {
  const { config } = loadConfig(probes('address: 1.2.1.254'), 'gateway.yaml');
  assert.deepEqual(configTree(config!).nexthopProbes, [
    { address: '1.2.1.254', dev: 'wan', interval: '1s', fails: 3, recovers: 2 },
  ]);
});
