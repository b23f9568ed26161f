import assert from 'node:assert/strict';
import { type Bed, SERVER } from '../support/bed.js';
import { iperf, iperfServer } from '../support/iperf.js';
import { scenario } from '../support/scenario.js';

/** No figures are judged here, only that every flow runs: a bench measures, a test does not. */
const LEAST_OCTETS = 1_000_000;

scenario(
  'iperf3 TCP through PAT: one flow, four flows, both directions; super-frames pass whole; UDP of 64, 512 and 1400 octets at moderate rates',
  { folder: 'throughput', workers: [1, 2], timeoutMs: 90_000 },
  async (bed) => {
    await iperfServer(bed, 'server');
    await tcp(bed);
    await udp(bed);
    await superFrames(bed);
  },
);

async function tcp(bed: Bed): Promise<void> {
  for (const [args, flows] of [
    ['-t 1', 1],
    ['-t 1 -R', 1],
    ['-t 1 -P 4', 4],
    ['-t 1 -P 4 -R', 4],
  ] as const) {
    const { end } = await iperf(bed, 'client', `-c ${SERVER} ${args}`);
    assert.equal(end.streams.length, flows);
    for (const { receiver } of end.streams)
      assert.ok(receiver!.bytes > LEAST_OCTETS, `iperf3 ${args}: ${receiver!.bytes} octets`);
  }
  const { end } = await iperf(bed, 'client', `-c ${SERVER} -t 1 --bidir`);
  assert.ok(end.sum_received.bytes > LEAST_OCTETS, 'towards the server');
  assert.ok(end.sum_received_bidir_reverse!.bytes > LEAST_OCTETS, 'towards the client');
}

async function udp(bed: Bed): Promise<void> {
  for (const [octets, rate] of [
    [64, '4M'],
    [512, '30M'],
    [1400, '80M'],
  ] as const) {
    for (const direction of ['', '-R']) {
      const { end } = await iperf(bed, 'client', `-c ${SERVER} -u -l ${octets} -b ${rate} -t 1 -w 2M ${direction}`);
      assert.ok(end.sum!.packets > 5000, `${end.sum!.packets} datagrams of ${octets} octets`);
      assert.ok(
        end.sum!.lost_percent < 0.5,
        `${end.sum!.lost_packets} of ${end.sum!.packets} datagrams of ${octets} octets lost`,
      );
    }
  }
}

async function superFrames(bed: Bed): Promise<void> {
  for (const [link, direction] of [
    ['wan', ''],
    ['lan', '-R'],
  ] as const) {
    const wire = bed.wire(link);
    await iperf(bed, 'client', `-c ${SERVER} -n 4M ${direction}`);
    const whole = wire.collect().filter(({ frame, gsoSize }) => gsoSize > 0 && frame.length > 1514);
    const largest = Math.max(0, ...whole.map(({ frame }) => frame.length));
    assert.ok(largest > 10_000, `the largest frame on ${link} has ${largest} octets`);
    for (const { gsoSize } of whole) assert.ok(gsoSize <= 1460);
    assert.deepEqual(wire.verifyChecksums().wrong, []);
  }
}
