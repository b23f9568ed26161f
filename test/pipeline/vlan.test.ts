import assert from 'node:assert/strict';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { decode } from '../support/decode.js';
import { expectFrame } from '../support/expectFrame.js';
import { PAYLOAD } from '../support/flows.js';
import { arp, eth, icmp, ipv4, type Layer, packet, raw, tcp, udp, vlan } from '../support/layers.js';
import { REMOTE, UPSTREAM } from '../support/sample.js';
import { partial, readVirtio, tso } from '../support/virtio.js';
import { worldTest } from '../support/world.js';
import { macOf } from '../support/worldParts.js';

/** One trunk with two inside VLANs, an outside in VLAN 100 and an untagged inside on another device. */
const yaml = `
name: trunk
ifaces:
  - name: trunk
    tap: t-trunk
    role: inside
    mac: "02:aa:00:00:00:01"
    vlans:
      - { id: 10, name: v10, addresses: [10.0.0.1/24] }
      - { id: 20, name: v20, addresses: [10.0.1.1/24] }
      - { id: 100, name: up, role: outside, mac: "02:aa:00:00:00:09", addresses: [192.0.2.1/24] }
  - { name: flat, tap: t-flat, role: inside, mac: "02:aa:00:00:00:03", addresses: [10.0.2.1/24] }
routes: [default via 192.0.2.254 dev up]
zones: [{ name: all, match: 10.0.0.0/16, localAddresses: [192.0.2.10] }]
`;
const TRUNK = '02:aa:00:00:00:01';
const HOST = '10.0.0.5';

/** The same frame as it comes with its tag inline, and with the tag taken off by the kernel. */
function bothWays(id: number, dst: string, ...inner: readonly (Layer | Uint8Array | string)[]): [string, MemoryFrame][] {
  const head = eth({ dst, src: macOf(HOST) });
  return [
    ['inline', { octets: packet(head, vlan({ id }), ...inner) }],
    ['in the tag column', { octets: packet(head, ...inner), tag: 0x10000 | id }],
  ];
}

for (const [how, frame] of bothWays(10, TRUNK, ipv4({ src: HOST, dst: REMOTE }), udp({ sport: 4000, dport: 5000 }), PAYLOAD)) {
  worldTest(`FWD-7 one-armed: a tag ${how} comes in on VLAN 10 and goes out on VLAN 100 (FWD-12)`, { yaml }, (w) => {
    w.send('trunk', frame);
    const out = w.one('trunk');
    const d = expectFrame(
      out,
      eth({ dst: macOf(UPSTREAM), src: '02:aa:00:00:00:09' }),
      vlan({ id: 100 }),
      ipv4({ src: '192.0.2.10', ttl: 63 }),
      raw(PAYLOAD),
    );
    const back = [ipv4({ src: REMOTE, dst: '192.0.2.10' }), udp({ sport: 5000, dport: d.udp!.sport }), PAYLOAD] as const;
    w.send('trunk', packet(eth({ dst: '02:aa:00:00:00:09' }), vlan({ id: 100 }), ...back));
    expectFrame(
      w.one('trunk'),
      eth({ dst: macOf(HOST), src: TRUNK }),
      vlan({ id: 10 }),
      ipv4({ dst: HOST }),
      udp({ dport: 4000 }),
    );
  });
}

for (const [how, frame] of bothWays(
  10,
  TRUNK,
  ipv4({ src: HOST, dst: '10.0.2.7', df: true }),
  tcp({ checksum: 'partial' }),
  new Uint8Array(5000),
)) {
  worldTest(`virtio offsets move when a tag ${how} is taken off`, { yaml }, (w) => {
    const inline = frame.tag === undefined;
    w.send('trunk', { ...frame, virtio: tso(1448, inline ? 38 : 34) });
    const out = w.one('flat');
    assert.deepEqual(readVirtio(out.virtio!), readVirtio(tso(1448)));
    assert.equal(decode(out.octets).vlan, undefined);
    assert.equal(out.octets.length, 14 + 40 + 5000);
  });
}

