import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../src/types/parsed.js';
import { parseTrace } from '../../src/types/trace.js';
import { windrose } from '../cli/program.js';
import { drawsOf } from '../support/long.js';
import { Dice } from '../support/mutate.js';
import { SEED } from './seed.js';
import { TracedWorld } from './tracedWorld.js';

/**
 * A trace says what happens: over random configurations, states and packets its verdict and the packet it says would leave are
 * those of the gateway that gets the packet next; and it leaves every octet of the state as it was (D31).
 */
const ROUNDS = drawsOf(6, 20);
/** Rounds at most, when some verdict was not met yet. */
const MOST_ROUNDS = 120;
const STEPS = 30;
test(`MET-4 a trace says what happens and changes nothing, seed ${SEED}`, () => {
  const dice = new Dice(SEED);
  const seen = new Map<string, number>();
  const expected = [
    ...['translated', 'routed', 'queued', 'echo_answered', 'vlan_unknown', 'martian_source', 'multicast', 'broadcast'],
    ...[
      'ttl_exceeded',
      'no_route',
      'route_unreachable',
      'route_prohibit',
      'route_blackhole',
      'local_reset',
      'local_port_unreachable',
      'local_protocol_unreachable',
      'local_icmp',
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
      'filtered',
      'unsolicited_syn',
      'tcp_state',
      'host_limit',
      'host_rate',
      'hosts_full',
      'no_service',
      'fragmentation_needed',
    ],
    ...['reverse_path', 'neighbor_failed', 'neighbor_queue_full', 'martian_destination', 'neighbor_table_full'],
  ];
  const kinds = new Set<string>();
  const isMissing = (): boolean => expected.some((reason) => !seen.has(reason));
  for (let round = 0; round < ROUNDS || (round < MOST_ROUNDS && isMissing()); round++) {
    const traced = new TracedWorld(dice);
    for (let step = 0; step < STEPS; step++) {
      const met = (verdict: string): unknown => seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
      traced.disturb(met);
      for (let n = 1 + dice.below(5); n > 0; n--) {
        const words = traced.question();
        const where = `round ${round}, step ${step}: ${[...words.values()].join(' ')}`;
        if (dice.below(2) === 0) {
          met(traced.compare(words, where));
          continue;
        }
        const { what, verdict } = traced.compareRaw(words, where);
        kinds.add(what);
        met(verdict);
      }
    }
  }
  assert.deepEqual(
    expected.filter((reason) => !seen.has(reason)),
    [],
    `verdicts never met: ${JSON.stringify([...seen])}`,
  );
  const frames = ['as it is', 'damaged', 'error', 'first fragment', 'later fragment', 'options', 'other', 'super-frame'];
  assert.deepEqual([...kinds].sort(), frames, 'each kind of captured frame was met');
});

test('MET-4 words that describe no packet are refused, and by the command line before the gateway is asked', async () => {
  const faulty: readonly [words: Record<string, string>, says: RegExp][] = [
    [{ from: '1.1.1.1' }, /source "1\.1\.1\.1" has no port/],
    [{ to: '1.2.1.4:65536' }, /destination .* port that is not 0 to 65535/],
    [{ from: '1.1.1:5' }, /source "1\.1\.1:5" is not an IPv4 address/],
    [{ proto: 'tpc' }, /protocol "tpc"/],
    [{ proto: 'gre' }, /gre has none/],
    [{ length: '39' }, /length: "39" is not a whole number from 40 to 65535/],
    [{ ttl: '256' }, /ttl/],
    [{ vlan: '4095' }, /vlan/],
    [{ df: 'yes' }, /df/],
    [{ flags: 'SX' }, /flags/],
    [{ proto: 'udp', flags: 'S' }, /flags are of TCP only/],
    [{ iface: '' }, /interface is missing/],
    [{ port: '5' }, /"port" is no word of a trace/],
  ];
  const sound = { iface: 'lan', proto: 'tcp', from: '1.1.1.1:40000', to: '1.2.1.4:443' };
  assert.ok(!isFault(parseTrace(new URLSearchParams(sound))));
  for (const [words, says] of faulty) {
    const read = parseTrace(new URLSearchParams({ ...sound, ...words }));
    assert.ok(isFault(read), JSON.stringify(words));
    assert.match(read.fault, says);
  }
  const refused = await windrose('trace', 'lan', 'tcp', '1.1.1.1', '1.2.1.4:443', '--socket', '/nonexistent');
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /^windrose: the source "1\.1\.1\.1" has no port \(write it as 1\.1\.1\.1:PORT\)\.$/m);
});
