import assert from 'node:assert/strict';
import { reloaded } from '../reload/steps.js';
import { type Bed, SERVER, scenarioFile } from '../support/bed.js';
import { iperf, iperfServer } from '../support/iperf.js';
import { scenario } from '../support/scenario.js';

const LEAST_OCTETS = 1_000_000;
/** Ethernet header and an MTU of 1,500. */
const WIRE_FRAME = 1514;

/** The scenario's configuration with keys on both interfaces. */
function configured(keys: string): string {
  return scenarioFile('offloads', 'config.yaml').replaceAll('role:', `${keys}, role:`);
}

async function total(bed: Bed, metric: string): Promise<number> {
  return Number(new RegExp(`^${metric} (\\d+)$`, 'm').exec(await bed.operator.page())![1]);
}

/** Bursts of so many datagrams, until some were joined. */
const BURST = 40;
const MOST_BURSTS = 25;

/** Runs a stream and returns what it moved, and by how much a counter rose meanwhile. */
async function stream(bed: Bed, args: string, metric: string): Promise<{ octets: number; rise: number }> {
  const before = await total(bed, metric);
  const { end } = await iperf(bed, 'client', `-c ${SERVER} -t 1 ${args}`);
  return { octets: end.sum_received.bytes, rise: (await total(bed, metric)) - before };
}

/** Sends bursts of datagrams, all different, to a server that takes them one by one; returns how many frames were joined. */
async function datagrams(bed: Bed): Promise<number> {
  const [from, at] = [await bed.peer('client'), await bed.peer('server')];
  const port = await at.ask('udpOpen', {});
  // The first of the flow would wait for the neighbours.
  await from.ask('udpBurst', { to: SERVER, port, texts: ['first'] });
  await at.ask('udpTaken', { local: port, least: 1 });
  const before = await total(bed, 'windrose_frames_coalesced_total');
  for (let burst = 0, rise = 0; ; burst++) {
    // The last of each is shorter.
    const texts = Array.from({ length: BURST }, (_, i) => `${burst} ${i} `.padEnd(i === BURST - 1 ? 99 : 601, `${i * 7}`));
    await from.ask('udpBurst', { to: SERVER, port, texts });
    const taken = await at.ask('udpTaken', { local: port, least: BURST });
    assert.deepEqual(
      taken.map(({ text }) => text),
      texts,
    );
    rise = (await total(bed, 'windrose_frames_coalesced_total')) - before;
    if (rise > 0 || burst === MOST_BURSTS) return rise;
  }
}

scenario(
  'OFF-9 super-frames are cut where they may not be sent, and joined where that pays',
  { folder: 'offloads' },
  async (bed) => {
    await iperfServer(bed, 'server');
    await reloaded(bed, configured('sendOffloads: false'));
    const wire = bed.wire('wan');
    for (const args of ['', '-R', '-u -b 50M -l 4000']) {
      const { octets, rise } = await stream(bed, args, 'windrose_super_frames_segmented_total');
      assert.ok(octets > LEAST_OCTETS, `iperf3 ${args}: ${octets} octets`);
      if (args !== '-u -b 50M -l 4000') assert.ok(rise > 0, `iperf3 ${args}: no super-frame was cut`);
    }
    const arrived = wire
      .collect()
      .filter(({ frame }) => frame[12] === 8 && frame[26] === 1 && frame[27] === 2 && frame[28] === 100);
    assert.ok(arrived.length > 0, 'the server got frames');
    for (const { frame, partial, gsoSize } of arrived)
      assert.deepEqual([frame.length <= WIRE_FRAME, partial, gsoSize], [true, false, 0], `${frame.length} octets`);

    bed.on('client', 'ethtool -K lan tso off gso off');
    for (const [keys, joined] of [
      ['coalesce: true', true],
      ['coalesce: false', false],
    ] as const) {
      await reloaded(bed, configured(keys));
      const { octets, rise } = await stream(bed, '', 'windrose_frames_coalesced_total');
      assert.ok(octets > LEAST_OCTETS, `${keys}: ${octets} octets`);
      assert.equal(rise > 0, joined, `${keys}: ${rise} frames joined`);
      if (joined) assert.ok((await datagrams(bed)) > 0, 'no datagrams were joined');
    }
  },
);
