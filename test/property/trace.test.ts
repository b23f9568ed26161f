import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Dice } from '../support/mutate.js';
import { SEED } from './seed.js';
import { TracedWorld } from './tracedWorld.js';

/**
 * A trace says what happens: over random configurations, states and packets its verdict and the packet it says would leave are
 * those of the gateway that gets the packet next; and it leaves every octet of the state as it was (D31).
 */
const ROUNDS = 25;
const STEPS = 30;
test(`MET-4 a trace says what happens and changes nothing, seed ${SEED}`, () => {
  const dice = new Dice(SEED);
  const seen = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    const traced = new TracedWorld(dice);
    for (let step = 0; step < STEPS; step++) {
      const met = (verdict: string): unknown => seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
      traced.disturb(met);
      for (let n = 1 + dice.below(5); n > 0; n--) {
        const words = traced.question();
        const where = `round ${round}, step ${step}: ${[...words.values()].join(' ')}`;
        met(traced.compare(words, where));
      }
    }
  }
  const expected = [
    ...['translated', 'routed', 'queued', 'echo_answered', 'vlan_unknown', 'martian_source', 'multicast', 'broadcast'],
    ...[
      'ttl_exceeded',
      'no_route',
      'route_unreachable',
      'route_prohibit',
      'route_blackhole',
      'local_unknown',
      'no_zone',
      'zone_empty',
    ],
    ...[
      'ports_exhausted',
      'sessions_full',
      'not_syn',
      'tcp_flags',
      'bad_protocol',
      'no_session',
      'hairpin',
      'fragmentation_needed',
    ],
    ...['neighbor_failed', 'neighbor_queue_full', 'martian_destination', 'neighbor_table_full'],
  ];
  assert.deepEqual(
    expected.filter((reason) => !seen.has(reason)),
    [],
    `verdicts never met: ${JSON.stringify([...seen])}`,
  );
});
