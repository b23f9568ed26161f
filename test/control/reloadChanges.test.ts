import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Config } from '../../src/config/config.js';
import { configYaml } from '../../src/config/configYaml.js';
import { loadConfig } from '../../src/config/load.js';
import { routeText } from '../../src/config/routingText.js';
import { settingFields } from '../../src/control/reload/changeFields.js';
import { type Change, changesBetween, changeText } from '../../src/control/reload/changes.js';
import { restartOnly } from '../../src/control/reload/restartOnly.js';
import { SEED } from '../property/seed.js';
import { arbitraryConfig } from './reloadConfigs.js';

function load(text: string): Config {
  const { config, issues } = loadConfig(text, 'test');
  assert.ok(config, issues.map(({ message, path }) => `${path}: ${message}`).join('; '));
  return config;
}

const BASE = `name: gw1
ifaces:
  - { name: lan, tap: lan, role: inside, addresses: [1.1.100.1/16] }
  - { name: wan, tap: wan, role: outside, addresses: [1.2.100.4/16] }
routes: [ default via 1.2.1.254, 10.9.0.0/16 via 1.2.1.253 ]
zones:
  - { name: tenants, match: 1.1.0.0/16, localAddresses: [1.2.100.1, 1.2.100.2] }
  - { name: rest, match: 0.0.0.0/0, localAddresses: [1.2.100.3] }
`;

const lines = (before: string, after: string): string[] => changesBetween(load(before), load(after)).map(changeText);

