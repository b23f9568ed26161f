import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { issuesOf, sample } from './sample.js';

const zoneText = (keys: string): string => `zones:\n  - { match: 1.1.0.0/16, localAddresses: [1.2.100.1]${keys} }`;

function zone(keys: string, profile = 'default') {
  const { config, issues } = loadConfig(sample({ profile: `profile: ${profile}`, zones: zoneText(keys) }), 'gateway.yaml');
  assert.deepEqual(issues, []);
  return config!.zones[0]!;
}

const all = <T>(value: T) => ({ tcp: value, udp: value, icmp: value });

describe('modes of a zone (D19)', () => {
  test('defaults: rr, all protocols, TCP apdm and apdf, UDP and ICMP eim and adf, overload', () => {
    const { pooling, protocols, mapping, filtering, overload, hostLimits } = zone('');
    assert.deepEqual([pooling, protocols], ['rr', ['tcp', 'udp', 'icmp']]);
    assert.deepEqual(mapping, { tcp: 'apdm', udp: 'eim', icmp: 'eim' });
    assert.deepEqual(filtering, { tcp: 'apdf', udp: 'adf', icmp: 'adf' });
    assert.deepEqual(overload, all(true));
    assert.deepEqual(hostLimits, { sessions: 8192, ports: 4096, halfOpen: 1024, newSessions: { perSecond: 2000, burst: 4000 } });
  });

  test('one word is for all protocols, a mapping for those it names; filtering follows the mapping', () => {
    assert.deepEqual(zone(', mapping: eim, filtering: eif').filtering, all('eif'));
    assert.deepEqual(zone(', mapping: eim').filtering, all('adf'));
    const mixed = zone(', mapping: { icmp: apdm }, filtering: { udp: eif }, overload: { tcp: false }');
    assert.deepEqual(mixed.mapping, { tcp: 'apdm', udp: 'eim', icmp: 'apdm' });
    assert.deepEqual(mixed.filtering, { tcp: 'apdf', udp: 'eif', icmp: 'apdf' });
    assert.deepEqual(mixed.overload, { tcp: false, udp: true, icmp: true });
  });

  test('protocols are one word or a list, in any order', () => {
    assert.deepEqual(zone(', protocols: tcp').protocols, ['tcp']);
    assert.deepEqual(zone(', protocols: [icmp, tcp]').protocols, ['tcp', 'icmp']);
  });

  test('filtering of a protocol that is not translated is not compared with its mapping', () => {
    assert.equal(zone(', protocols: [udp], filtering: eif').filtering.udp, 'eif');
  });

  test('limits of a host may be off each', () => {
    const limits = zone(', hostLimits: { sessions: off, ports: 7, newSessions: off }').hostLimits;
    assert.deepEqual(limits, { sessions: 'off', ports: 7, halfOpen: 1024, newSessions: 'off' });
    assert.equal(zone(', hostLimits: { halfOpen: false }').hostLimits.halfOpen, 'off');
  });

  test('profile dsnat: its ports, apdm everywhere, refusals by port-unreach; what is written wins', () => {
    const usual = zone('', 'dsnat');
    assert.deepEqual(usual.ports, { low: 5000, high: 65535 });
    assert.deepEqual([usual.mapping, usual.filtering], [all('apdm'), all('apdf')]);
    assert.deepEqual([usual.pooling, usual.reject], ['rr', 'port-unreach']);
    const own = zone(', ports: 2000-3000, mapping: { udp: eim }, reject: silent', 'dsnat');
    assert.deepEqual([own.ports.low, own.mapping.udp, own.filtering.udp, own.reject], [2000, 'eim', 'adf', 'silent']);
  });
});

/** Keys of the zone, and every line that is printed; the zone begins in column 5 of line 8. */
const faults: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'eif with the default mapping of TCP',
    ', filtering: eif',
    ['gateway.yaml:8:66 zones[0].filtering: eif needs mapping eim, and the mapping of tcp is apdm'],
  ],
  [
    'adf with apdm, by protocol',
    ', mapping: apdm, filtering: { udp: adf, icmp: eif }',
    ['gateway.yaml:8:81 zones[0].filtering: adf and eif need mapping eim, and the mapping of udp, icmp is apdm'],
  ],
  ['no protocol', ', protocols: []', ['gateway.yaml:8:66 zones[0].protocols: is an empty list']],
  [
    'unknown protocols and one twice',
    ', protocols: [tcp, sctp, tcp, {}]',
    [
      'gateway.yaml:8:72 zones[0].protocols[1]: "sctp" is not one of tcp, udp, icmp',
      'gateway.yaml:8:78 zones[0].protocols[2]: "tcp" stands here twice',
      'gateway.yaml:8:83 zones[0].protocols[3]: a mapping is not one of tcp, udp, icmp',
    ],
  ],
  ['a mapping nobody knows', ', mapping: symmetric', ['gateway.yaml:8:64 zones[0].mapping: "symmetric" is not one of eim, apdm']],
  ['a protocol misspelt in a mapping', ', mapping: { upd: eim }', ['gateway.yaml:8:66 zones[0].mapping.upd: unknown key "upd"']],
  [
    'a wrong word by protocol',
    ', overload: { tcp: sometimes }',
    ['gateway.yaml:8:72 zones[0].overload.tcp: "sometimes" is neither true nor false'],
  ],
  [
    'lists where one value belongs',
    ', mapping: [eim], overload: [true]',
    [
      'gateway.yaml:8:64 zones[0].mapping: a list is not one of eim, apdm',
      'gateway.yaml:8:81 zones[0].overload: a list is neither true nor false',
    ],
  ],
  [
    'limits of 0, below 0, broken, too large and in words',
    ', hostLimits: { sessions: 0, ports: -1, halfOpen: 1e99, newSessions: many }',
    [
      'gateway.yaml:8:79 zones[0].hostLimits.sessions: 0 is neither off nor a whole number from 1 to 16777215',
      'gateway.yaml:8:89 zones[0].hostLimits.ports: -1 is neither off nor a whole number from 1 to 16777215',
      'gateway.yaml:8:103 zones[0].hostLimits.halfOpen: 1e+99 is neither off nor a whole number from 1 to 16777215',
      'gateway.yaml:8:122 zones[0].hostLimits.newSessions: "many" is neither off nor a rate',
    ],
  ],
  ['limits without keys', ', hostLimits: 5', ['gateway.yaml:8:67 zones[0].hostLimits: is the single value 5, not a mapping']],
];

describe('modes that cannot be', () => {
  for (const [name, keys, expected] of faults)
    test(name, () => assert.deepEqual(issuesOf(sample({ zones: zoneText(keys) })), expected));

  test('the remedy of a filtering names both ways out', () => {
    const [issue] = loadConfig(sample({ zones: zoneText(', filtering: eif') }), 'gateway.yaml').issues;
    assert.equal(issue!.remedy, 'Write "mapping: eim", or "filtering: { udp: eif, icmp: eif }".');
  });
});
