import assert from 'node:assert/strict';
import { udpOut } from '../support/flows.js';
import { arp, eth, packet } from '../support/layers.js';
import { GW, lan, UPSTREAM } from '../support/sample.js';
import { worldTest } from '../support/world.js';
import { arpReply, macOf } from '../support/worldParts.js';

/** The dmz made wide enough to be scanned. */
const WIDE = lan.replace('10.0.1.1/24', '10.128.0.1/16').replace(/.*10\.9\.0\.0.*\n/g, '');

/** What a scan, or a flood of invented neighbours, may take from honest next hops when the table is small. */

worldTest(
  'DOS-4 a scan of silent addresses does not lock an honest next hop out',
  { yaml: WIDE, neighbors: 64, answerArp: false },
  (w) => {
    const scan = (): void => {
      for (let i = 0; i < 1000; i++) w.send('lan', udpOut('10.0.0.66', 4000 + i, `10.128.${1 + (i >> 8)}.${i & 255}`));
    };
    const honest = (from: string): void => {
      w.send('lan', udpOut(from, 5000));
      w.send('wan', arpReply(UPSTREAM, '192.0.2.1', GW.wan));
      // The waiting room may be full of the scan's frames; the next hop is asked for all the same, and the next frame passes.
      w.send('lan', udpOut(from, 5000));
      assert.ok(
        w.sent('wan').some(({ octets }) => octets[12] === 8 && octets[13] === 0),
        `${from} gets out`,
      );
    };
    scan();
    honest('10.0.0.2');
    w.advance(1200);
    scan();
    honest('10.0.0.3');
  },
);

worldTest('DOS-4 senders invented in ARP requests leave a quarter of the table to next hops', { neighbors: 64 }, (w) => {
  for (let i = 0; i < 200; i++) {
    const from = `10.0.0.${i + 20}`;
    const body = arp({ op: 1, senderMac: macOf(from), senderIp: from, targetMac: '00:00:00:00:00:00', targetIp: '10.0.0.1' });
    w.send('lan', packet(eth({ dst: 'ff:ff:ff:ff:ff:ff', src: macOf(from) }), body));
  }
  w.send('lan', udpOut('10.0.0.2', 5000));
  assert.equal(w.sent('wan').length, 1);
  assert.equal(w.count('neighbor_table_full'), 0);
});

worldTest(
  'FWD-11 a frame that has waited its second tells its sender that the host is unreachable',
  { answerArp: false },
  (w) => {
    w.send('lan', udpOut('10.0.0.5', 4000, '10.0.1.99'));
    w.advance(500);
    assert.equal(w.count('neighbor_failed'), 0);
    w.advance(700);
    assert.equal(w.count('neighbor_failed'), 1);
  },
);
