import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { issuesOf, sample } from './sample.js';

/** What is wrong, the sections that hold it, and every line that is printed. */
const cases: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
  [
    'an unknown pooling',
    { zones: 'zones:\n  - { match: 1.1.0.0/16, localAddresses: [], pooling: rr_host }' },
    ['gateway.yaml:8:55 zones[0].pooling: "rr_host" is not one of rr, rr-host, hash, least'],
  ],
  [
    'an unknown reject',
    { zones: 'zones:\n  - { match: 1.1.0.0/16, localAddresses: [], reject: tcp-rst }' },
    ['gateway.yaml:8:54 zones[0].reject: "tcp-rst" is not one of port-unreach, host-unreach, admin-prohib, silent'],
  ],
  ['a zone without match', { zones: 'zones:\n  - { localAddresses: [] }' }, ['gateway.yaml:8:5 zones[0].match: is missing']],
  [
    'a zone with an empty match',
    { zones: 'zones:\n  - { match: [], localAddresses: [] }' },
    ['gateway.yaml:8:14 zones[0].match: is an empty list'],
  ],
  [
    'a zone without localAddresses',
    { zones: 'zones:\n  - { match: 1.1.0.0/16 }' },
    ['gateway.yaml:8:5 zones[0].localAddresses: is missing'],
  ],
  [
    'a required key misspelt',
    { zones: 'zones:\n  - { name: a, mtach: 1.1.0.0/16, localAddresses: [] }' },
    ['gateway.yaml:8:16 zones[0].mtach: unknown key "mtach"'],
  ],
  [
    'a required list misspelt',
    { zones: 'zones:\n  - { match: 1.1.0.0/16, localAdresses: [] }' },
    ['gateway.yaml:8:26 zones[0].localAdresses: unknown key "localAdresses"'],
  ],
  [
    'a required key of a long local address misspelt',
    { zones: 'zones:\n  - { match: 1.1.0.0/16, localAddresses: [{ adress: 1.2.100.1 }] }' },
    ['gateway.yaml:8:45 zones[0].localAddresses[0].adress: unknown key "adress"'],
  ],
  [
    'a required scalar and the key of a device misspelt',
    { ifaces: 'ifaces:\n  - { tap: a, rol: inside }\n  - { pakcet: b, role: outside }' },
    ['gateway.yaml:3:15 ifaces[0].rol: unknown key "rol"', 'gateway.yaml:4:7 ifaces[1].pakcet: unknown key "pakcet"'],
  ],
  [
    'a required section misspelt',
    { ifaces: 'iface:\n  - { tap: a, role: inside }', routes: '' },
    ['gateway.yaml:2:1 iface: unknown key "iface"'],
  ],
  [
    'two keys that are not near: one unknown, one missing',
    { zones: 'zones:\n  - { sources: 1.1.0.0/16, localAddresses: [] }' },
    ['gateway.yaml:8:5 zones[0].match: is missing', 'gateway.yaml:8:7 zones[0].sources: unknown key "sources"'],
  ],
  [
    'a duration in words',
    { timers: 'timers: { udp: soon }' },
    ['gateway.yaml:9:16 timers.udp: "soon" is not a duration (seconds, or numbers with us, ms, s, m, h, d)'],
  ],
  [
    'a duration beyond 14 days',
    { timers: 'timers: { tcpEstablished: 15d }' },
    ['gateway.yaml:9:27 timers.tcpEstablished: "15d" is longer than 14 days'],
  ],
  [
    'a duration below its least',
    { neighborTimers: 'neighborTimers: { retry: 1ms }' },
    ['gateway.yaml:9:26 neighborTimers.retry: "1ms" is shorter than 10 ms'],
  ],
  [
    'a scale of 0',
    { timers: 'timers: { allowShort: true, scale: 0 }' },
    ['gateway.yaml:9:36 timers.scale: 0 is not above 0 and at most 1000'],
  ],
  [
    'a rate in words',
    { limits: 'limits: { icmpErrorsPerSource: many }' },
    ['gateway.yaml:9:32 limits.icmpErrorsPerSource: "many" is not a rate'],
  ],
  [
    'a rate of 0',
    { limits: 'limits: { icmpErrorsGlobal: 0/s }' },
    ['gateway.yaml:9:29 limits.icmpErrorsGlobal: "0/s" is not between 1/s and 1000000/s'],
  ],
  [
    'limits out of range',
    { limits: 'limits: { sessions: 1, localAddresses: 5000 }' },
    [
      'gateway.yaml:9:21 limits.sessions: 1 is not between 64 and 16777215',
      'gateway.yaml:9:40 limits.localAddresses: 5000 is not between 1 and 4096',
    ],
  ],
  [
    'more than 16 workers',
    { workers: 'workers: 17' },
    ['gateway.yaml:9:10 workers: 17 is neither a number from 1 to 16 nor auto'],
  ],
  [
    'workers in words',
    { workers: 'workers: many' },
    ['gateway.yaml:9:10 workers: "many" is neither a number from 1 to 16 nor auto'],
  ],
  [
    'a metrics port above 65535',
    { metrics: 'metrics: { listen: 127.0.0.1:99999 }' },
    ['gateway.yaml:9:20 metrics.listen: "127.0.0.1:99999" has a port above 65535'],
  ],
  [
    'a metrics address without port',
    { metrics: 'metrics: { listen: localhost }' },
    ['gateway.yaml:9:20 metrics.listen: "localhost" is not address:port'],
  ],
  [
    'a relative control socket',
    { control: 'control: { socket: gw.sock }' },
    ['gateway.yaml:9:20 control.socket: "gw.sock" is not an absolute path of at most 107 octets'],
  ],
  [
    'an unknown log level',
    { log: 'log: { level: loud }' },
    ['gateway.yaml:9:15 log.level: "loud" is not one of debug, info, warn, error'],
  ],
  [
    'CPUs that do not fit the workers',
    { workers: 'workers: 3\ncpus: [1, 2]' },
    ['gateway.yaml:10:7 cpus: 2 CPUs do not fit 3 workers'],
  ],
  ['a CPU listed twice', { workers: 'workers: auto\ncpus: [1, 2, 1]' }, ['gateway.yaml:10:14 cpus[2]: 1 is listed twice']],
  ['a CPU beyond the mask', { cpus: 'cpus: [1024]' }, ['gateway.yaml:9:8 cpus[0]: 1024 is not between 0 and 1023']],
  ['no CPU', { cpus: 'cpus: []' }, ['gateway.yaml:9:7 cpus: is an empty list']],
  ['a spin beyond 1 ms', { idle: 'idle: { spin: 2ms }' }, ['gateway.yaml:9:15 idle.spin: "2ms" is longer than 1000 us']],
  ['a spin without a unit', { idle: 'idle: { spin: 100 }' }, ['gateway.yaml:9:15 idle.spin: 100 has no unit (us, ms)']],
  [
    'a timer too long for seconds',
    { timers: 'timers: { tcpEstablished: 7440000 }' },
    ['gateway.yaml:9:27 timers.tcpEstablished: 7440000 is longer than 14 days (a number without a unit is seconds)'],
  ],
  ['an unknown key with a neighbour', { zonez: 'zonez: []' }, ['gateway.yaml:9:1 zonez: unknown key "zonez"']],
  ['an unknown key far from all', { other: 'xylophone: 1' }, ['gateway.yaml:9:1 xylophone: unknown key "xylophone"']],
  [
    'an unknown key in an item',
    { zones: 'zones:\n  - { match: 1.1.0.0/16, localAddress: [] , localAddresses: []}' },
    ['gateway.yaml:8:26 zones[0].localAddress: unknown key "localAddress"'],
  ],
  [
    'an unknown key in a VLAN',
    { ifaces: 'ifaces:\n  - { tap: a, role: inside, vlans: [{ id: 1, adresses: [] }] }' },
    ['gateway.yaml:3:46 ifaces[0].vlans[0].adresses: unknown key "adresses"'],
  ],
  [
    'an unknown word in a route line',
    { routes: 'routes:\n  - default via 1.2.1.254 dex wan' },
    ['gateway.yaml:6:5 routes[0].dex: unknown key "dex"'],
  ],
  [
    'an unknown key in metrics',
    { metrics: 'metrics: { lsten: 127.0.0.1:1 }' },
    ['gateway.yaml:9:12 metrics.lsten: unknown key "lsten"'],
  ],
  ['a list where a mapping belongs', { timers: 'timers: []' }, ['gateway.yaml:9:9 timers: is a list, not a mapping']],
  [
    'a mapping where a list belongs',
    { zones: 'zones: { match: 1.1.0.0/16 }' },
    ['gateway.yaml:7:8 zones: is a mapping, not a list'],
  ],
  ['a value where a list belongs', { routes: 'routes: 7' }, ['gateway.yaml:5:9 routes: is the single value 7, not a list']],
  ['a section without value', { log: 'log:' }, ['gateway.yaml:9:5 log: has no value']],
  ['an item without value', { zones: 'zones:\n  -' }, ['gateway.yaml:8:4 zones[0]: has no value']],
  [
    'a nested list as a value',
    { routes: 'routes:\n  - { to: [default], via: 1.2.1.254 }' },
    ['gateway.yaml:6:11 routes[0].to: a list is not text'],
  ],
];

