import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Crossing } from '../support/crossing.js';
import { decode } from '../support/decode.js';
import { ip, MAC, prefix, sample, VTEP } from '../support/dvrSample.js';
import { FabricHost } from '../support/fabric.js';
import { fabricBuffers } from '../support/fabricSeat.js';
import { arp, eth, ipv4, packet, udp } from '../support/layers.js';

const ASKED = '20.0.0.77';

/** b2 may have any address of its subnet, so nobody knows who has which. */
const objects = {
  ...sample,
  lports: sample.lports.map((port) =>
    port.name === 'b2' ? { ...port, allowedPairs: [{ prefix: prefix('20.0.0.0/24'), mac: undefined }] } : port,
  ),
};

/** Two workers of a host; what they send to the fabric is in `crossed`. */
function pair(name: 'h1' | 'h2', crossed: Crossing[]) {
  const buffers = fabricBuffers(2);
  return [0, 1].map((worker) => new FabricHost(name, objects, (one) => crossed.push(one), { worker, buffers })) as [
    FabricHost,
    FabricHost,
  ];
}

test('F59 with several workers: one asks, another has the question, a third the answer, and all that are concerned hear of it', () => {
  const crossed: Crossing[] = [];
  const [asker, hearer] = pair('h1', crossed);
  const [questioned, answered] = pair('h2', crossed);
  const data = packet(
    eth({ src: MAC.a1, dst: MAC.gA }),
    ipv4({ src: '10.0.0.11', dst: ASKED }),
    udp({ sport: 4000, dport: 5000 }),
    new Uint8Array(20),
  );
  asker.push('a1', { octets: data });
  asker.run();
  const [probe] = crossed.splice(0);
  questioned.arrive(probe!, ip(VTEP.h1));
  questioned.run();
  assert.equal(decode(questioned.got('b2')[0]!).arp!.targetIp, ASKED);

  const reply = arp({ op: 2, senderMac: MAC.b2, senderIp: ASKED, targetMac: MAC.gB, targetIp: '20.0.0.1' });
  answered.push('b2', { octets: packet(eth({ src: MAC.b2, dst: MAC.gB }), reply) });
  answered.run();
  assert.equal(crossed.length, 0, 'it was not asked');
  questioned.run();
  const [relayed, ...none] = crossed.splice(0);
  assert.deepEqual(none, []);
  assert.deepEqual([decode(relayed!.octets).eth!.dst, decode(relayed!.octets).arp!.senderIp], [MAC.d1, ASKED]);

  hearer.arrive(relayed!, ip(VTEP.h2));
  hearer.run();
  assert.equal(crossed.length, 0, 'the frame waits with who asked');
  asker.run();
  const [routed] = crossed.splice(0);
  assert.deepEqual([decode(routed!.octets).eth!.dst, decode(routed!.octets).ipv4!.dst], [MAC.b2, ASKED]);
  for (const worker of [asker, hearer, questioned, answered]) worker.check();
});
