import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { routeListing } from '../../src/config/routingText.js';
import { showDrops } from '../../src/control/show/drops.js';
import { showIfaces } from '../../src/control/show/ifaces.js';
import { showNeighbors } from '../../src/control/show/neighbors.js';
import { showRoutes, type TableChoice } from '../../src/control/show/routes.js';
import { showSessions } from '../../src/control/show/sessions.js';
import { NO_DEVICE } from '../../src/control/show/totals.js';
import { showWorkers } from '../../src/control/show/workers.js';
import { showZones } from '../../src/control/show/zones.js';
import { SessionState } from '../../src/pipeline/tcpState.js';
import { ControlWord, WorkerState } from '../../src/shared/control.js';
import { CounterEvent, CounterRoom, IfaceCounter, ZoneCounter } from '../../src/shared/counters.js';
import { FIRST_DROP, Verdict } from '../../src/shared/verdict.js';
import { NeighborState } from '../../src/tables/neighbors.js';
import { Session } from '../../src/tables/sessions.js';
import type { WorkerRow } from '../../src/types/show.js';
import { addNeighbor, addSession, count, type MadeSession, makeGateway } from './made.js';

const tcp: MadeSession = {
  protocol: 6,
  inside: '10.0.1.5',
  insidePort: 40_000,
  remote: '192.0.2.1',
  remotePort: 80,
  zone: 'one',
  external: '100.10.2.1',
  state: SessionState.Established,
  idleTicks: 5,
};

describe('show ifaces', () => {
  const made = makeGateway({ workers: 2 });
  const put = (worker: number, slot: number, counter: IfaceCounter, value: number): void => {
    made.states[worker]!.counters.rifs[slot * IfaceCounter.Count + counter] = value;
  };
  const [lan, , wan7] = made.built.rifs;
  put(0, lan!.index, IfaceCounter.RxFrames, 10);
  put(1, lan!.index, IfaceCounter.RxFrames, 5);
  put(0, CounterRoom.FirstDevice + lan!.iface, IfaceCounter.RxFrames, 2);
  put(0, CounterRoom.FirstDevice + lan!.iface, IfaceCounter.TxFull, 1);
  put(1, CounterRoom.FirstDevice + lan!.iface, IfaceCounter.TxDown, 2);
  put(0, wan7!.index, IfaceCounter.TxOctets, 99);
  put(0, CounterRoom.FirstDevice + wan7!.iface, IfaceCounter.RxFrames, 8);
  const rows = showIfaces(made.shown);

  test('devices with their VLANs, also a device that has only VLANs', () => {
    const shape = rows.map(({ name, kind, device, netns, vlan, mtu, state, addresses }) =>
      [name, kind, device, netns, vlan, mtu, state, ...addresses].join(' '),
    );
    assert.deepEqual(shape, [
      'lan tap t0  0 1500 UP 10.0.0.1/16',
      'wan tap t1  0 1500 UP 100.10.0.1/16',
      'trunk packet t2 other 0 1400 GONE',
      'wan7 vlan t2 other 7 1400 GONE 100.7.0.1/24',
    ]);
  });
  test('who gives their frames to workers', () => {
    assert.deepEqual(
      rows.map(({ steeredBy }) => steeredBy),
      ['kernel', 'software', 'software', 'software'],
    );
  });
  test('how frames come in', () => {
    assert.deepEqual(
      rows.map(({ ringSlots }) => ringSlots),
      [4096, 4096, 4096, 4096],
    );
  });
  test('counters are summed over workers, frames of no router interface included', () => {
    assert.deepEqual([rows[0]!.rxFrames, rows[0]!.txDropped, rows[0]!.rxDropped], [17, 3, 0]);
    assert.deepEqual([rows[2]!.rxFrames, rows[2]!.rxDropped], [8, 3]);
    assert.deepEqual([rows[3]!.txOctets, rows[3]!.rxFrames, rows[3]!.rxDropped], [99, 0, 0]);
  });
});

