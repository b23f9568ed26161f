import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pino } from 'pino';
import { logExhaustion } from '../../src/control/loggingExhaustion.js';
import { logLinks } from '../../src/control/loggingLinks.js';
import { logNeighbors } from '../../src/control/loggingNeighbors.js';
import { LineBudget } from '../../src/control/loggingRate.js';
import { logThresholds } from '../../src/control/loggingThresholds.js';
import { logWorkers } from '../../src/control/loggingWorkers.js';
import type { LinkState } from '../../src/control/show/links.js';
import { ControlWord, WorkerState } from '../../src/shared/control.js';
import { ZoneCounter } from '../../src/shared/counters.js';
import { Verdict } from '../../src/shared/verdict.js';
import { Adjacency, NeighborState } from '../../src/tables/neighbors.js';
import { heldAs } from './heldDevices.js';
import { addNeighbor, addSession, makeGateway } from './made.js';

type Line = Record<string, unknown> & { msg: string };

/** A log whose lines are taken as they come. */
function logOf() {
  const lines: Line[] = [];
  const log = pino({ level: 'debug' }, { write: (text: string) => lines.push(JSON.parse(text) as Line) });
  return { log, taken: () => lines.splice(0) };
}

describe('the log of changes', () => {
  test('a device is told when it changes or has no ring, once, and with its interface', () => {
    const { log, taken } = logOf();
    const made = makeGateway();
    let state: LinkState = 'UP';
    let ringRefused = '';
    const shown = {
      links: {
        devices: () => made.built.config.ifaces.map((config) => heldAs(config, 'iface', { ringRefused })),
        state: () => state,
      },
    };
    const look = logLinks(shown, log);
    look();
    assert.deepEqual(taken(), [], 'up is what it should be');
    for (const [now, msg] of [
      ['DOWN', 'device is down'],
      ['GONE', 'device is gone'],
      ['UP', 'device is up'],
    ] as const) {
      state = now;
      look();
      look();
      const lines = taken();
      assert.deepEqual(
        lines.map((line) => line.msg),
        Array(3).fill(msg),
      );
      assert.deepEqual(
        lines.map(({ iface, device, netns }) => [iface, device, netns]),
        [
          ['lan', 't0', undefined],
          ['wan', 't1', undefined],
          ['trunk', 't2', 'other'],
        ],
      );
    }
    ringRefused = 'ENOMEM';
    look();
    look();
    assert.deepEqual(
      taken().map(({ msg, iface, cause }) => [msg, iface, cause]),
      ['lan', 'wan', 'trunk'].map((iface) => ['packet ring refused', iface, 'ENOMEM']),
    );
  });

  test('a worker that reaches another state is told once', () => {
    const { log, taken } = logOf();
    const { states } = makeGateway();
    const look = logWorkers({ states }, log);
    look();
    look();
    Atomics.store(states[0]!.control, ControlWord.State, WorkerState.Recovering);
    look();
    look();
    assert.deepEqual(
      taken().map(({ msg, state }) => [msg, state]),
      [
        ['worker is in another state', 'running'],
        ['worker is in another state', 'recovering'],
      ],
    );
  });

  test('LOG-5 neighbours: next hops and hosts that had answered; a flood of changes leaves a count', () => {
    const { log, taken } = logOf();
    const made = makeGateway();
    let now = 0;
    const look = logNeighbors(made, log, () => now);
    // Rows are taken in their order.
    const [hop, host] = [0, Adjacency.Words];
    addNeighbor(made, 'wan', '100.10.9.9', NeighborState.Failed, 0);
    addNeighbor(made, 'lan', '10.0.1.1', NeighborState.Failed, 0);
    look();
    look();
    assert.deepEqual(
      taken().map(({ msg, neighbor, dev }) => [msg, neighbor, dev]),
      [['neighbor does not answer', '100.10.9.9', 'wan']],
    );
    const rows = made.states[0]!.neighbors.rows;
    const put = (row: number, state: NeighborState): void => {
      rows[row + Adjacency.State] = state;
      look();
    };
    put(hop, NeighborState.None);
    put(hop, NeighborState.Incomplete);
    put(hop, NeighborState.Failed);
    assert.deepEqual(taken(), [], 'asked again in vain is no change');
    put(hop, NeighborState.Reachable);
    assert.deepEqual(
      taken().map(({ msg }) => msg),
      ['neighbor answers again'],
    );
    put(host, NeighborState.Reachable);
    put(host, NeighborState.Stale);
    assert.deepEqual(taken(), []);
    for (let i = 0; i < 20; i++) {
      put(host, NeighborState.Failed);
      put(host, NeighborState.Reachable);
    }
    assert.equal(taken().length, 8, 'ten within the window, two of them before');
    now = 10_001;
    look();
    assert.deepEqual(
      taken().map(({ held }) => held),
      [32],
    );
  });

  test('LOG-5 a neighbour that one worker reaches does not fail because another does not', () => {
    const { log, taken } = logOf();
    const made = makeGateway({ workers: 2 });
    const look = logNeighbors(made, log, () => 0);
    addNeighbor(made, 'wan', '100.10.9.9', NeighborState.Reachable, 0);
    addNeighbor(made, 'wan', '100.10.9.9', NeighborState.Failed, 0, 1);
    look();
    assert.deepEqual(taken(), []);
    made.states[0]!.neighbors.rows[Adjacency.State] = NeighborState.Failed;
    look();
    look();
    assert.deepEqual(
      taken().map(({ msg }) => msg),
      ['neighbor does not answer'],
    );
    made.states[1]!.neighbors.rows[Adjacency.State] = NeighborState.Reachable;
    look();
    assert.deepEqual(
      taken().map(({ msg }) => msg),
      ['neighbor answers again'],
    );
  });

  test('LOG-3 exhaustion: a line at once, then one per zone and 10 s with the count', () => {
    const { log, taken } = logOf();
    const made = makeGateway();
    const { counters } = made.states[0]!;
    let now = 0;
    const look = logExhaustion(made, log, () => now);
    const refuse = (zone: string, times: number, verdict = Verdict.DropPortsExhausted): void => {
      const slot = made.index.zone(zone) * ZoneCounter.Count + ZoneCounter.Refused;
      counters.zones[slot] = counters.zones[slot]! + times;
      counters.verdicts[verdict] = counters.verdicts[verdict]! + times;
      look();
    };
    look();
    refuse('rest', 3);
    const [first] = taken();
    assert.deepEqual([first?.zone, first?.refused, first?.natEvent, first?.seconds], ['rest', 3, 12, undefined]);
    for (now = 500; now < 10_000; now += 500) refuse('rest', 2);
    assert.deepEqual(taken(), []);
    look();
    assert.deepEqual(
      taken().map(({ zone, refused, seconds }) => [zone, refused, seconds]),
      [['rest', 38, 10]],
    );
    refuse('none', 5, Verdict.DropZoneEmpty);
    assert.deepEqual(taken(), [], 'a zone without addresses refuses on purpose');
    refuse('one', 4, Verdict.DropSessionsFull);
    assert.deepEqual(
      taken().map(({ reason, dropped }) => [reason, dropped]),
      [['sessions_full', 4]],
    );
    now += 30_000;
    look();
    look();
    assert.deepEqual(taken(), [], 'silence is no line');
  });

  test('ports of a zone and the session table: 80 and 90 %, each once per crossing', () => {
    const { log, taken } = logOf();
    const made = makeGateway({ sessions: 300 });
    const look = logThresholds(made, log);
    let port = 0;
    const fill = (to: number): void => {
      while (port < to) {
        addSession(made, {
          protocol: 17,
          inside: '10.0.9.9',
          insidePort: 10_000 + port,
          remote: '192.0.2.1',
          remotePort: 53,
          zone: 'rest',
          external: port % 2 === 0 ? '100.10.2.2' : '100.10.2.3',
          idleTicks: 0,
        });
        port++;
      }
      look();
      look();
    };
    fill(204);
    assert.deepEqual(taken(), []);
    fill(206);
    const [eighty] = taken();
    assert.deepEqual(
      [eighty?.msg, eighty?.zone, eighty?.protocol, eighty?.used, eighty?.capacity, eighty?.natEvent],
      ['80 % reached', 'rest', 'udp', 206, 256, 18],
    );
    fill(256);
    assert.deepEqual(
      taken().map(({ msg, zone, table }) => [msg, zone ?? table]),
      [
        ['90 % reached', 'rest'],
        ['80 % reached', 'sessions'],
      ],
    );
  });

  test('a budget begins anew with each window', () => {
    const gaps: number[] = [];
    const budget = new LineBudget(2, 1000, (held) => gaps.push(held));
    assert.deepEqual(
      [0, 1, 2, 3].map((now) => budget.take(now)),
      [true, true, false, false],
    );
    assert.equal(budget.take(1000), true);
    assert.deepEqual(gaps, [2]);
  });
});
