import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { formatIssue } from '../../src/config/issues.js';
import { loadConfigFile } from '../../src/config/load.js';
import { issuesOf, sample } from './sample.js';

/** Text that is not a YAML mapping, and what is said about it. */
const cases: readonly (readonly [string, string, readonly string[]])[] = [
  ['an empty file', '', ['gateway.yaml:1:1 the file holds no configuration']],
  ['only a comment', '# nothing\n', ['gateway.yaml:1:1 the file holds no configuration']],
  ['a list', '- a\n', ['gateway.yaml:1:1 the file holds a list, not a mapping of keys']],
  ['one word', 'hello\n', ['gateway.yaml:1:1 the file holds the single value "hello", not a mapping of keys']],
  [
    'one tab in a whole file, once',
    'ifaces:\n  - { tap: a, role: inside }\nzones:\n  - name: a\n\tmatch: 1.1.0.0/16\n    localAddresses: []\nlog: { level: info }\n',
    ['gateway.yaml:5:1 is not valid YAML: tabs are not allowed as indentation'],
  ],
  ['a tab as indentation', 'ifaces:\n\t- a\n', ['gateway.yaml:2:1 is not valid YAML: tabs are not allowed as indentation']],
  ['an alias without anchor', 'name: *x\n', ['gateway.yaml:1:7 is not valid YAML: the alias *x has no anchor above it']],
  [
    'an alias inside its anchor',
    'routes: &x [*x]\n',
    ['gateway.yaml:1:13 is not valid YAML: the alias *x stands inside its own anchor'],
  ],
  ['two documents', 'name: a\n---\nname: b\n', ['gateway.yaml:2:1 is not valid YAML: the file holds more than one document']],
  ['an unknown tag', 'name: !secret a\n', ['gateway.yaml:1:7 is not valid YAML: unresolved tag: !secret']],
  ['brackets without end', `a: ${'['.repeat(100_000)}`, ['gateway.yaml: brackets are nested deeper than 64']],
  ['more than 4 MiB', '#'.repeat(4 * 1024 * 1024 + 1), ['gateway.yaml: the file is larger than 4 MiB']],
];

describe('text that is not a configuration', () => {
  for (const [name, text, expected] of cases) test(name, () => assert.deepEqual(issuesOf(text), expected));

  test('a bracket that is not closed has a place', () => {
    const [first] = issuesOf('zones: [\nname: a\n');
    assert.match(first ?? '', /^gateway\.yaml:\d+:\d+ is not valid YAML: /);
  });

  test('a key that stands twice is named, and the rest is still checked', () => {
    assert.deepEqual(issuesOf(sample({ again: 'name: gw2', log: 'log: { level: loud }' })), [
      'gateway.yaml:9:1 the key "name" stands here for the second time',
      'gateway.yaml:10:15 log.level: "loud" is not one of debug, info, warn, error',
    ]);
  });

  test('faults of values and between items come together, in the order of the file', () => {
    const zones = 'zones:\n  - { match: 1.1.0.0/16, localAddresses: [1.2.1.1] }\n  - { match: 1.2.3, localAddresses: [] }';
    assert.deepEqual(issuesOf(sample({ zones })), [
      'gateway.yaml:8:43 zones[0].localAddresses[0]: 1.2.1.1 is already ifaces[1].addresses[0] (iface wan, line 4)',
      'gateway.yaml:9:14 zones[1].match: "1.2.3" is not an IPv4 address (four octets with dots are expected)',
    ]);
  });
});

describe('files', () => {
  const directory = mkdtempSync(join(tmpdir(), 'windrose-config-'));
  const load = (name: string, octets: string | Uint8Array) => {
    const file = join(directory, name);
    writeFileSync(file, octets);
    return loadConfigFile(file).issues.map((issue) => formatIssue({ ...issue, file: name }));
  };

  test('a good file loads', () => assert.deepEqual(load('good.yaml', sample()), []));
  test('not UTF-8', () =>
    assert.deepEqual(load('latin.yaml', Uint8Array.of(0x61, 0x3a, 0x20, 0xe9)), ['latin.yaml: the file is not UTF-8 text']));
  test('larger than 4 MiB', () =>
    assert.deepEqual(load('huge.yaml', new Uint8Array(5 << 20).fill(35)), ['huge.yaml: the file is larger than 4 MiB']));
  test('not there', () =>
    assert.match(loadConfigFile(join(directory, 'none')).issues[0]!.message, /^cannot be read: there is no such file, ENOENT$/));
  test('a directory', () =>
    assert.match(loadConfigFile(directory).issues[0]!.message, /^cannot be read: it is a directory, EISDIR$/));
  test.after(() => rmSync(directory, { recursive: true }));
});
