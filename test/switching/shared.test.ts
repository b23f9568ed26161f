import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Objects } from '../../src/objects/model.js';
import { checksumFault, decode } from '../support/decode.js';
import { lport, MAC, sample } from '../support/dvrSample.js';
import { FabricWorld } from '../support/fabric.js';
import { frame6, linkLocalOf, udp6 } from '../support/ipv6.js';
import { arp, eth, ipv4, type Layer, packet, tcp, udp } from '../support/layers.js';
import { joined } from '../support/octets.js';
import { partial, tso, tso6, uso } from '../support/virtio.js';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const third = { ...sample, lports: [...sample.lports, lport('a4', 'blue', 'fa:16:3e:00:0a:04', '10.0.0.14', 'h1')] };

describe('frames that several have a share in', () => {
  it('datagrams that are flooded reach every port as they were sent, whatever could be joined', () => {
    const w = new FabricWorld(third);
    const host = w.on('h1');
    for (const outlet of host.cx.outlets) outlet.coalesces = true;
    const datagram = (id: number) =>
      packet(
        eth({ src: MAC.a1, dst: BROADCAST }),
        ipv4({ src: '10.0.0.11', dst: '10.0.0.255', id, df: false }),
        udp({ sport: 7, dport: 8, checksum: 'partial' }),
        new Uint8Array(200).fill(id),
      );
    for (const id of [1, 2, 3]) host.push('a1', { octets: datagram(id), virtio: partial(34, 6) });
    w.settle();
    for (const port of ['a3', 'a4']) {
      const got = host.got(port).map(decode);
      assert.deepEqual(
        got.map(({ eth: e, ipv4: i, payload }) => [e!.src, i!.id, payload.length, payload[0]]),
        [1, 2, 3].map((id) => [MAC.a1, id, 200, id]),
      );
    }
    w.check();
  });

  it('a super-frame that is flooded is cut from a copy that nothing is written over', () => {
    const w = new FabricWorld(sample);
    const data = Uint8Array.from({ length: 40_000 }, (_, i) => i % 251);
    const frame = packet(
      eth({ src: MAC.a1, dst: BROADCAST }),
      ipv4({ src: '10.0.0.11', dst: '10.0.0.255' }),
      udp({ sport: 1, dport: 2, checksum: 'partial' }),
      data,
    );
    w.send('h1', 'a1', frame, uso(320));
    const crossed = w.take().map(({ octets }) => octets);
    assert.equal(crossed.length, 125);
    for (const [i, octets] of crossed.entries()) {
      const { eth: e, payload } = decode(octets);
      assert.equal(e!.src, MAC.a1);
      assert.equal(checksumFault(octets), undefined);
      assert.deepEqual(Array.from(payload), Array.from(data.subarray(i * 320, i * 320 + 320)));
    }
    w.check();
  });
});

