import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatIssue } from '../../src/config/issues.js';
import { loadConfig } from '../../src/config/load.js';
import { sample } from './sample.js';

const FUZZ_MS = 2500;

const full = sample({
  nexthopProbes: 'nexthopProbes:\n  - { address: 1.2.1.254, dev: wan, interval: 500ms, fails: 2, recovers: 9 }',
  neighbors: 'neighbors:\n  - { address: 1.1.1.9, mac: 02:00:00:00:00:09, dev: lan }',
  zones:
    'zones:\n  - { match: 1.1.0.0/16, localAddresses: [1.2.100.1], pooling: rr-host, protocols: [tcp, udp], mapping: { tcp: eim }, filtering: eif, overload: false, hostLimits: { ports: off, newSessions: 9/s burst 9 } }',
  staticMappings:
    'staticMappings:\n  - { external: 1.2.100.9, inside: 1.1.1.9 }\n  - { name: web, protocol: tcp, external: 1.2.100.1:80, inside: 1.1.1.80:8080 }',
  timers: 'timers: { profile: dense, udp: 300s, udpShort: 30s, portHold: off, scale: 1 }',
  events: 'events: { file: /var/log/e, ipfix: { collector: 192.0.2.1:4739, domain: 7 }, sessions: true, destinations: true }',
  limits: 'limits: { sessions: 1024, icmpErrorsPerSource: 10/s burst 20, fragments: { memory: 16MiB } }',
  tcp: 'tcp: { mss: 1400, midstream: adopt }',
  metrics: 'metrics: { listen: 127.0.0.1:9473 }',
  idle: 'idle: { spin: 300us }',
});

/** Whatever the text: no throw; a configuration exactly when no issue is an error; every issue printable with a place. */
function holds(text: string): void {
  const { config, issues } = loadConfig(text, 'f.yaml');
  assert.equal(
    config === undefined,
    issues.some((issue) => issue.severity === 'error'),
  );
  for (const issue of issues) {
    assert.match(formatIssue(issue), /^f\.yaml:/);
    assert.ok(issue.line >= 0 && issue.column >= 0 && issue.message !== '');
  }
}

test('any text is loaded or refused, never thrown at', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), holds), {
    numRuns: 5000,
    interruptAfterTimeLimit: FUZZ_MS,
  });
});

test('pieces of YAML in any order', () => {
  const piece = fc.constantFrom(
    '\n',
    '\n  ',
    '- ',
    ': ',
    'zones',
    'ifaces',
    'match',
    '[',
    ']',
    '{',
    '}',
    '&a ',
    '*a',
    '1.1.0.0/16',
    '"',
    "'",
    '|',
    '? ',
    '!!map ',
    '<<',
    '---',
    '#',
    '\t',
    '~',
    '0x1f',
    '.nan',
    'tap',
    'routes',
    '__proto__',
    'constructor',
    'toString',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => holds(pieces.join(''))),
    { numRuns: 20000, interruptAfterTimeLimit: FUZZ_MS },
  );
});

test('a good file with a few characters changed', () => {
  const edit = fc.tuple(fc.nat(full.length), fc.nat(6), fc.string({ maxLength: 4 }));
  const edited = fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => {
    let text = full;
    for (const [at, cut, put] of edits) text = text.slice(0, at) + put + text.slice(at + cut);
    return text;
  });
  fc.assert(fc.property(edited, holds), { numRuns: 5000, interruptAfterTimeLimit: FUZZ_MS });
});

test('any JSON under the known keys', () => {
  const key = fc.constantFrom(
    'name',
    'workers',
    'cpus',
    'ifaces',
    'routes',
    'nexthopProbes',
    'neighbors',
    'zones',
    'reject',
    'timers',
    'limits',
    'metrics',
    'idle',
    'profile',
    'events',
    'host',
    'objects',
    'store',
    'staticMappings',
    'tcp',
    'icmp',
    'x',
  );
  const inner = fc.constantFrom(
    'tap',
    'role',
    'match',
    'localAddresses',
    'vlans',
    'to',
    'via',
    'dev',
    'listen',
    'sessions',
    'protocols',
    'mapping',
    'filtering',
    'overload',
    'hostLimits',
    'external',
    'inside',
    'mss',
    'midstream',
    'fragments',
    'memory',
    'tcp',
    'ipfix',
    'portHold',
    '__proto__',
  );
  const leaf = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom('1.1.1.1', '1.1.0.0/16', 'inside', 'lan', 'default dev', 'off', 'eim', 'udp'),
  );
  const section = fc.oneof(leaf, fc.dictionary(inner, leaf), fc.array(fc.dictionary(inner, leaf), { maxLength: 3 }));
  fc.assert(
    fc.property(fc.dictionary(key, section), (tree) => holds(JSON.stringify(tree))),
    { numRuns: 10000, interruptAfterTimeLimit: FUZZ_MS },
  );
});