worldTest('virtio offsets move when a tag is put on', { yaml }, (w) => {
  const octets = packet(
    eth({ dst: '02:aa:00:00:00:03' }),
    ipv4({ src: '10.0.2.7', dst: HOST }),
    udp({ checksum: 'partial' }),
    PAYLOAD,
  );
  w.send('flat', { octets, virtio: partial(34, 6) });
  const out = w.one('trunk');
  expectFrame(out, vlan({ id: 10 }), ipv4({ dst: HOST }));
  assert.deepEqual(readVirtio(out.virtio!), readVirtio(partial(38, 6)));
});

worldTest('ARP per VLAN: answered with the tag it came with, asked with the tag of the way out', { yaml }, (w) => {
  for (const [, frame] of bothWays(
    20,
    'ff:ff:ff:ff:ff:ff',
    arp({ senderMac: macOf('10.0.1.5'), senderIp: '10.0.1.5', targetIp: '10.0.1.1' }),
  )) {
    w.send('trunk', frame);
    expectFrame(
      w.arps('trunk')[0],
      eth({ dst: macOf('10.0.1.5'), src: TRUNK }),
      vlan({ id: 20 }),
      arp({ op: 2, senderIp: '10.0.1.1' }),
    );
  }
  for (const [, frame] of bothWays(10, 'ff:ff:ff:ff:ff:ff', arp({ senderIp: '10.0.0.5', targetIp: '10.0.1.1' })))
    w.send('trunk', frame);
  assert.equal(w.count('arp_foreign'), 2);
  w.send('flat', packet(eth({ dst: '02:aa:00:00:00:03' }), ipv4({ src: '10.0.2.7', dst: '10.0.1.8' }), udp()));
  expectFrame(w.arps('trunk').at(-1), vlan({ id: 20 }), arp({ op: 1, targetIp: '10.0.1.8' }));
});

worldTest('ICMP errors and echo replies go back with the tag', { yaml }, (w) => {
  for (const [, frame] of bothWays(10, TRUNK, ipv4({ src: HOST, dst: REMOTE, ttl: 1 }), udp())) {
    w.send('trunk', frame);
    expectFrame(w.one('trunk'), vlan({ id: 10 }), ipv4({ src: '10.0.0.1', dst: HOST }), icmp({ type: 11 }));
  }
  for (const [, frame] of bothWays(10, TRUNK, ipv4({ src: HOST, dst: '10.0.0.1' }), icmp({ type: 8, id: 3 }), PAYLOAD)) {
    w.send('trunk', frame);
    expectFrame(w.one('trunk'), vlan({ id: 10 }), ipv4({ src: '10.0.0.1' }), icmp({ type: 0, id: 3 }), raw(PAYLOAD));
  }
});

worldTest('frames that wait for a neighbour keep their tag column', { yaml, answerArp: false }, (w) => {
  for (const [, frame] of bothWays(10, TRUNK, ipv4({ src: HOST, dst: '10.0.2.7' }), udp())) w.send('trunk', frame);
  w.send(
    'flat',
    packet(
      eth({ dst: '02:aa:00:00:00:03' }),
      arp({ op: 2, senderMac: macOf('10.0.2.7'), senderIp: '10.0.2.7', targetIp: '10.0.2.1' }),
    ),
  );
  assert.equal(w.sent('flat').length, 2);
});

worldTest('FWD-7 untagged frames on a trunk without an untagged interface, and other VLANs, are dropped', { yaml }, (w) => {
  w.send('trunk', packet(eth({ dst: TRUNK }), ipv4({ src: HOST, dst: REMOTE }), udp()));
  for (const [, frame] of bothWays(11, TRUNK, ipv4({ src: HOST, dst: REMOTE }), udp())) w.send('trunk', frame);
  const twice = packet(eth({ dst: TRUNK }), vlan({ id: 10 }), vlan({ id: 10 }), ipv4({ src: HOST, dst: REMOTE }), udp());
  w.send('trunk', twice);
  assert.equal(w.count('vlan_unknown'), 3);
  assert.equal(w.count('ethertype'), 1);
});
