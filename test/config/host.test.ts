import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Config } from '../../src/config/config.js';
import { configYaml } from '../../src/config/configYaml.js';
import { loadConfig } from '../../src/config/load.js';
import { formatIpv4, formatPrefix, maskOf, parseIpv4, type WireIpv4 } from '../../src/types/ipv4.js';
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
    assert.equal(host!.mode, undefined);
    assert.deepEqual(host!.physnets, [
      { name: 'p1', kind: 'packet', device: 'eth5', netns: undefined },
      { name: 'p2', kind: 'tap', device: 'trunk', netns: 'under' },
    ]);
    assert.equal(objects, '/etc/windrose/objects.yaml');
    assert.deepEqual(store, { directory: '/var/lib/windrose/gw1' });
  });

  test('a store in etcd, with its defaults and with all of its keys; the way back gives the same', () => {
    const short = load(sample({ host: `${HOST}\nstore: { etcd: { endpoints: ["http://[::1]", http://etcd1:80/] } }` }));
    const none = { tls: undefined, user: undefined, passwordFile: undefined };
    const endpoints = ['http://[::1]:2379', 'http://etcd1:80'];
    assert.deepEqual(short.store, { etcd: { endpoints, prefix: '/windrose/', ...none } });
    const etcd = {
      endpoints: ['https://etcd1:2379', 'https://192.0.2.2:443'],
      prefix: '/cloud/',
      tls: { ca: '/e/ca.pem', certificate: '/e/c.pem', key: '/e/k.pem' },
      user: 'gw',
      passwordFile: '/e/password',
    };
    const long = load(sample({ host: `${HOST}\nstore: ${JSON.stringify({ etcd })}` }));
    assert.deepEqual(long.store, { etcd });
    for (const config of [short, long]) assert.deepEqual(load(configYaml(config), '/other/running'), config);
  });

  test('metadata, with its defaults and with all of its keys; the way back gives the same', () => {
    const short = load(sample({ host: 'host: { name: h1, metadata: { endpoint: "http://Nova:80/" } }' }));
    const none = { secretFile: undefined, caFile: undefined, netns: undefined };
    const range = { address: (parseIpv4('100.100.0.0') as { value: WireIpv4 }).value, mask: maskOf(16), length: 16 };
    const limits = { connections: 16, newPerSecond: 16 };
    assert.deepEqual(short.host!.metadata, { endpoint: 'http://nova', ...none, ...limits, range });
    const metadata = {
      ...{ endpoint: 'https://[::1]:8775', secretFile: '/s', caFile: '/c', connections: 4, newPerSecond: 2 },
      ...{ range: '198.18.0.0/20', netns: 'meta' },
    };
    const long = load(sample({ host: `host: ${JSON.stringify({ name: 'h1', metadata })}` }));
    assert.deepEqual({ ...long.host!.metadata, range: formatPrefix(long.host!.metadata!.range) }, metadata);
    const socket = load(sample({ host: 'host: { name: h1, metadata: { endpoint: "unix:/run/m.sock" } }' }));
    assert.equal(socket.host!.metadata!.endpoint, 'unix:/run/m.sock');
    for (const config of [short, long, socket]) assert.deepEqual(load(configYaml(config), '/other/running'), config);
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
  [
    'an etcd without a host',
    'store: { etcd: { endpoints: [http://e] } }',
    ['gateway.yaml:9:16 warning: store.etcd: is not used: there is no host'],
  ],
  [
    'endpoints that are none',
    'host: { name: h1 }\nstore: { etcd: { endpoints: [etcd1, "http://e/x", "http://e:99999", ftp://e] } }',
    [
      'gateway.yaml:10:30 store.etcd.endpoints[0]: "etcd1" does not begin with http:// or https://',
      'gateway.yaml:10:37 store.etcd.endpoints[1]: "http://e/x" has more than a host and a port',
      'gateway.yaml:10:51 store.etcd.endpoints[2]: "http://e:99999" is not a URL',
      'gateway.yaml:10:69 store.etcd.endpoints[3]: "ftp://e" does not begin with http:// or https://',
    ],
  ],
  [
    'a password in an endpoint, which is not printed',
    'host: { name: h1 }\nstore: { etcd: { endpoints: ["https://a:b@e"] } }',
    ['gateway.yaml:10:30 store.etcd.endpoints[0]: has a user or a password in it'],
  ],
  [
    'a prefix without an end',
    'host: { name: h1 }\nstore:\n  directory: /s\n  etcd:\n    endpoints: [https://e, https://e:2379, http://f]\n    prefix: x\n',
    ['gateway.yaml:14:13 store.etcd.prefix: "x" is not a prefix that ends with /'],
  ],
  [
    'a store that is two, endpoints twice and mixed, halves of pairs',
    'host: { name: h1 }\nstore:\n  directory: /s\n  etcd:\n    endpoints: [https://e, https://e:2379, http://f]\n    tls: { ca: /c, key: /k }\n    passwordFile: /p',
    [
      'gateway.yaml:11:14 store.directory: stands beside etcd; a store is one of the two',
      'gateway.yaml:13:28 store.etcd.endpoints[1]: https://e:2379 is already endpoints[0]',
      'gateway.yaml:13:44 store.etcd.endpoints[2]: mixes http and https',
      'gateway.yaml:14:25 store.etcd.tls.key: needs certificate beside it',
      'gateway.yaml:15:19 store.etcd.passwordFile: needs user beside it',
    ],
  ],
  [
    'certificates and passwords without https',
    'host: { name: h1 }\nstore: { etcd: { endpoints: [http://e], tls: { ca: /c }, user: u, passwordFile: /p } }',
    [
      'gateway.yaml:10:46 store.etcd.tls: is for https, and the endpoints are http',
      'gateway.yaml:10:64 warning: store.etcd.user: sends its password over http, for everybody on the way to read',
    ],
  ],
  [
    'an endpoint of metadata that is none',
    'host:\n  name: h1\n  metadata: { endpoint: "ftp://a" }',
    ['gateway.yaml:11:25 host.metadata.endpoint: "ftp://a" does not begin with http://, https:// or unix:'],
  ],
  [
    'a range that nobody may have',
    'host:\n  name: h1\n  metadata: { endpoint: "http://a", range: 127.0.0.0/16 }',
    ['gateway.yaml:11:44 host.metadata.range: 127.0.0.0/16 is a loopback address'],
  ],
  [
    'a password in the endpoint of metadata, which is not printed; a range with host bits',
    'host:\n  name: h1\n  metadata: { endpoint: "http://a:b@c", caFile: /c, range: 100.100.0.1/16 }',
    [
      'gateway.yaml:11:25 host.metadata.endpoint: has a user or a password in it',
      'gateway.yaml:11:49 host.metadata.caFile: is for https, and the endpoint is not',
      'gateway.yaml:11:60 host.metadata.range: 100.100.0.1/16 is an address in 100.100.0.0/16',
    ],
  ],
  [
    'a range that is too small',
    'host:\n  name: h1\n  metadata: { endpoint: "unix:/x", range: 100.100.0.0/27 }',
    ['gateway.yaml:11:43 host.metadata.range: 100.100.0.0/27 is not from /8 to /26'],
  ],
  [
    'a socket without a path',
    'host:\n  name: h1\n  metadata: { endpoint: "unix:x" }',
    ['gateway.yaml:11:25 host.metadata.endpoint: "unix:x" has no absolute path behind unix:'],
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
      'gateway.yaml:12:26 host.physnets[0].packet: the device "eth1" is already used by ifaces[1] (iface wan, line 4)',
      'gateway.yaml:13:7 host.physnets[1]: has no device',
      'gateway.yaml:14:15 host.physnets[2].name: the name "b" is already used by host.physnets[1] (line 13)',
      'gateway.yaml:14:34 host.physnets[2].packet: stands beside tap; a device is one of the two',
    ],
  ],
];

describe('hosts that are refused', () => {
  for (const [what, host, expected] of faults) test(what, () => assert.deepEqual(issuesOf(sample({ host })), expected));
});

test('an endpoint with another scheme is not guessed at; one without any is', () => {
  const remedyOf = (endpoint: string): string | undefined =>
    loadConfig(
      `name: g\nifaces: []\nhost: { name: h1 }\nstore: { etcd: { endpoints: ["${endpoint}"] } }\n`,
      'g.yaml',
    ).issues.find(({ message }) => message.includes('does not begin'))?.remedy;
  assert.match(remedyOf('etcd1')!, /^Did you mean "https:\/\/etcd1"\?$/);
  assert.ok(!/Did you mean/.test(remedyOf('ftp://e')!), remedyOf('ftp://e'));
});