describe('what a guest leaves to be completed', () => {
  it('is nothing in ARP: completing it would change what was looked at', () => {
    const w = new FabricWorld(sample);
    const asks = packet(
      eth({ src: MAC.a1, dst: BROADCAST }),
      arp({ op: 1, senderMac: MAC.a1, senderIp: '10.0.0.11', targetIp: '10.0.0.99' }),
    );
    w.send('h1', 'a1', asks, partial(14, 16));
    assert.deepEqual([w.on('h1').count('virtio_header'), w.take().length], [1, 0]);
    w.check();
  });

  it('makes no thousands of frames of one, and none for everybody of TCP', () => {
    const ends = { src: '10.0.0.11', dst: '10.0.0.12' };
    const of = (dst: string, l4: Layer, octets = 6000) =>
      packet(eth({ src: MAC.a1, dst }), ipv4(ends), l4, new Uint8Array(octets));
    const open = { checksum: 'partial' } as const;
    for (const [frame, header] of [
      [of(MAC.a2, tcp(open)), tso(47)],
      [of(MAC.a2, tcp({ ...open, dataOffset: 15 }), 10), tso(48)],
      [of(MAC.a2, tcp({ ...open, dataOffset: 3 })), tso(1400)],
      [of(BROADCAST, tcp(open)), tso(1400)],
      [of(MAC.a2, udp(open)), uso(47)],
      [of(BROADCAST, udp(open)), uso(47)],
      [of(MAC.a2, udp(open), 6200), uso(48)],
      [joined(of(MAC.a2, udp(open)), [1, 2, 3, 4]), uso(1000)],
      [of(MAC.a2, tcp(open)), tso6(1400, 34)],
    ] as const) {
      const w = new FabricWorld(sample);
      w.send('h1', 'a1', frame, header);
      assert.deepEqual([w.on('h1').count('virtio_header'), w.take().length], [1, 0]);
      w.check();
    }
    const w = new FabricWorld(sample);
    w.send('h1', 'a1', of(MAC.a2, tcp(open)), tso(48));
    w.send('h1', 'a1', of(MAC.a2, udp(open)), uso(48));
    assert.deepEqual([w.on('h1').count('virtio_header'), w.on('h2').got('a2').length], [0, 125 + 125]);
    w.check();
  });

  it('is held against the packet at the fabric as well', () => {
    const wired: Objects = {
      ...sample,
      networks: sample.networks.map((one) => (one.name === 'blue' ? { ...one, type: 'flat', id: 0, physnet: 'physnet1' } : one)),
    };
    const from = { src: MAC.a2, dst: MAC.a1 };
    const four = packet(eth(from), ipv4({ src: '10.0.0.12', dst: '10.0.0.11' }), udp({ checksum: 'partial' }), new Uint8Array(9));
    const ends = { from: linkLocalOf(MAC.a2), to: linkLocalOf(MAC.a1), partial: true };
    const six = frame6({ ...from, from: ends.from, to: ends.to, next: 17, payload: udp6(ends, new Uint8Array(9)) });
    const arrived = (octets: Uint8Array, header: Uint8Array): [number, number] => {
      const w = new FabricWorld(wired);
      w.on('h1').physnet.push({ octets, virtio: header });
      w.settle();
      w.check();
      return [w.on('h1').got('a1').length, w.on('h1').count('virtio_header')];
    };
    const group = { src: MAC.a2, dst: BROADCAST };
    const cut = packet(
      eth(group),
      ipv4({ src: '10.0.0.12', dst: '10.0.0.11' }),
      tcp({ checksum: 'partial' }),
      new Uint8Array(90),
    );
    assert.deepEqual(arrived(cut, tso(30)), [1, 0], 'nobody cuts it for a tunnel');
    assert.deepEqual(
      [arrived(four, partial(34, 6)), arrived(six, partial(54, 6))],
      [
        [1, 0],
        [1, 0],
      ],
    );
    for (const [octets, header] of [
      [four, partial(14, 6)],
      [four, partial(34, 16)],
      [six, partial(34, 6)],
      [six, partial(54, 16)],
      [packet(eth(from), arp({ op: 2 })), partial(14, 6)],
    ] as const)
      assert.deepEqual(arrived(octets, header), [0, 1]);
  });

  it('lies within the packet, whose lengths agree with the frame', () => {
    for (const [field, reason] of [
      [{ totalLength: 65_535 }, 'ip_total_length'],
      [{ ihl: 2 }, 'ip_header_length'],
      [{ version: 6 }, 'ip_version'],
    ] as const) {
      const w = new FabricWorld(sample);
      const frame = packet(eth({ src: MAC.a1, dst: MAC.a2 }), ipv4({ src: '10.0.0.11', dst: '10.0.0.12', ...field }), udp({}));
      w.send('h1', 'a1', frame);
      assert.deepEqual([w.on('h1').count(reason), w.take().length], [1, 0], reason);
      w.check();
    }
  });
});
