import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from '../../support/decode.js';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { Cloud, type Vm } from '../support/cloud.js';
import { pause } from '../support/scenario.js';

const VMS: readonly Vm[] = [
  { name: 'a1', host: 'h1', mac: 'fa:16:3e:00:0a:01', address: '10.0.0.11/24', gateway: '10.0.0.1' },
  { name: 'b2', host: 'h2', mac: 'fa:16:3e:00:0b:02', address: '20.0.0.22/24', gateway: '20.0.0.1' },
];

/** Literally (D22): ten minutes, a switch that forgets after five, and the default of two minutes. */
const LITERALLY = Number(process.env.WINDROSE_SOAK_SECONDS ?? '0');
const { ageing, more, looks, everyMs } =
  LITERALLY > 0
    ? { ageing: 30_000, more: '', looks: LITERALLY / 5, everyMs: 5000 }
    : { ageing: 200, more: 'macRefresh: 1s', looks: 12, everyMs: 500 };

test('F61 the switch keeps MACs that only routed frames go to, and floods nobody with them', {
  skip: netnsSkipReason(),
  timeout: 60_000 + 2 * looks * everyMs,
}, async () => {
  const cloud = new Cloud(['h1', 'h2', 'h3'], VMS, true, more);
  try {
    // Hundredths of a second.
    cloud.sandbox.run(cloud.fabric, `ip link set br1 type bridge ageing_time ${ageing}`);
    await cloud.start(scenarioFile('mac-refresh', 'objects.yaml'));
    cloud.sandbox.start(cloud.netns('a1'), 'ping -q -i 0.1 20.0.0.22');
    const flooded = cloud.wireTo('h3');
    await pause(1000);
    flooded.clear();
    for (let i = 1; i <= looks; i++) {
      await pause(everyMs);
      const known = cloud.sandbox.run(cloud.fabric, 'bridge fdb show br br1');
      for (const [mac, port] of [
        ['fa:16:3e:00:0a:01', 'h1t'],
        ['fa:16:3e:00:0b:02', 'h2t'],
        ['fa:16:3f:09:34:f2', 'h1t'],
        ['fa:16:3f:4e:4f:98', 'h2t'],
      ])
        assert.match(known, new RegExp(`${mac} dev ${port}`), `${mac} at look ${i}:\n${known}`);
      assert.doesNotMatch(known, /fa:16:3e:3c:74:9c|fa:16:3e:a3:3b:39/);
    }
    const heard = flooded.collect().map(({ frame }) => decode(frame).eth!);
    assert.ok(heard.length >= 5, 'the announcements of both guests');
    assert.deepEqual(
      heard.filter(({ dst }) => (Number.parseInt(dst, 16) & 1) === 0),
      [],
      'no frame to a single MAC',
    );
    await cloud.stop();
  } finally {
    cloud.close();
  }
});
