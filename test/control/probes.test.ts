import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { type Built, buildSnapshot } from '../../src/control/buildSnapshot.js';
import { isDead, judge } from '../../src/control/probeState.js';
import { showProbes } from '../../src/control/show/probes.js';
import { StateIndex } from '../../src/control/stateIndex.js';
import { metricsRegistry } from '../../src/metrics/registry.js';
import { MOST_PROBES, PROBE_ROWS, Probe, ProbeSpec } from '../../src/tables/probes.js';
import { makeGateway, NOW } from './made.js';

/** A gateway with these probes; the test writes what the worker would. */
function probed(...hops: readonly string[]) {
  const made = makeGateway();
  const build = (wanted: readonly string[], generation: number, before?: Built): Built => {
    const text = `
ifaces: [{ name: lan, tap: t0, role: inside, addresses: [10.0.0.1/16] }, { name: wan, tap: t1, role: outside, addresses: [100.10.0.1/16] }]
nexthopProbes: [${wanted.map((address) => `{ address: ${address} }`).join(', ')}]
`;
    const { config, issues } = loadConfig(text, 'test');
    assert.ok(config, issues.map(({ message }) => message).join());
    return buildSnapshot(config, [1500, 1500], new StateIndex(made.states[0]!.ports), generation, 1, [], before);
  };
  return { made, build, built: build(hops, 1) };
}

const slots = ({ probes }: Built): [number, number][] => probes.map(({ slot, id }) => [slot, id]);

test('a next hop keeps its row through reloads; another gets one that nobody had before', () => {
  const { build, built } = probed('100.10.0.2', '100.10.0.3');
  assert.deepEqual(slots(built), [
    [0, 1],
    [1, 1],
  ]);
  const second = build(['100.10.0.4', '100.10.0.3'], 2, built);
  assert.deepEqual(slots(second), [
    [2, 2],
    [1, 1],
  ]);
  const third = build(['100.10.0.2', '100.10.0.3'], 3, second);
  assert.deepEqual(slots(third), [
    [0, 3],
    [1, 1],
  ]);
  assert.deepEqual(Array.from(third.snapshot.probes.filter((_, i) => i % ProbeSpec.Words === ProbeSpec.Interval)), [10, 10]);
});

test('there is a row for every next hop, however often all of them change', () => {
  const { build, built } = probed();
  const many = (net: number): string[] => Array.from({ length: MOST_PROBES }, (_, i) => `100.10.${net}.${i}`).slice(1, -1);
  let before = built;
  for (let round = 1; round < 6; round++) {
    before = build(many(round), round + 1, before);
    assert.equal(new Set(before.probes.map(({ slot }) => slot)).size, MOST_PROBES - 2);
    assert.ok(before.probes.every(({ slot }) => slot < PROBE_ROWS));
  }
});

test('dead after fails in a row, alive after recovers; a row of another is not believed', () => {
  const { made, built } = probed('100.10.0.2');
  const [probe] = built.probes;
  const rows = made.states[0]!.probes;
  rows[Probe.Lost] = 99;
  assert.deepEqual([judge(rows, probe!), isDead(rows, probe!)], [false, false], 'nobody wrote the id yet');
  rows[Probe.Id] = 1;
  rows[Probe.Lost] = 2;
  assert.equal(judge(rows, probe!), false);
  rows[Probe.Lost] = 3;
  assert.deepEqual([judge(rows, probe!), isDead(rows, probe!), judge(rows, probe!)], [true, true, false]);
  rows[Probe.Lost] = 0;
  rows[Probe.Answered] = 1;
  assert.deepEqual([judge(rows, probe!), isDead(rows, probe!)], [false, true]);
  rows[Probe.Answered] = 2;
  assert.deepEqual([judge(rows, probe!), isDead(rows, probe!), judge(rows, probe!)], [true, false, false]);
});

test('show probes and the metrics say what is known', async () => {
  const { made, built } = probed('100.10.0.2', '100.10.0.3', '100.10.0.4');
  const rows = made.states[0]!.probes;
  const put = (row: number, words: Partial<Record<Probe, number>>): void => {
    for (const [word, value] of Object.entries(words)) rows[row * Probe.Words + Number(word)] = value;
  };
  put(0, { [Probe.Id]: 1, [Probe.Sent]: 9, [Probe.Answers]: 8, [Probe.RttMs]: 4, [Probe.LastAnswer]: NOW - 5 });
  put(1, { [Probe.Id]: 1, [Probe.Sent]: 7, [Probe.Lost]: 7, [Probe.RttMs]: -1, [Probe.DeadId]: 1 });
  put(2, { [Probe.Id]: 77, [Probe.Sent]: 5, [Probe.Lost]: 5, [Probe.DeadId]: 77 });
  const common = { dev: 'wan', intervalMs: 1000, fails: 3, recovers: 2 };
  assert.deepEqual(showProbes({ built, states: made.states }), [
    { address: '100.10.0.2', ...common, state: 'UP', rttMs: 4, answerSeconds: 0.5, lost: 0, sent: 9, answers: 8 },
    { address: '100.10.0.3', ...common, state: 'DEAD', rttMs: null, answerSeconds: null, lost: 7, sent: 7, answers: 0 },
    { address: '100.10.0.4', ...common, state: 'UNKNOWN', rttMs: null, answerSeconds: null, lost: 0, sent: 0, answers: 0 },
  ]);
  const text = await metricsRegistry({ ...made.shown, built }).metrics();
  const samples = text.split('\n').filter((line) => line.startsWith('windrose_nexthop'));
  assert.deepEqual(samples.sort(), [
    'windrose_nexthop_rtt_seconds{dev="wan",address="100.10.0.2"} 0.004',
    'windrose_nexthop_up{dev="wan",address="100.10.0.2"} 1',
    'windrose_nexthop_up{dev="wan",address="100.10.0.3"} 0',
    'windrose_nexthop_up{dev="wan",address="100.10.0.4"} 1',
  ]);
});
