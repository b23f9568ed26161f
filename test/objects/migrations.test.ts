import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { arrived } from '../../src/objects/binding.js';
import { issuesOf, objectsOf } from './sample.js';

const ports = (keys: string): { lports: string } => ({
  lports: `lports:\n  - { name: a1, network: blue, addresses: [10.0.0.11], ${keys} }\n  - { name: b2, network: orange, host: h2, tap: tapb2 }`,
});

/** What is wrong, the keys of the port, and the lines that are printed. */
const cases: readonly (readonly [string, string, readonly string[]])[] = [
  ['none', 'host: h1, tap: tapa1, migratingTo: h2', []],
  ['a namespace there', 'host: h1, tap: tapa1, migratingTo: h2, migratingNetns: vm-b', []],
  ['a host that is not there', 'host: h1, tap: tapa1, migratingTo: h3', ['there is no host "h3"']],
  ['to where it is', 'host: h1, tap: tapa1, migratingTo: h1', ['"h1" is the host it is bound to']],
  ['not bound', 'tap: tapa1, migratingTo: h2', ['the port is not bound, so no guest of it can move']],
  ['no device', 'host: h1, migratingTo: h2', ['the port has no device that this host could make ready']],
  ['a namespace alone', 'host: h1, tap: tapa1, migratingNetns: vm-b', ['has no meaning without migratingTo']],
  [
    'a device that another port has there',
    'host: h1, tap: tapb2, migratingTo: h2',
    ['the device "tapb2 on h2" is already used by lports[0] (lport a1, line 11)'],
  ],
];

describe('a port that is to migrate', () => {
  for (const [what, keys, expected] of cases)
    test(what, () => {
      const lines = issuesOf(ports(keys));
      assert.deepEqual(
        lines.map((line) => line.slice(line.indexOf(': ') + 2)),
        expected,
      );
      for (const line of lines) assert.match(line, /^1[12]:\d+ lports\[[01]\]\.(migrating(To|Netns)|tap): /);
    });

  test('to a host without tunnel endpoint, and where a network ends: a warning each', () => {
    const hosts = 'hosts:\n  - { name: h1, vtep: 192.0.2.1 }\n  - { name: h2 }';
    const lines = issuesOf({ hosts, lports: `lports:\n  - { name: a1, network: blue, host: h1, tap: t, migratingTo: h2 }` });
    assert.deepEqual(lines, [
      '11:63 warning: lports[0].migratingTo: host h2 has no vtep, and network blue has ports on other hosts',
    ]);
    const networks = 'networks:\n  - { name: blue, type: local }\n  - { name: orange, type: gre, id: 1002 }';
    assert.equal(issuesOf({ networks, ...ports('host: h1, tap: tapa1, migratingTo: h2') }).length, 2);
  });

  test('a file with a migration that is done moves nobody back, and says so', () => {
    const text = ports('host: h1, tap: tapa1, netns: vm-a, migratingTo: h2, migratingNetns: vm-b');
    const coming = objectsOf(text);
    const [port] = coming.lports;
    assert.deepEqual([port!.host, port!.migratingTo, port!.migratingNetns], ['h1', 'h2', 'vm-b']);
    const before = { ...coming, lports: coming.lports.map(arrived) };
    assert.deepEqual(objectsOf(text, { before }).lports, before.lports);
    assert.deepEqual(issuesOf(text, { before }), [
      '11:104 warning: lports[0].migratingTo: the port is bound there already, and stays',
    ]);
    assert.deepEqual(issuesOf(text, { before: coming }), []);
  });

  test('the MAC of a port stays while it migrates and when it has moved', () => {
    const text = ports('host: h1, tap: tapa1, migratingTo: h2');
    const before = objectsOf(text);
    const other = { lports: text.lports.replace('name: a1,', 'name: a1, mac: fa:16:3e:00:00:77,') };
    assert.match(issuesOf(other, { before }).join(), /is not fa:16:3e:\S+, which the port has while it is bound to h1/);
    const moved = { ...before, lports: before.lports.map(arrived) };
    assert.match(issuesOf(other, { before: moved }).join(), /which the port has while it is bound to h2/);
    assert.deepEqual(arrived(moved.lports[0]!), moved.lports[0]);
  });
});