describe('values and shapes of sections', () => {
  for (const [name, changed, expected] of cases) {
    test(name, () => assert.deepEqual(issuesOf(sample(changed)), expected));
  }
  test('the remedy names the key that was meant, or the form that is missing', () => {
    const remedies = (zone: string) =>
      loadConfig(sample({ zones: `zones:\n  - ${zone}` }), 'gateway.yaml').issues.map((issue) => issue.remedy);
    assert.deepEqual(remedies('{ mtach: 1.1.0.0/16, localAddresses: [] }'), ['Did you mean "match"?']);
    assert.deepEqual(remedies('{ localAddresses: [] }'), ['Expected: IPv4 prefix or list.']);
  });

  /** A value where a mapping belongs, and the remedy. */
  const bare: readonly (readonly [string, string, string])[] = [
    ['events', 'events: { ipfix: 127.0.0.1:4739 }', 'Write { collector: 127.0.0.1:4739 }.'],
    ['events', 'events: { ipfix: "[2001:db8::1]:4739" }', 'Write { collector: "[2001:db8::1]:4739" }.'],
    ['events', 'events: /var/log/events.jsonl', 'Write { file: /var/log/events.jsonl }.'],
    ['metrics', 'metrics: 127.0.0.1:9473', 'Write { listen: 127.0.0.1:9473 }.'],
    ['log', 'log: debug', 'Write { level: debug }.'],
    ['control', 'control: /run/gw.sock', 'Write { socket: /run/gw.sock }.'],
    ['limits', 'limits: { fragments: 8MiB }', 'Write { memory: 8MiB }.'],
    // Nothing takes it, more than one key does, and one does that is not enough.
    ['events', 'events: { ipfix: collector.example }', 'Write keys with ":".'],
    ['timers', 'timers: 15m', 'Write keys with ":".'],
    ['zones', 'zones: [tenants]', 'Write keys with ":".'],
    ['events', `events: /${'x'.repeat(60)}`, 'Write keys with ":".'],
  ];
  for (const [section, text, remedy] of bare)
    test(`"${text}" is told: ${remedy}`, () => {
      const { config, issues } = loadConfig(sample({ [section]: text }), 'gateway.yaml');
      assert.deepEqual([config, issues.map((issue) => issue.remedy)], [undefined, [remedy]]);
    });
});
