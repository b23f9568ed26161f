import assert from 'node:assert/strict';
import { outward, udpOut } from '../support/flows.js';
import { ipv4, packet, udp } from '../support/layers.js';
import { worldTest } from '../support/world.js';

/** What one destination that keeps silent may take from all others. */

worldTest(
  'large frames for one silent neighbour leave room for the frames of others',
  { answerArp: false, mtus: { lan: 65_535, dmz: 65_535 } },
  (w) => {
    // 64 KiB datagrams as long as they fit, then smaller ones into what is left.
    for (const size of [60_000, 10_000, 1400, 300, 20]) {
      const big = packet(outward('10.0.0.5'), ipv4({ src: '10.0.0.5', dst: '10.0.1.99' }), udp(), new Uint8Array(size));
      for (let i = 0; i < 20; i++) w.send('lan', big);
    }
    const full = w.count('neighbor_queue_full');
    assert.ok(full > 0, 'the silent neighbour has no more room');
    for (let i = 0; i < 8; i++) w.send('lan', udpOut('10.0.0.6', 4000 + i, `10.0.1.${i + 2}`));
    assert.equal(w.count('neighbor_queue_full'), full, 'others have');
  },
);
