import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SessionCensus } from '../../src/control/sessionCensus.js';
import { showNeighbors } from '../../src/control/show/neighbors.js';
import { selectSessions } from '../../src/control/show/selectSessions.js';
import { countSessions, showSessions } from '../../src/control/show/sessions.js';
import { sessionLimit, sessionTotal } from '../../src/control/show/totals.js';
import { showWorkers } from '../../src/control/show/workers.js';
import { metricsRegistry } from '../../src/metrics/registry.js';
import { anySession } from '../../src/pipeline/sessionSweep.js';
import { SessionState } from '../../src/pipeline/tcpState.js';
import { CounterEvent, IfaceCounter } from '../../src/shared/counters.js';
import { Verdict } from '../../src/shared/verdict.js';
import { RING_OCTETS, ringPublish, ringReserve } from '../../src/tables/handoffRing.js';
import { NeighborState } from '../../src/tables/neighbors.js';
import { isFault } from '../../src/types/parsed.js';
import { addElsewhere, addNeighbor, addSession, count, type MadeSession, makeGateway } from './made.js';

/** What main shows and counts when each worker has sessions and neighbours of its own. */

const flow: MadeSession = {
  worker: 1,
  protocol: 6,
  inside: '10.0.1.5',
  insidePort: 40_000,
  remote: '192.0.2.1',
  remotePort: 80,
  zone: 'one',
  external: '100.10.2.1',
  state: SessionState.Established,
};

/** Worker 1 has a session, whose host's home is worker 0. */
function withElsewhere() {
  const made = makeGateway({ workers: 2 });
  addSession(made, flow);
  addElsewhere(made, { ...flow, worker: 0 }, 1);
  return made;
}

describe('a row that says which worker has the session', () => {
  test('is listed and counted nowhere', async () => {
    const made = withElsewhere();
    assert.deepEqual(
      [...showSessions(made.shown, 10)].map(({ state, inside }) => [state, inside]),
      [['ESTABLISHED', '10.0.1.5:40000']],
    );
    assert.equal(await countSessions(made.shown, anySession), 1);
    assert.deepEqual([sessionTotal(made.states), sessionLimit(made.states)], [1, 64]);
    const census = await new SessionCensus(made.states, undefined, async () => {}).current();
    assert.deepEqual(
      census.states.filter((one) => one.count > 0),
      [{ protocol: 'tcp', state: 'established', count: 1 }],
    );
    assert.deepEqual(
      census.byPorts.map((host) => host.count),
      [1],
    );
    const text = await metricsRegistry(made.shown).metrics();
    assert.match(text, /^windrose_session_rows_used 1$/m);
    assert.match(text, /^windrose_worker_sessions\{worker="0"\} 0$/m);
    assert.match(text, /^windrose_worker_sessions\{worker="1"\} 1$/m);
  });

  test('is no state an operator can ask for', () => {
    const made = withElsewhere();
    const asked = selectSessions(new URLSearchParams({ state: 'elsewhere' }), made.index.zoneNames());
    assert.ok(isFault(asked));
    assert.doesNotMatch(asked.fault, /established, elsewhere|, elsewhere/);
  });
});

test('show neighbors: one host is one neighbour, as the worker sees it that knows most', async () => {
  const made = makeGateway({ workers: 3 });
  addNeighbor(made, 'lan', '10.0.1.1', NeighborState.Failed, 9, 0);
  addNeighbor(made, 'lan', '10.0.1.1', NeighborState.Incomplete, 9, 1);
  addNeighbor(made, 'lan', '10.0.1.2', NeighborState.Stale, 9, 1);
  addNeighbor(made, 'lan', '10.0.1.2', NeighborState.Reachable, 9, 2);
  addNeighbor(made, 'lan', '10.0.1.3', NeighborState.Reachable, 90, 0);
  addNeighbor(made, 'lan', '10.0.1.3', NeighborState.Reachable, 20, 1);
  addNeighbor(made, 'lan', '10.0.1.4', NeighborState.None, 9, 0);
  addNeighbor(made, 'wan', '100.10.9.9', NeighborState.Permanent, 9, 0);
  addNeighbor(made, 'wan', '100.10.9.9', NeighborState.Permanent, 9, 1);
  assert.deepEqual(
    showNeighbors(made.shown).map(({ address, state, ageSeconds }) => [address, state, ageSeconds]),
    [
      ['10.0.1.1', 'INCOMPLETE', 0.9],
      ['10.0.1.2', 'REACHABLE', 0.9],
      ['10.0.1.3', 'REACHABLE', 2],
      ['100.10.9.9', 'PERMANENT', 0.9],
    ],
  );
  const text = await metricsRegistry(made.shown).metrics();
  const shown = Object.fromEntries([...text.matchAll(/^windrose_neighbors\{state="(\w+)"\} (\d+)$/gm)].map(([, s, n]) => [s, n]));
  assert.deepEqual(shown, {
    none: '1',
    incomplete: '1',
    failed: '0',
    nowhere: '0',
    stale: '0',
    probe: '0',
    reachable: '2',
    permanent: '1',
  });
});

test('OPS-6 show workers and metrics: what each receives, hands over, takes and has to do', async () => {
  const made = makeGateway({ workers: 2 });
  const [first, second] = made.states;
  first!.counters.rifs[made.built.rifs[0]!.index * IfaceCounter.Count + IfaceCounter.RxFrames] = 70;
  first!.counters.verdicts[Verdict.HandedOff] = 30;
  first!.counters.verdicts[Verdict.DropHandoffFull] = 2;
  count(made, CounterEvent.HandedIn, 28, 1);
  count(made, CounterEvent.ArpCopiesLost, 3, 0);
  const ring = first!.handoff.outbound[1]!;
  const quarter = RING_OCTETS / 4;
  ringPublish(ring, ringReserve(ring, quarter));
  const rows = showWorkers({ ...made.shown, built: { ...made.built, config: { ...made.built.config, cpus: [3] } } });
  assert.deepEqual(
    rows.map(({ id, cpu, rxFrames, handedOver, taken, handoffFull, ringOctets, ringRatio }) =>
      [id, cpu, rxFrames, handedOver, taken, handoffFull, ringOctets, ringRatio].join(' '),
    ),
    ['0 3 70 30 0 2 0 0', `1  0 0 28 0 ${quarter} 0.25`],
  );
  assert.equal(second!.handoff.inbound[0]!.words.length * 4, RING_OCTETS);
  const text = await metricsRegistry(made.shown).metrics();
  for (const line of [
    'windrose_worker_receive_frames_total{worker="0"} 70',
    'windrose_worker_handed_over_frames_total{worker="0"} 30',
    'windrose_worker_taken_frames_total{worker="1"} 28',
    'windrose_worker_handoff_full_total{worker="0"} 2',
    'windrose_worker_arp_copies_lost_total{worker="0"} 3',
    'windrose_worker_ring_ratio{worker="1"} 0.25',
  ])
    assert.ok(text.split('\n').includes(line), line);
});
