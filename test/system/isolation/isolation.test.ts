import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { netnsSkipReason } from '../../support/netns.js';
import { iperf, iperfServer } from '../support/iperf.js';
import { INTERNET, NorthSouth } from '../support/northSouth.js';
import { eventually } from '../support/scenario.js';

const [EAST_WEST, SERVICE] = ['taskset -c 0 ', 'taskset -c 1 '];
const ROUNDS = 3;
const PACED_BITS = 100e6;
/** Of a rate that takes what there is, beside what it is alone: the two CPUs share caches and memory, and perhaps a core. */
const KEPT = 0.5;

// Three at a time begin sooner by a short warm-up, and are compared with themselves alone.
process.env.WINDROSE_WARM_UP_FRAMES ??= '2048';

const skip = netnsSkipReason() || (availableParallelism() < 2 ? 'needs a CPU for h1 and h2, and one for n' : false);

test('F83 east-west keeps its rate while the SNAT service of another host is saturated', {
  skip,
  timeout: 120_000,
}, async (t) => {
  const world = new NorthSouth(undefined, 1);
  const { cloud } = world;
  try {
    await world.start();
    for (const host of ['h1', 'h2', 'n'])
      cloud.sandbox.run(undefined, `taskset -a -p -c ${host === 'n' ? 1 : 0} ${cloud.process(host).child.pid}`);
    await iperfServer(cloud, 'b2', 5201, EAST_WEST);
    await iperfServer(cloud, 'up', 5201, SERVICE);
    await eventually(
      () => cloud.on('a4', ['sh', '-c', `ping -c 1 -W 2 ${INTERNET} || true`]),
      (out) => out.includes('1 received'),
    );
    const rate = async (pace: number): Promise<number> => {
      const { end } = await iperf(cloud, 'a1', `-c 20.0.0.22 -t 1 -b ${pace}`, EAST_WEST);
      return end.sum_received.bits_per_second;
    };
    /** Frames that the service's host was too slow to take off the guest's device, and those it translated. */
    const flood = async (work: () => Promise<void>): Promise<{ refused: number; passed: number }> => {
      const [before, sent] = [refusals(), arrived()];
      const sender = cloud.sandbox.start(cloud.netns('a4'), `${SERVICE}iperf3 -c ${INTERNET} -u -b 0 -l 64 -P 4 -t 30`);
      sender.stdout!.resume();
      await eventually(refusals, (count) => count > before, 10_000);
      await work();
      const counted = { refused: refusals() - before, passed: arrived() - sent };
      const ended = new Promise((resolve) => sender.once('close', resolve));
      sender.kill('SIGKILL');
      await ended;
      return counted;
    };
    const refusals = (): number => linkOf('a4', 'tap-a4').tx.dropped;
    const arrived = (): number => linkOf('up', 'up0').rx.packets;
    const linkOf = (label: string, device: string) =>
      (
        JSON.parse(cloud.on(label, `ip -s -j link show ${device}`)) as [
          { stats64: { rx: { packets: number }; tx: { dropped: number } } },
        ]
      )[0].stats64;

    const kept: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const [paced, free] = [await rate(PACED_BITS), await rate(0)];
      let beside: readonly number[] = [];
      const { refused, passed } = await flood(async () => {
        beside = [await rate(PACED_BITS), await rate(0)];
      });
      for (const [when, bits] of [
        ['alone', paced],
        ['beside', beside[0]!],
      ] as const)
        assert.ok(bits > 0.85 * PACED_BITS, `${when}: ${(bits / 1e6).toFixed(0)} of ${PACED_BITS / 1e6} Mbit/s`);
      assert.ok(refused > 1000 && passed > 1000, `the service was not saturated: ${refused} frames refused, ${passed} passed`);
      kept.push(beside[1]! / free);
      t.diagnostic(
        `alone ${(free / 1e9).toFixed(2)}, beside ${(beside[1]! / 1e9).toFixed(2)} Gbit/s; SNAT: ${passed} frames passed, ${refused} did not`,
      );
    }
    const middle = [...kept].sort((a, b) => a - b)[ROUNDS >> 1]!;
    assert.ok(middle >= KEPT, `of its rate alone it kept ${kept.map((part) => part.toFixed(2)).join(', ')}`);
    await world.stop();
  } finally {
    world.close();
  }
});
