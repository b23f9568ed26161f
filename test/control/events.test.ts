import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { EVENT_RECORDS, eventBinding, eventBlock, eventRefused, NatEvent, Refusal } from '../../src/tables/eventRing.js';
import { EventBench, START, WALL } from './eventsMade.js';
import { ip } from './made.js';

let bench: EventBench;
beforeEach(() => {
  bench = new EventBench();
});
afterEach(() => bench.close());

describe('the record of NAT events', () => {
  test('LOG-1 LOG-2 LOG-6 sessions, mappings and blocks as JSON lines, in the order of their times over all workers', async () => {
    const log = bench.open({ file: bench.file });
    bench.at(10, 1);
    const second = bench.session(1, '10.0.3.2', 4000);
    bench.tell(NatEvent.SessionCreate, 1, second.row);
    bench.at(0);
    const first = bench.session(0, '10.0.3.1', 5000);
    bench.tell(NatEvent.SessionCreate, 0, first.row);
    bench.at(80);
    bench.tell(NatEvent.SessionDelete, 0, first.row);
    const zone = bench.made.index.zone('one');
    eventBinding(
      bench.made.states[0]!.events,
      NatEvent.BindingCreate,
      17,
      zone,
      0,
      ip('10.0.1.7'),
      ip('100.10.2.1'),
      0x0100 | (0x0004 << 16),
    );
    bench.nowMs = START + 100;
    await log.stop();
    const time = (ms: number): string => new Date(WALL + ms).toISOString();
    const block = { natEvent: 16, event: 'block-allocate', protocol: 'tcp', external: '100.10.2.2' };
    const blockOf = (port: number) => ({ firstPort: port & ~63, lastPort: port | 63 });
    const of = { protocol: 'tcp', external: '100.10.2.2', zone: 'rest' };
    assert.deepEqual(bench.lines(), [
      { time: time(0), ...block, ...blockOf(first.port), worker: 0 },
      {
        time: time(0),
        event: 'session-create',
        natEvent: 4,
        ...of,
        inside: '10.0.3.1',
        insidePort: 5000,
        externalPort: first.port,
        worker: 0,
      },
      { time: time(10), ...block, ...blockOf(second.port), worker: 1 },
      {
        time: time(10),
        event: 'session-create',
        natEvent: 4,
        ...of,
        inside: '10.0.3.2',
        insidePort: 4000,
        externalPort: second.port,
        worker: 1,
      },
      {
        time: time(80),
        event: 'session-delete',
        natEvent: 5,
        ...of,
        inside: '10.0.3.1',
        insidePort: 5000,
        externalPort: first.port,
        worker: 0,
      },
      {
        time: time(80),
        event: 'mapping-create',
        natEvent: 8,
        protocol: 'udp',
        inside: '10.0.1.7',
        insidePort: 1,
        external: '100.10.2.1',
        externalPort: 1024,
        zone: 'one',
        worker: 0,
      },
    ]);
  });

  test('LOG-2 the remote is written only where the configuration asks for it', async () => {
    const log = bench.open({ file: bench.file });
    bench.tell(NatEvent.SessionCreate, 0, bench.session(0, '10.0.3.1', 5000).row);
    log.configure(bench.configWith({ file: bench.file, destinations: true }));
    bench.tell(NatEvent.SessionCreate, 0, bench.session(0, '10.0.3.1', 5001).row);
    await log.stop();
    const sessions = bench.lines().filter(({ natEvent }) => natEvent === 4);
    assert.deepEqual(
      sessions.map(({ remote, remotePort }) => [remote, remotePort]),
      [
        [undefined, undefined],
        ['100.10.9.9', 443],
      ],
    );
  });

  test('LOG-4 without sessions there are blocks and mappings only; without an output there is nothing, and nothing is lost', async () => {
    const log = bench.open({ file: bench.file, sessions: false });
    bench.tell(NatEvent.SessionCreate, 0, bench.session(0, '10.0.3.1', 5000).row);
    log.configure(bench.configWith({}));
    eventBlock(bench.made.states[0]!.events, NatEvent.BlockAllocate, 0, 1);
    log.configure(bench.configWith({ file: bench.file }));
    await log.stop();
    assert.deepEqual(
      bench.lines().map(({ event }) => event),
      ['block-allocate'],
    );
  });

  test('LOG-3 refusals: one record at once, then one per 10 s with the count', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    let ms = 0;
    t.mock.method(performance, 'now', () => ms);
    const log = bench.open({ file: bench.file });
    log.start();
    const zone = bench.made.index.zone('rest');
    const second = (): void => {
      ms += 1000;
      t.mock.timers.tick(1000);
    };
    for (let i = 0; i < 25; i++) {
      for (let n = 0; n < 1000; n++)
        eventRefused(bench.made.states[i & 1]!.events, Refusal.PortsExhausted, zone, ip('10.0.9.9'), 6);
      if (i === 0) eventRefused(bench.made.states[1]!.events, Refusal.Sessions, zone, ip('10.0.9.8'), 17);
      second();
    }
    t.mock.timers.reset();
    await log.stop();
    const ports = bench.lines().filter(({ natEvent }) => natEvent === 12);
    assert.deepEqual(
      ports.map(({ refused, seconds }) => [refused, seconds]),
      [
        [1000, 0],
        [10_000, 10],
        [10_000, 10],
      ],
    );
    const { time, ...quota } = bench.lines().find(({ natEvent }) => natEvent === 13)!;
    const of = { event: 'quota-exceeded', natEvent: 13, quota: 'sessions', zone: 'rest', protocol: 'udp', inside: '10.0.9.8' };
    assert.deepEqual(quota, { ...of, limit: bench.made.built.config.limits.sessions, refused: 1, seconds: 0 });
  });

  test('LOG-5 records that found no room are told as a gap, with how many and since when', async () => {
    const log = bench.open({ file: bench.file, sessions: false });
    for (let i = 0; i < EVENT_RECORDS + 7; i++) eventBlock(bench.made.states[1]!.events, NatEvent.BlockAllocate, 0, i & 1023);
    bench.nowMs = START + 90;
    log.drain();
    await log.stop();
    const all = bench.lines();
    assert.equal(all.length, EVENT_RECORDS + 1);
    const time = new Date(WALL + 90).toISOString();
    assert.deepEqual(
      all.find(({ event }) => event === 'gap'),
      { time, event: 'gap', since: new Date(WALL).toISOString(), reason: 'ring-full', lost: 7, worker: 1 },
    );
    assert.deepEqual(
      [...log.counts.dropped()].find(([, reason]) => reason === 'ring_full'),
      ['all', 'ring_full', 7],
    );
  });
});
