import assert from 'node:assert/strict';
import { CounterEvent } from '../../src/shared/counters.js';
import { checksumFault, decode } from '../support/decode.js';
import { answerTo, echoOut, inward, outward, PAYLOAD, udpOut } from '../support/flows.js';
import { cut, datagram } from '../support/fragments.js';
import { icmp, ipv4, packet, raw, tcp, udp } from '../support/layers.js';
import { GW, REMOTE } from '../support/sample.js';
import { worldTest } from '../support/world.js';

/** A router whose gateway translates nothing (enable_snat=false), with one floating address. */
const yaml = `
name: routed
ifaces:
  - { name: sg, tap: t-sg, role: inside, mac: "${GW.lan}", addresses: [10.0.0.1/24] }
  - { name: qg, tap: t-qg, role: outside, mac: "${GW.wan}", addresses: [192.0.2.1/24] }
routes: [default via 192.0.2.254 dev qg]
staticMappings: [{ inside: 10.0.0.9, external: 192.0.2.9 }]
zones: []
`;
const asService = { r: yaml };
const plain = { r: yaml.replace(/staticMappings.*\n/, '') };

for (const [what, services] of [
  ['a floating address of another host', asService],
  ['none', plain],
] as const)
  worldTest(
    `F42 enable_snat=false, floating addresses: ${what}: sources stay, and the outside reaches inside addresses`,
    { asService: services },
    (w) => {
      for (const frame of [udpOut('10.0.0.5', 4000), echoOut('10.0.0.5', 7)]) {
        w.send('r:sg', frame);
        const sent = w.one('r:qg');
        const out = decode(sent.octets);
        assert.deepEqual([out.ipv4!.src, out.ipv4!.ttl, out.eth!.src], ['10.0.0.5', 63, GW.wan]);
        w.send('r:qg', answerTo(sent));
        assert.deepEqual([decode(w.one('r:sg').octets).ipv4!.dst, checksumFault(sent.octets)], ['10.0.0.5', undefined]);
      }
      w.send('r:qg', packet(inward(), ipv4({ src: REMOTE, dst: '10.0.0.5' }), tcp({ sport: 1, dport: 22, flags: 'S' })));
      assert.equal(decode(w.one('r:sg').octets).tcp!.dport, 22, 'a connection that the outside begins');
      assert.equal(w.sessionCount, 0);
    },
  );

worldTest('F42 what has a static mapping is translated, there and back', { asService }, (w) => {
  w.send('r:sg', udpOut('10.0.0.9', 4000));
  const sent = w.one('r:qg');
  assert.equal(decode(sent.octets).ipv4!.src, '192.0.2.9');
  w.send('r:qg', answerTo(sent));
  assert.equal(decode(w.one('r:sg').octets).ipv4!.dst, '10.0.0.9');
});

for (const [what, services] of [
  ['with static mappings', asService],
  ['without', plain],
] as const)
  worldTest(`F42 fragments, errors and TTL, ${what}: routed like any`, { asService: services }, (w) => {
    const parts = cut(
      datagram(
        outward('10.0.0.5'),
        { src: '10.0.0.5', dst: REMOTE, id: 7, df: false },
        udp({ sport: 1, dport: 2 }),
        new Uint8Array(3000),
      ),
      1000,
    );
    for (const part of parts) w.send('r:sg', part);
    const sent = w.sent('r:qg').map(({ octets }) => decode(octets).ipv4!);
    assert.deepEqual(
      sent.map(({ src, id }) => [src, id]),
      parts.map(() => ['10.0.0.5', 7]),
    );

    const quote = packet(ipv4({ src: REMOTE, dst: '10.0.0.5' }), udp({ sport: 53, dport: 4000 }), PAYLOAD);
    w.send('r:sg', packet(outward('10.0.0.5'), ipv4({ src: '10.0.0.5', dst: REMOTE }), icmp({ type: 3, code: 3 }), raw(quote)));
    assert.equal(decode(w.one('r:qg').octets).ipv4!.src, '10.0.0.5');
    const other = packet(ipv4({ src: '10.0.0.5', dst: REMOTE }), udp({ sport: 4000, dport: 53 }), PAYLOAD);
    w.send('r:qg', packet(inward(), ipv4({ src: '198.51.100.1', dst: '10.0.0.5' }), icmp({ type: 11, code: 0 }), raw(other)));
    assert.equal(decode(w.one('r:sg').octets).ipv4!.dst, '10.0.0.5');

    w.send('r:qg', packet(inward(), ipv4({ src: REMOTE, dst: '10.0.0.5', ttl: 1 }), udp({ sport: 1, dport: 2 }), PAYLOAD));
    assert.deepEqual([decode(w.one('r:qg').octets).icmp!.type, w.event(CounterEvent.IcmpErrors)], [11, 1]);
  });

worldTest('F42 nothing comes in with an inside source, and nothing turns round outside', { asService }, (w) => {
  w.send('r:qg', packet(inward(), ipv4({ src: '10.0.0.8', dst: '10.0.0.5' }), udp({ sport: 1, dport: 2 }), PAYLOAD));
  w.send('r:qg', packet(inward(), ipv4({ src: REMOTE, dst: '203.0.113.1' }), udp({ sport: 1, dport: 2 }), PAYLOAD));
  assert.deepEqual([w.sent('r:sg'), w.sent('r:qg'), w.count('martian_source'), w.drops()], [[], [], 1, 2]);
});
