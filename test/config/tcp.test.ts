import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { issuesOf, sample } from './sample.js';

const load = (changed: Readonly<Record<string, string>> = {}) => loadConfig(sample(changed), 'gateway.yaml').config!;

test('TCP, ICMP and the room of the NAT without being told (D18)', () => {
  const { tcp, icmp, limits } = load();
  assert.deepEqual(tcp, { midstream: 'drop', mss: 'off', resetOnExpiry: false, answerUnsolicited: false });
  assert.deepEqual(icmp, { answerEchoToLocalAddresses: false });
  assert.deepEqual([limits.hosts, limits.heldPorts], [65536, 65536]);
  assert.deepEqual(limits.fragments, { datagrams: 4096, memory: 16 << 20, perDatagram: 64 });
});

test('what a segment size and an amount of memory may be', () => {
  assert.deepEqual(
    ['off', 'false', 'pmtu', '536', '65495'].map((mss) => load({ tcp: `tcp: { mss: ${mss} }` }).tcp.mss),
    ['off', 'off', 'pmtu', 536, 65495],
  );
  const memory = (text: string) => load({ limits: `limits: { fragments: { memory: ${text} } }` }).limits.fragments.memory;
  assert.deepEqual([memory('64KiB'), memory('3 MiB'), memory('16MiB')], [65536, 3 << 20, 16 << 20]);
});

/** Sections, and every line that is printed. */
const faults: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
  [
    'segments smaller than any host takes',
    { tcp: 'tcp: { mss: 535 }' },
    ['gateway.yaml:9:13 tcp.mss: 535 is neither off, pmtu nor a number from 536 to 65495'],
  ],
  [
    'a segment size as text',
    { tcp: 'tcp: { mss: "1400" }' },
    ['gateway.yaml:9:13 tcp.mss: "1400" is neither off, pmtu nor a number from 536 to 65495'],
  ],
  [
    'a segment size with a fraction',
    { tcp: 'tcp: { mss: 1400.5 }' },
    ['gateway.yaml:9:13 tcp.mss: 1400.5 is neither off, pmtu nor a number from 536 to 65495'],
  ],
  ['a key without a value', { tcp: 'tcp: { mss: }' }, ['gateway.yaml:9:13 tcp.mss: has no value']],
  [
    'an unknown midstream, and a word for a flag',
    { tcp: 'tcp: { midstream: pass, resetOnExpiry: always }' },
    [
      'gateway.yaml:9:19 tcp.midstream: "pass" is not one of drop, reset, adopt',
      'gateway.yaml:9:40 tcp.resetOnExpiry: "always" is neither true nor false',
    ],
  ],
  ['a section that is a word', { icmp: 'icmp: on' }, ['gateway.yaml:9:7 icmp: is the single value "on", not a mapping']],
  [
    'a key misspelt',
    { icmp: 'icmp: { answerEchoToLocalAdresses: true }' },
    ['gateway.yaml:9:9 icmp.answerEchoToLocalAdresses: unknown key "answerEchoToLocalAdresses"'],
  ],
  [
    'memory without a unit',
    { limits: 'limits: { fragments: { memory: 16777216 } }' },
    ['gateway.yaml:9:32 limits.fragments.memory: 16777216 is not an amount of memory (a whole number with KiB, MiB or GiB)'],
  ],
  [
    'too little memory',
    { limits: 'limits: { fragments: { memory: 63KiB } }' },
    ['gateway.yaml:9:32 limits.fragments.memory: "63KiB" is not between 64KiB and 16MiB'],
  ],
  [
    'too much memory',
    { limits: 'limits: { fragments: { memory: 9999999GiB } }' },
    ['gateway.yaml:9:32 limits.fragments.memory: "9999999GiB" is not between 64KiB and 16MiB'],
  ],
  [
    'fragments out of bounds',
    { limits: 'limits: { hosts: 0, heldPorts: -1, fragments: { datagrams: 0, perDatagram: 1 } }' },
    [
      'gateway.yaml:9:18 limits.hosts: 0 is not between 64 and 4194304',
      'gateway.yaml:9:32 limits.heldPorts: -1 is not between 0 and 16777215',
      'gateway.yaml:9:60 limits.fragments.datagrams: 0 is not between 8 and 4096',
      'gateway.yaml:9:76 limits.fragments.perDatagram: 1 is not between 2 and 8192',
    ],
  ],
];

describe('values of tcp, icmp and limits that cannot be', () => {
  for (const [name, changed, expected] of faults) test(name, () => assert.deepEqual(issuesOf(sample(changed)), expected));
});
