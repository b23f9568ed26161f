import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { IpfixMessages } from '../../src/control/events/ipfixMessages.js';
import { jsonLine } from '../../src/control/events/jsonLine.js';
import { type EventRecord, eventName, eventNames, Quota, Threshold } from '../../src/control/events/record.js';
import { NatEvent } from '../../src/tables/eventRing.js';
import { blocks, page } from '../guard/markdown.js';
import { IpfixCollector } from '../support/ipfixCollector.js';
import { ip } from './made.js';

const text = page('docs/events.md');
type Line = Record<string, string | number>;

const NUMBERS: Readonly<Record<string, number>> = { tcp: 6, udp: 17, icmp: 1 };

/** A record from the values that a line shows. */
function recordOf(line: Line): EventRecord {
  const number = (key: string): number => Number(line[key]);
  const address = (key: string) => ip(String(line[key]));
  const natEvent = number('natEvent') as NatEvent;
  const common = {
    natEvent,
    timeMs: Date.parse(String(line.time)),
    protocol: NUMBERS[line.protocol!]!,
    worker: number('worker'),
  };
  const zone = { zoneId: 0, zone: String(line.zone), routerId: 0, router: line.router as string | undefined };
  if (natEvent === NatEvent.BlockAllocate)
    return {
      kind: 'block',
      ...common,
      external: address('external'),
      firstPort: number('firstPort'),
      lastPort: number('lastPort'),
    };
  if (natEvent === NatEvent.PortsExhausted) {
    const refused = { refused: number('refused'), seconds: number('seconds'), limit: undefined };
    return { kind: 'refusal', ...common, ...zone, quota: Quota.None, inside: address('inside'), ...refused };
  }
  if (natEvent === NatEvent.ThresholdReached) {
    const share = { percent: number('percent'), used: number('used'), capacity: number('capacity') };
    return { kind: 'threshold', ...common, ...zone, threshold: Threshold.Ports, ...share };
  }
  const ports = { insidePort: number('insidePort'), externalPort: number('externalPort'), remotePort: number('remotePort') };
  const ends = { inside: address('inside'), external: address('external'), remote: address('remote') };
  return { kind: 'mapping', ...common, ...zone, ...ports, ...ends };
}

describe('the page of NAT events', () => {
  test('LOG-6 its example lines are what the gateway writes, key by key', () => {
    const lines = blocks(text, 'json')[0]!.trim().split('\n');
    assert.ok(lines.length >= 5);
    for (const line of lines) assert.equal(jsonLine(recordOf(JSON.parse(line) as Line)), `${line}\n`);
    assert.equal(eventName(recordOf(JSON.parse(lines[0]!) as Line)), 'block-allocate');
  });

  test('LOG-1 it lists every event and no other, and its configuration is sound', () => {
    const listed = [...text.matchAll(/^\| `([\w-]+)` +\|/gm)].map(([, name]) => name).filter((name) => name !== 'event');
    assert.deepEqual([...listed].sort(), [...eventNames].sort());
    assert.deepEqual(loadConfig(blocks(text, 'yaml')[0]!, 'events.md').issues, []);
  });

  test('LOG-6 its table of templates is what a collector is told', () => {
    const collector = new IpfixCollector();
    new IpfixMessages(
      1,
      () => 0,
      (message) => collector.take(message),
    ).describe(new Map([[3, 'z']]));
    const rows = [...text.matchAll(/^\| (2\d\d) +\| [^|]+ \| ([^|]+) \|/gm)].map(
      ([, id, elements]) => [Number(id), elements!.trim()] as const,
    );
    const of256 = rows[0]![1];
    const listed = rows.map(([id, elements]) => [
      id,
      `${id < 268 || id > 269 ? 'observationTimeMilliseconds, natEvent, ' : ''}${elements.replace('those of 256', of256)}`,
    ]);
    assert.deepEqual(
      listed,
      collector.learned().map(([id, names]) => [id, names.join(', ')]),
    );
    assert.deepEqual(
      collector.options.map(({ natPoolId, natPoolName }) => [natPoolId, natPoolName]),
      [[3, 'z']],
    );
  });
});