describe('show neighbors', () => {
  test('by interface and address, without those nothing was sent to', () => {
    const made = makeGateway();
    addNeighbor(made, 'wan7', '100.7.0.9', NeighborState.Permanent, 7);
    addNeighbor(made, 'lan', '10.0.200.1', NeighborState.Reachable, 25);
    addNeighbor(made, 'lan', '10.0.3.1', NeighborState.Incomplete, 10);
    addNeighbor(made, 'lan', '10.0.1.1', NeighborState.None, 10);
    made.states[0]!.counters.verdicts[Verdict.Queued] = 5;
    count(made, CounterEvent.Requeued, 2);
    assert.deepEqual(showNeighbors(made.shown), [
      { address: '10.0.3.1', mac: '', dev: 'lan', state: 'INCOMPLETE', ageSeconds: 1, queued: 3 },
      { address: '10.0.200.1', mac: '02:00:00:00:ab:01', dev: 'lan', state: 'REACHABLE', ageSeconds: 2.5, queued: 0 },
      { address: '100.7.0.9', mac: '02:00:00:00:ab:01', dev: 'wan7', state: 'PERMANENT', ageSeconds: 0.7, queued: 0 },
    ]);
    addNeighbor(made, 'wan', '100.10.3.1', NeighborState.Incomplete, 0);
    const waiting = showNeighbors(made.shown).filter(({ state }) => state === 'INCOMPLETE');
    assert.deepEqual(
      waiting.map(({ queued }) => queued),
      [null, null],
    );
  });
});

test('show routes: table by table, in the order of their prefixes', () => {
  const { shown } = makeGateway();
  const lines = (table: TableChoice) => showRoutes(shown, table).map((row) => routeListing(row, table === 'all'));
  const main = [
    'default via 100.10.9.9 dev wan ',
    '10.0.0.0/16 dev lan proto kernel scope link src 10.0.0.1 ',
    '10.9.0.0/16 via 100.7.0.9 dev wan7 ',
    'blackhole 10.66.0.0/16 ',
    'unreachable 10.67.0.0/16 ',
    '100.7.0.0/24 dev wan7 proto kernel scope link src 100.7.0.1 ',
    '100.10.0.0/16 dev wan proto kernel scope link src 100.10.0.1 ',
  ];
  const local = [
    'local 10.0.0.1 dev lan table local proto kernel scope host src 10.0.0.1 ',
    'broadcast 10.0.255.255 dev lan table local proto kernel scope link src 10.0.0.1 ',
    'local 100.7.0.1 dev wan7 table local proto kernel scope host src 100.7.0.1 ',
    'broadcast 100.7.0.255 dev wan7 table local proto kernel scope link src 100.7.0.1 ',
    'local 100.10.0.1 dev wan table local proto kernel scope host src 100.10.0.1 ',
    'local 100.10.2.1 dev wan table local proto zone scope host ',
    'local 100.10.2.2 dev wan table local proto zone scope host ',
    'local 100.10.2.3 dev wan table local proto zone scope host ',
    'broadcast 100.10.255.255 dev wan table local proto kernel scope link src 100.10.0.1 ',
  ];
  assert.deepEqual(lines(254), main);
  assert.deepEqual(lines('all'), [...main, ...local]);
  assert.deepEqual(lines(77), []);
});

test('show zones: sessions and ports per local address and protocol, over the workers', () => {
  const made = makeGateway({ workers: 2 });
  addSession(made, { ...tcp, zone: 'rest', external: '100.10.2.3' });
  addSession(made, { ...tcp, zone: 'rest', external: '100.10.2.3', worker: 1 });
  addSession(made, { ...tcp, zone: 'rest', external: '100.10.2.3', protocol: 1 });
  made.states[1]!.counters.zones[made.index.zone('none') * ZoneCounter.Count + ZoneCounter.Refused] = 6;
  const [one, none, rest] = showZones(made.shown);
  assert.deepEqual([one!.order, one!.match, one!.sessions, one!.refused], [1, ['10.0.1.0/24', '10.0.7.0/24'], 0, 0]);
  assert.deepEqual([none!.localAddresses, none!.sessions, none!.refused], [[], 0, 6]);
  assert.deepEqual(
    rest!.localAddresses.map(({ address, sessions }) => [address, sessions]),
    [
      ['100.10.2.2', 0],
      ['100.10.2.3', 3],
    ],
  );
  assert.deepEqual(rest!.localAddresses[1]!.ports, {
    tcp: { used: 2, held: 0, free: 126, capacity: 128, sessions: 2, shared: 0 },
    udp: { used: 0, held: 0, free: 128, capacity: 128, sessions: 0, shared: 0 },
    icmp: { used: 1, held: 0, free: 65_535, capacity: 65_536, sessions: 1, shared: 0 },
  });
  assert.equal(rest!.localAddresses[1]!.portsCapacity, 128 + 128 + 65_536);
});

