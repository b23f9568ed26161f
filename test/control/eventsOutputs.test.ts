import assert from 'node:assert/strict';
import { renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { FileOutput } from '../../src/control/events/fileOutput.js';
import { eventBlock, NatEvent } from '../../src/tables/eventRing.js';
import { IpfixCollector } from '../support/ipfixCollector.js';
import { eventually } from '../system/support/scenario.js';
import { EventBench, WALL } from './eventsMade.js';

let bench: EventBench;
beforeEach(() => {
  bench = new EventBench();
});
afterEach(() => bench.close());

describe('outputs of NAT events', () => {
  test('LOG-5 a disk that is full is told once, stops nothing, and leaves a gap with the count when there is room again', async (t) => {
    let ms = 0;
    t.mock.method(performance, 'now', () => ms);
    symlinkSync('/dev/full', bench.file);
    const log = bench.open({ file: bench.file, sessions: false });
    const count = (of: Iterable<readonly [string, string, number]>): number =>
      [...of].reduce((sum, [output, , n]) => (output === 'file' ? sum + n : sum), 0);
    const write = (blocks: number): void => {
      for (let i = 0; i < blocks; i++) eventBlock(bench.made.states[0]!.events, NatEvent.BlockAllocate, 0, i);
      bench.nowMs += 10;
      ms += 2000;
      log.drain();
    };
    const lost = (): number => count(log.counts.dropped());
    write(2);
    await eventually(lost, (n) => n === 2);
    write(3);
    await eventually(lost, (n) => n === 5);
    assert.deepEqual(
      bench.said.map(({ msg, failure }) => [msg, String(failure).slice(0, 6)]),
      [['event records cannot be written to the file', 'ENOSPC']],
    );
    unlinkSync(bench.file);
    write(1);
    await log.stop();
    const [gap, block] = bench.lines();
    const { time, ...missing } = gap!;
    assert.deepEqual(missing, { event: 'gap', since: new Date(WALL + 10).toISOString(), reason: 'output-failed', lost: 5 });
    assert.equal(block!.event, 'block-allocate');
    assert.equal(bench.said.at(-1)!.msg, 'event records are written to the file again');
    assert.equal(bench.said.length, 2);
    assert.equal(lost(), 5);
    assert.equal(count(log.counts.written()), 1);
  });

  test('LOG-5 an output that cannot keep up loses records by its bound, not memory', async () => {
    const losses: [number, string][] = [];
    const watch = { written: () => {}, lost: (count: number, why: string) => losses.push([count, why]), state: () => {} };
    const output = new FileOutput(bench.file, watch, () => WALL, 1000);
    const gap = { kind: 'gap', timeMs: WALL, sinceMs: WALL, reason: 'ring-full', worker: 0, lost: 1 } as const;
    for (let i = 0; i < 100; i++) output.write(gap);
    const kept = 100 - losses.length;
    assert.ok(kept > 5 && kept < 20, `${kept} kept`);
    await output.close();
    const [told] = bench.lines();
    assert.deepEqual([told!.reason, told!.lost], ['output-slow', losses.length]);
    assert.equal(bench.lines().length, kept + 1);
  });

  test('LOG-6 a file that was moved is opened anew, and what is missing meanwhile is told in it', async () => {
    const log = bench.open({ file: bench.file, sessions: false });
    const { events } = bench.made.states[0]!;
    eventBlock(events, NatEvent.BlockAllocate, 0, 1);
    log.drain();
    await eventually(
      () => bench.lines(),
      (all) => all.length === 1,
    );
    renameSync(bench.file, `${bench.file}.1`);
    eventBlock(events, NatEvent.BlockAllocate, 0, 2);
    log.drain();
    await eventually(
      () => bench.lines(`${bench.file}.1`),
      (all) => all.length === 2,
    );
    log.reopen();
    eventBlock(events, NatEvent.BlockAllocate, 0, 3);
    await log.stop();
    assert.deepEqual(
      bench.lines().map(({ firstPort }) => firstPort),
      [192],
    );
    assert.deepEqual(
      bench.lines(`${bench.file}.1`).map(({ firstPort }) => firstPort),
      [64, 128],
    );
  });

  test('LOG-5 a collector that cannot be connected to is told, stops nothing, and its records are lost and counted', async () => {
    // No socket may be connected to it, in no network: as an address without a route.
    const log = bench.open({ ipfix: { collector: { host: '255.255.255.255', port: 4739 }, domain: 1 }, sessions: false });
    log.drain();
    await eventually(
      () => bench.said.map(({ msg }) => msg),
      (said) => said.length === 1,
    );
    assert.match(String(bench.said[0]!.failure), /EACCES/);
    eventBlock(bench.made.states[0]!.events, NatEvent.BlockAllocate, 0, 1);
    bench.nowMs += 10;
    log.drain();
    assert.deepEqual(
      [...log.counts.dropped()].filter(([, , count]) => count > 0),
      [['ipfix', 'output_failed', 1]],
    );
    await log.stop();
  });

  test('LOG-6 IPFIX: a collector that only knows RFC 7011 reads what the file says', async (t) => {
    const collector = new IpfixCollector();
    t.after(() => collector.close());
    const port = await collector.listen();
    const log = bench.open({
      file: bench.file,
      ipfix: { collector: { host: '127.0.0.1', port }, domain: 4_000_000_000 },
      destinations: true,
    });
    log.drain();
    await eventually(
      () => collector.messages.length,
      (count) => count > 0,
    );
    assert.ok(collector.messages[0]!.templates > 0, 'templates come first');
    for (let i = 0; i < 100; i++) {
      const { row } = bench.session(i & 1, `10.0.3.${i}`, 5000 + i);
      bench.tell(NatEvent.SessionCreate, i & 1, row);
    }
    log.drain();
    await eventually(
      () => collector.flows.length,
      (count) => count >= bench.lines().length,
    );
    await log.stop();
    assert.equal(collector.missing, 0);
    assert.ok(collector.messages.every(({ domain }) => domain === 4_000_000_000));
    const names = new Map(collector.options.map(({ natPoolId, natPoolName }) => [natPoolId, natPoolName]));
    const protocols: Record<string, number> = { tcp: 6, udp: 17, icmp: 1 };
    assert.deepEqual(
      collector.flows.map((flow) => ({ ...flow, zone: flow.natEvent === 4 ? names.get(flow.natPoolId!) : '' })),
      bench.lines().map((line) => {
        const common = {
          scope: 0,
          observationTimeMilliseconds: Date.parse(String(line.time)),
          natEvent: line.natEvent,
          protocolIdentifier: protocols[line.protocol!],
          postNATSourceIPv4Address: line.external,
          natInstanceId: line.worker,
        };
        return line.natEvent === 4
          ? {
              template: 257,
              ...common,
              sourceIPv4Address: line.inside,
              sourceTransportPort: line.insidePort,
              postNAPTSourceTransportPort: line.externalPort,
              natPoolId: bench.made.index.zone('rest'),
              destinationIPv4Address: line.remote,
              destinationTransportPort: line.remotePort,
              zone: line.zone,
            }
          : { template: 258, ...common, portRangeStart: line.firstPort, portRangeEnd: line.lastPort, zone: '' };
      }),
    );
  });
});
