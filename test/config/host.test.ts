import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Config } from '../../src/config/config.js';
import { configYaml } from '../../src/config/configYaml.js';
import { loadConfig } from '../../src/config/load.js';
import { formatIpv4 } from '../../src/types/ipv4.js';
import { issuesOf, sample } from './sample.js';

const HOST = `host:
  name: h1
  vtep: { address: 192.0.2.1, netns: under }
  physnets: [{ name: p1, packet: eth5 }, { name: p2, tap: trunk, netns: under }]
objects: objects.yaml`;

function load(text: string, file = '/etc/windrose/gw1.yaml'): Config {
  const { config, issues } = loadConfig(text, file);
  assert.ok(config, JSON.stringify(issues));
  return config;
}

describe('a gateway that is one of several hosts', () => {
  test('its keys, with their defaults', () => {
    const { host, objects, store } = load(sample({ host: HOST }));
    assert.equal(formatIpv4(host!.vtep!.address), '192.0.2.1');
    assert.equal(host!.vtep!.netns, 'under');
    assert.equal(host!.mode, 'dvr');
    assert.deepEqual(host!.physnets, [
      { name: 'p1', kind: 'packet', device: 'eth5', netns: undefined },
      { name: 'p2', kind: 'tap', device: 'trunk', netns: 'under' },
    ]);
    assert.equal(objects, '/etc/windrose/objects.yaml');
    assert.equal(store.directory, '/var/lib/windrose/gw1');
  });

  test('without them there is no host', () => {
    const { host, objects } = load(sample());
    assert.deepEqual([host, objects], [undefined, undefined]);
  });

  test('the way back gives the same configuration', () => {
    const config = load(sample({ host: HOST }));
    assert.deepEqual(load(configYaml(config), '/other/running'), config);
  });

  test('it may have no interface of its own; another gateway may not', () => {
    assert.deepEqual(load('name: gw1\nifaces: []\nhost: { name: h1 }\n').ifaces, []);
    assert.deepEqual(issuesOf('name: gw1\nifaces: []\n'), ['gateway.yaml:2:9 ifaces: the gateway has no interface']);
  });
});

/** What is wrong, the section that holds it, and every line that is printed. */
const faults: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'objects without a host',
    'objects: o.yaml',
    ['gateway.yaml:9:10 objects: is for one of several hosts, and nothing says which this one is'],
  ],
  [
    'a store without a host',
    'store: { directory: /s }',
    ['gateway.yaml:9:21 warning: store.directory: is not used: there is no host'],
  ],
  ['a host that cannot be read', 'host: { nam: h1 }\nobjects: o.yaml', ['gateway.yaml:9:9 host.nam: unknown key "nam"']],
  [
    'an endpoint that is no host',
    'host: { name: h1, vtep: { address: 127.0.0.1 } }',
    ['gateway.yaml:9:36 host.vtep.address: 127.0.0.1 is a loopback address'],
  ],
  [
    'devices used twice, none, two, and one name twice',
    'host:\n  name: h1\n  physnets:\n    - { name: a, packet: eth1 }\n    - { name: b }\n    - { name: b, tap: t, packet: t }',
    [
      'gateway.yaml:12:26 host.physnets[0].packet: the device "eth1" is already used by ifaces[1]',
      'gateway.yaml:13:7 host.physnets[1]: has no device',
      'gateway.yaml:14:15 host.physnets[2].name: the name "b" is already used by host.physnets[1]',
      'gateway.yaml:14:34 host.physnets[2].packet: stands beside tap; a device is one of the two',
    ],
  ],
];

describe('hosts that are refused', () => {
  for (const [what, host, expected] of faults) test(what, () => assert.deepEqual(issuesOf(sample({ host })), expected));
});