describe('show sessions', () => {
  test('both ends, state and timers', () => {
    const made = makeGateway();
    const { port } = addSession(made, tcp);
    const { port: id } = addSession(made, { ...tcp, protocol: 1, insidePort: 77, remotePort: 0, state: SessionState.Open });
    const timeouts = made.built.config.timers;
    assert.deepEqual(
      [...showSessions(made.shown, 10)],
      [
        {
          protocol: 'tcp',
          state: 'ESTABLISHED',
          inside: '10.0.1.5:40000',
          external: `100.10.2.1:${port}`,
          remote: '192.0.2.1:80',
          ...{ zone: 'one', router: '' },
          filtering: 'apdf',
          mapped: false,
          overlapped: false,
          static: false,
          idleSeconds: 0.5,
          expiresSeconds: timeouts.tcpEstablished / 1000 - 0.5,
        },
        {
          protocol: 'icmp',
          state: 'OPEN',
          inside: '10.0.1.5:77',
          external: `100.10.2.1:${id}`,
          remote: `192.0.2.1:${id}`,
          ...{ zone: 'one', router: '' },
          filtering: 'apdf',
          mapped: false,
          overlapped: false,
          static: false,
          idleSeconds: 0.5,
          expiresSeconds: timeouts.icmp / 1000 - 0.5,
        },
      ],
    );
  });
  test('rows that are being written or free are left out; the limit counts over all workers', () => {
    const made = makeGateway({ workers: 2 });
    const rows = [0, 0, 1, 1].map((worker, i) => addSession(made, { ...tcp, worker, insidePort: 1000 + i }).row);
    const { rows: words } = made.states[0]!.sessions;
    words[rows[0]! + Session.Generation]! |= 1;
    assert.deepEqual(
      [...showSessions(made.shown, 10)].map(({ inside }) => inside),
      ['10.0.1.5:1001', '10.0.1.5:1002', '10.0.1.5:1003'],
    );
    assert.equal([...showSessions(made.shown, 2)].length, 2);
    words[rows[1]! + Session.Meta] = 0;
    assert.equal([...showSessions(made.shown, 10)].length, 2);
  });
});

test('show workers', () => {
  const made = makeGateway();
  const { control } = made.states[0]!;
  count(made, CounterEvent.Turns, 42);
  control[ControlWord.State] = WorkerState.Recovering;
  control[ControlWord.Restarts] = 2;
  control[ControlWord.SpinMicros] = 48;
  const [{ polledRatio, spinMicros }] = showWorkers(made.shown) as [WorkerRow];
  assert.deepEqual([polledRatio, spinMicros], [0.0457, 48]);
  const [{ id, state, heartbeatAgeMs, busyRatio, turns, generation, restarts }] = showWorkers(made.shown) as [WorkerRow];
  assert.deepEqual([id, state, heartbeatAgeMs, busyRatio, turns, generation, restarts], [0, 'recovering', 4, 0.1235, 42, 1, 2]);
});

test('show drops: every reason in the order of the verdicts, with its count over the workers', () => {
  const made = makeGateway({ workers: 2 });
  for (const [worker, { counters }] of made.states.entries()) counters.verdicts[Verdict.DropNoZone] = worker + 1;
  const rows = showDrops(made.shown).filter(({ by }) => by === 'gateway');
  assert.equal(rows.length, Verdict.Count - FIRST_DROP);
  assert.equal(rows[0]!.reason, 'short_frame');
  assert.deepEqual(
    rows.filter((row) => row.count > 0).map((row) => [row.reason, row.count]),
    [['no_zone', 3]],
  );
});

test('show drops: what the kernel lost, before and behind the gateway, over all devices', () => {
  const made = makeGateway({ workers: 2 });
  const losses = [IfaceCounter.TxFull, IfaceCounter.TxDown, IfaceCounter.TxTooLong, IfaceCounter.TxError];
  for (const { iface } of [made.built.rifs[0]!, made.built.rifs[2]!])
    for (const [i, counter] of losses.entries())
      made.states[1]!.counters.rifs[(CounterRoom.FirstDevice + iface) * IfaceCounter.Count + counter] = i + 1;
  made.states[0]!.counters.rifs[NO_DEVICE * IfaceCounter.Count + IfaceCounter.TxDown] = 10;
  const rows = showDrops(made.shown).filter(({ by }) => by === 'kernel');
  assert.deepEqual(
    rows.map(({ reason, count }) => [reason, count]),
    [
      // Of lan the kernel does not tell, of wan and trunk it is 3 each (made.ts).
      ['receive_queue', 6],
      // Ten had no device at all.
      ...[2, 14, 6, 8].map((count, i) => [['send_full', 'send_down', 'send_too_long', 'send_error'][i], count]),
    ],
  );
});
