import assert from 'node:assert/strict';
import { CounterEvent } from '../../src/shared/counters.js';
import { Arena } from '../../src/wire/memory.js';
import { checksumFault, decode } from '../support/decode.js';
import { expectFrame } from '../support/expectFrame.js';
import { echoOut, inward, tcpOut, udpOut } from '../support/flows.js';
import { eth, icmp, ipv4, packet } from '../support/layers.js';
import { GW, REMOTE } from '../support/sample.js';
import { worldTest } from '../support/world.js';
import { arpReply, macOf } from '../support/worldParts.js';
import { natZone } from './natZone.js';

/** Frames the gateway makes itself, about packets that were meant to make it say something wrong. */

const HOST = '10.0.0.5';

worldTest('an error that waited for a neighbour is whole, whatever stood in its memory before', { answerArp: false }, (w) => {
  // What fragments of a payload of 81 00 81 00 ... leave behind: it must not be taken for a VLAN tag.
  const scratch = w.cx.memory.u8.subarray(Arena.ScratchStart, Arena.ScratchEnd);
  for (let i = 0; i < scratch.length; i += 2) scratch.set([0x81, 0x00], i);
  w.send('lan', udpOut(HOST, 4000, REMOTE, {}, { ttl: 1 }));
  assert.deepEqual(w.sent('lan'), []);
  w.send('lan', arpReply(HOST, '10.0.0.1', GW.lan));
  const error = w.one('lan');
  expectFrame(
    error,
    eth({ dst: macOf(HOST), src: GW.lan }),
    ipv4({ src: '10.0.0.1', dst: HOST, protocol: 1 }),
    icmp({ type: 11, code: 0 }),
  );
  assert.equal(checksumFault(error.octets, error.virtio), undefined);
});

worldTest('GEN-7 an inside host that pretends to be outside gets no answer sent there from an inside address', {}, (w) => {
  const lie = '198.51.100.66';
  w.send('lan', echoOut(HOST, 7, '10.0.0.1', {}, { src: lie }));
  w.send('lan', udpOut(HOST, 4000, REMOTE, {}, { src: lie, ttl: 1 }));
  assert.deepEqual(w.sent('wan'), []);
  assert.deepEqual([w.count('local_no_way_back'), w.count('echo_answered'), w.event(CounterEvent.QueuedDropped)], [1, 0, 1]);
});

worldTest('an outside host that pretends to be inside gets no answer sent there', {}, (w) => {
  w.send('wan', packet(inward(), ipv4({ src: HOST, dst: '192.0.2.1' }), icmp({ type: 8, id: 1 }), 'knock knock'));
  assert.deepEqual(
    [w.sent('lan'), w.arps('lan')].map((frames) => frames.length),
    [0, 0],
    'nobody inside is even looked for',
  );
  assert.equal(w.count('martian_source'), 1);
});

worldTest(
  'DOS-8 ERR-14 ids of packets the gateway makes tell nothing of the next',
  { yaml: natZone('localAddresses: [192.0.2.10]', 'portHold: off', 'tcp: { midstream: reset }\n') },
  (w) => {
    for (const frame of [(i: number) => udpOut(HOST, i, REMOTE, {}, { ttl: 1 }), (i: number) => tcpOut('10.0.0.9', i, 'A')]) {
      for (let i = 1; i <= 16; i++) w.send('lan', frame(i));
      const ids = w.sent('lan').map((made) => decode(made.octets).ipv4!.id);
      assert.equal(ids.length, 16);
      const steps = ids.slice(1).map((id, i) => id - ids[i]!);
      assert.ok(new Set(steps).size > 12, `ids ${ids.join(' ')}`);
      assert.ok(steps.some((step) => step < 0) && steps.some((step) => step > 0), `ids ${ids.join(' ')}`);
    }
  },
);
