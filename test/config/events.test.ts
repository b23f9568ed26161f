import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { issuesOf, sample } from './sample.js';

describe('events', () => {
  test('nothing is recorded unless asked for', () => {
    const { events } = loadConfig(sample(), 'gateway.yaml').config!;
    assert.deepEqual(events, { file: undefined, ipfix: undefined, sessions: false, destinations: false });
  });

  test('a file and a collector', () => {
    const text = sample({ events: 'events: { file: /var/log/e, ipfix: { collector: "[2001:db8::1]:4739" }, sessions: true }' });
    assert.deepEqual(loadConfig(text, 'gateway.yaml').config!.events, {
      file: '/var/log/e',
      ipfix: { collector: { host: '2001:db8::1', port: 4739 }, domain: 1 },
      sessions: true,
      destinations: false,
    });
  });

  const faults: readonly (readonly [string, string, readonly string[]])[] = [
    ['a relative file', '{ file: events.log }', ['gateway.yaml:9:17 events.file: "events.log" is not an absolute path']],
    [
      'a collector without port',
      '{ ipfix: { collector: 192.0.2.1 } }',
      ['gateway.yaml:9:31 events.ipfix.collector: "192.0.2.1" is not address:port'],
    ],
    ['no collector', '{ ipfix: { domain: 1 } }', ['gateway.yaml:9:18 events.ipfix.collector: is missing']],
    [
      'port 0 and a domain of more than 32 bits',
      '{ ipfix: { collector: 192.0.2.1:0 } }',
      ['gateway.yaml:9:31 events.ipfix.collector: has port 0, to which nothing can be sent'],
    ],
    [
      'a domain of more than 32 bits',
      '{ ipfix: { collector: 192.0.2.1:1, domain: 4294967296 } }',
      ['gateway.yaml:9:52 events.ipfix.domain: 4294967296 is not between 0 and 4294967295'],
    ],
    [
      'destinations without sessions',
      '{ file: /var/log/e, destinations: true }',
      ['gateway.yaml:9:43 events.destinations: the remote is part of a session record, and there are none'],
    ],
    [
      'records without a place',
      '{ sessions: true }',
      ['gateway.yaml:9:21 warning: events.sessions: neither file nor ipfix says where the records go: none are made'],
    ],
  ];
  for (const [name, text, expected] of faults)
    test(name, () => assert.deepEqual(issuesOf(sample({ events: `events: ${text}` })), expected));
});