describe('the difference in lines', () => {
  const cases: [name: string, from: string | RegExp, to: string, lines: string[]][] = [
    ['an address added', '1.2.100.2]', '1.2.100.2, 1.2.100.5]', ['zone tenants localAddresses: + 1.2.100.5']],
    [
      'an address in front says the order',
      '[1.2.100.1',
      '[1.2.100.5, 1.2.100.1',
      ['zone tenants localAddresses: + 1.2.100.5', 'zone tenants localAddresses: order is now 1.2.100.5, 1.2.100.1, 1.2.100.2'],
    ],
    ['an address removed', '1.2.100.1, ', '', ['zone tenants localAddresses: - 1.2.100.1']],
    [
      'the order of addresses',
      '1.2.100.1, 1.2.100.2',
      '1.2.100.2, 1.2.100.1',
      ['zone tenants localAddresses: order is now 1.2.100.2, 1.2.100.1'],
    ],
    [
      'an address set draining',
      '1.2.100.2]',
      '{ address: 1.2.100.2, state: draining }]',
      ['zone tenants localAddresses: - 1.2.100.2', 'zone tenants draining: + 1.2.100.2'],
    ],
    [
      'a route',
      'default via 1.2.1.254',
      'default via 1.2.1.250',
      ['routes: - default via 1.2.1.254 dev wan', 'routes: + default via 1.2.1.250 dev wan'],
    ],
    [
      'the order of routes is none',
      '[ default via 1.2.1.254, 10.9.0.0/16 via 1.2.1.253 ]',
      '[ 10.9.0.0/16 via 1.2.1.253, default via 1.2.1.254 ]',
      [],
    ],
    [
      'a rule before others',
      'name: gw1\n',
      'name: gw1\nrules: [ from 1.1.0.0/16 lookup 7 pref 9 ]\n',
      ['rules: + from 1.1.0.0/16 lookup 7 pref 9'],
    ],
    ['a timer', 'name: gw1\n', 'name: gw1\ntimers: { udp: 10m }\n', ['timers: udp 5m -> 10m']],
    [
      'events',
      'name: gw1\n',
      'name: gw1\nevents: { file: /e, ipfix: { collector: 192.0.2.1:4739 }, sessions: true }\n',
      [
        'gateway: events.sessions false -> true',
        'gateway: events.file unset -> /e',
        'gateway: events.ipfix.collector unset -> 192.0.2.1:4739',
        'gateway: events.ipfix.domain unset -> 1',
      ],
    ],
    [
      'TCP, ICMP and fragments',
      'name: gw1\n',
      'name: gw1\ntcp: { mss: 1400 }\nicmp: { answerEchoToLocalAddresses: true }\nlimits: { fragments: { perDatagram: 9 } }\n',
      ['tcp: mss off -> 1400', 'icmp: answerEchoToLocalAddresses false -> true', 'limits: fragments.perDatagram 64 -> 9'],
    ],
    ['drainTimeout', 'name: gw1\n', 'name: gw1\ndrainTimeout: 90\n', ['gateway: drainTimeout off -> 1m30s']],
    [
      'metrics off',
      'name: gw1\n',
      'name: gw1\nmetrics: off\n',
      ['gateway: metrics.listen 127.0.0.1:9473 -> unset', 'gateway: metrics unset -> off'],
    ],
    [
      'a zone renamed',
      'name: rest',
      'name: others',
      [
        'zone rest: removed',
        'zone others: added (match 0.0.0.0/0; localAddresses 1.2.100.3; draining none; removed none; ports 1024-65535; pooling rr; protocols tcp, udp, icmp; mapping tcp apdm udp eim icmp eim; filtering tcp apdf udp adf icmp adf; overload true; hostLimits.sessions 8192; hostLimits.ports 4096; hostLimits.halfOpen 1024; hostLimits.newSessions 2000/s burst 4000; reject by cause)',
      ],
    ],
    [
      'modes and limits of a zone',
      'name: tenants,',
      'name: tenants, protocols: [udp, tcp], mapping: { tcp: eim, icmp: apdm }, overload: false, hostLimits: { ports: off, newSessions: 5 },',
      [
        'zone tenants protocols: - icmp',
        'zone tenants: mapping tcp apdm udp eim icmp eim -> tcp eim udp eim icmp apdm',
        'zone tenants: filtering tcp apdf udp adf icmp adf -> tcp adf udp adf icmp apdf',
        'zone tenants: overload true -> false',
        'zone tenants: hostLimits.ports 4096 -> off',
        'zone tenants: hostLimits.newSessions 2000/s burst 4000 -> 5/s burst 5',
      ],
    ],
    [
      'static mappings',
      'name: gw1\n',
      'name: gw1\nstaticMappings: [ { name: web, protocol: tcp, external: 1.2.100.1:80, inside: 1.1.1.80:8080 }, { external: 1.2.100.9, inside: 1.1.1.9 } ]\n',
      ['staticMappings: + tcp 1.2.100.1:80 to 1.1.1.80:8080 (web)', 'staticMappings: + 1.2.100.9 to 1.1.1.9'],
    ],
    ['an iface address', '1.1.100.1/16', '1.1.100.1/16, 1.3.0.1/24', ['iface lan addresses: + 1.3.0.1/24']],
  ];
  for (const [name, from, to, expected] of cases)
    test(name, () => assert.deepEqual(lines(BASE, BASE.replace(from, to)), expected));

  test('Z21 a zone inserted above the default says the order', () => {
    const zone = '  - { name: top, match: 1.1.7.0/24, localAddresses: [] }\n';
    const told = lines(BASE, BASE.replace('zones:\n', `zones:\n${zone}`));
    assert.match(told[0]!, /^zone top: added \(match 1\.1\.7\.0\/24; localAddresses none;/);
    assert.deepEqual(told.slice(1), ['zones: order is now top, tenants, rest']);
  });
  test('what needs a restart', () => {
    const needs = (from: string, to: string) => restartOnly(load(BASE), load(BASE.replace(from, to)));
    assert.deepEqual(needs('name: gw1\n', 'name: gw1\nlimits: { sessions: 64 }\n'), [
      'limits.sessions: 262144 -> 64 needs a restart',
    ]);
    assert.deepEqual(needs('name: gw1\n', 'name: gw1\nidle: { spin: 0 }\n'), ['idle.spin: auto -> 0us needs a restart']);
    assert.deepEqual(needs('name: lan, tap: lan,', 'name: lan, tap: lan, mtu: 9000,'), [
      'mtu of tap lan: unset -> 9000 needs a restart',
    ]);
    assert.deepEqual(
      needs('name: gw1\n', 'name: gw1\nevents: { file: /tmp/events, ipfix: { collector: 192.0.2.1:4739 } }\n'),
      [],
    );
    const limits = 'limits: { hosts: 100, heldPorts: 5, fragments: { datagrams: 50, memory: 1MiB, perDatagram: 9 } }';
    assert.deepEqual(needs('name: gw1\n', `name: gw1\n${limits}\n`), [
      'limits.hosts: 65536 -> 100 needs a restart',
      'limits.fragments.memory: 16MiB -> 1MiB needs a restart',
    ]);
    assert.deepEqual(needs('name: gw1\n', 'name: gw1\ntcp: { mss: pmtu }\nprofile: dsnat\n'), []);
    assert.deepEqual(needs('name: gw1\n', 'name: gw1\nlog: { level: debug }\ntimers: { udp: 10m }\n'), []);
  });
});

/** Applies the printed lines to what a configuration prints against an empty one. */
function applied(model: Map<string, string[]>, changes: readonly Change[]): Map<string, string[]> {
  const next = new Map([...model].map(([subject, list]) => [subject, [...list]]));
  for (const { subject, what } of changes) {
    const list = next.get(subject) ?? [];
    next.set(subject, list);
    const named = /^(iface|zone) (\S+)$/.exec(subject);
    const arrow = /^(\S+) (.*) -> (.*)$/.exec(what);
    if (what === 'removed' && named !== null) {
      for (const key of [...next.keys()]) if (key === subject || key.startsWith(`${subject} `)) next.delete(key);
      next.set(
        `${named[1]}s`,
        (next.get(`${named[1]}s`) ?? []).filter((name) => name !== named[2]),
      );
    } else if (what.startsWith('added (') && named !== null) {
      for (const field of what.slice('added ('.length, -1).split('; ')) {
        const [, key, value] = /^(\S+) (.*)$/.exec(field)!;
        next.set(`${subject} ${key}`, value === 'none' ? [] : value!.split(', '));
      }
      next.set(`${named[1]}s`, [...(next.get(`${named[1]}s`) ?? []), named[2]!]);
    } else if (what.startsWith('+ ')) list.push(what.slice(2));
    else if (what.startsWith('- '))
      next.set(
        subject,
        list.filter((item) => item !== what.slice(2)),
      );
    else if (what.startsWith('order is now'))
      next.set(
        subject,
        what
          .slice('order is now '.length)
          .split(', ')
          .filter((item) => item !== ''),
      );
    else if (arrow?.[3] === 'unset') next.delete(`${subject} ${arrow[1]}`);
    else if (arrow !== null) next.set(`${subject} ${arrow[1]}`, [arrow[3]!]);
    else assert.fail(`a line nobody understands: ${subject}: ${what}`);
  }
  for (const [subject, list] of next) if (list.length === 0 || /^(iface|zone) \S+$/.test(subject)) next.delete(subject);
  return next;
}

const EMPTY = load('name: empty\nifaces: [{ tap: none, name: none, role: inside }]\n');
/** Lists as the difference to an empty configuration prints them, settings as the difference names them. */
function model(config: Config): Map<string, string[]> {
  const lists = applied(new Map(), changesBetween(EMPTY, config));
  for (const subject of [...lists.keys()])
    if (!/^(ifaces?|zones?|routes|nexthopProbes|neighbors|staticMappings)( |$)/.test(subject)) lists.delete(subject);
  for (const [section, fields] of settingFields(config))
    for (const [key, value] of Object.entries(fields)) lists.set(`${section} ${key}`, [String(value)]);
  return lists;
}
const sorted = (map: Map<string, string[]>): string[] =>
  [...map].map(([subject, list]) => `${subject}: ${(subject === 'routes' ? [...list].sort() : list).join(', ')}`).sort();

/** As a file, with the routes in an order of their own: theirs means nothing. */
function yamlOf(config: Config): string {
  const text = (route: Config['routes'][number]): string => routeText(route, config.tableNames);
  return configYaml({ ...config, routes: [...config.routes].sort((a, b) => (text(a) < text(b) ? -1 : 1)) });
}

test(`a configuration written out is the same configuration, seed ${SEED}`, () => {
  fc.assert(
    fc.property(arbitraryConfig, (text) => {
      const config = load(text);
      assert.deepEqual(load(configYaml(config)), config);
      assert.deepEqual(changesBetween(config, load(configYaml(config))), []);
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test(`the printed difference, applied to one configuration, gives the other; none means the same, seed ${SEED}`, () => {
  fc.assert(
    fc.property(arbitraryConfig, arbitraryConfig, (one, other) => {
      const [a, b] = [load(one), load(other)];
      const changes = changesBetween(a, b);
      assert.deepEqual(sorted(applied(model(a), changes)), sorted(model(b)));
      assert.equal(changes.length === 0, yamlOf(a) === yamlOf(b));
      for (const { subject, what } of changes) assert.doesNotMatch(changeText({ subject, what }), /undefined|\[object/);
    }),
    { seed: SEED, numRuns: 300 },
  );
});
