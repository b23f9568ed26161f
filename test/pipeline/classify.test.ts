import assert from 'node:assert/strict';
import { udpOut } from '../support/flows.js';
import { arp, eth, icmp, ipv4, packet, tcp, udp, vlan } from '../support/layers.js';
import { GW, REMOTE } from '../support/sample.js';
import { partial, tso, uso, type VirtioFields, virtio } from '../support/virtio.js';
import { worldTest } from '../support/world.js';

const HOST = '10.0.0.5';
const toGw = eth({ dst: GW.lan });
const ends = { src: HOST, dst: REMOTE };

/** Frames that must end in one reason, and nothing sent. */
const cases: readonly [string, string, Uint8Array[]][] = [
  ['short_frame', 'FWD-1', [new Uint8Array(0), new Uint8Array(1), new Uint8Array(13)]],
  [
    'link_control',
    'D16',
    ['00', '01', '02', '0e', '0f'].flatMap((last) => {
      const dst = `01:80:c2:00:00:${last}`;
      return [packet(eth({ dst, type: 0x0027 }), new Uint8Array(46)), packet(eth({ dst }), ipv4(ends), udp())];
    }),
  ],
  ['lldp', 'D16', [packet(eth({ dst: '01:80:c2:00:00:0e', type: 0x88cc }), new Uint8Array(46))]],
  [
    'llc',
    'D16',
    [
      packet(eth({ type: 38 }), new Uint8Array(46)),
      packet(eth({ type: 0x05ff }), new Uint8Array(46)),
      packet(eth({ type: 0 }), new Uint8Array(46)),
    ],
  ],
  ['ipv6_unsupported', 'D16', [packet(eth({ dst: GW.lan, type: 0x86dd }), new Uint8Array(40))]],
  [
    'ethertype',
    'D16',
    [
      packet(eth({ type: 0x0600 }), new Uint8Array(46)),
      packet(eth({ type: 0x88b5 }), new Uint8Array(46)),
      packet(eth({ type: 0x88a8 }), vlan({ id: 0 }), ipv4(ends), udp()),
    ],
  ],
  [
    'vlan_unknown',
    'FWD-7',
    [packet(toGw, vlan({ id: 5 }), ipv4(ends), udp()), packet(eth(), vlan({ id: 5 }), arp({ targetIp: '10.0.0.1' }))],
  ],
  [
    'not_for_us',
    'FWD-6',
    [packet(eth({ dst: GW.wan }), ipv4(ends), udp()), packet(eth({ dst: '02:aa:00:00:00:ff' }), ipv4(ends), udp())],
  ],
  ['group_mac', 'FWD-6', [packet(eth(), ipv4(ends), udp()), packet(eth({ dst: '01:00:5e:01:02:03' }), ipv4(ends), udp())]],
  [
    'multicast',
    'FWD-4',
    [
      packet(eth({ dst: '01:00:5e:00:00:fb' }), ipv4({ src: HOST, dst: '224.0.0.251' }), udp()),
      packet(toGw, ipv4({ src: HOST, dst: '239.1.2.3' }), udp()),
    ],
  ],
  [
    'broadcast',
    'FWD-6',
    [
      packet(eth(), ipv4({ src: '0.0.0.0', dst: '255.255.255.255' }), udp({ dport: 67 })),
      packet(eth(), ipv4({ src: HOST, dst: '10.0.0.255' }), udp()),
      packet(toGw, ipv4({ src: HOST, dst: '10.0.1.255' }), udp()),
    ],
  ],
  ['ip_short', 'FWD-1', [packet(toGw, new Uint8Array(0)), packet(toGw, new Uint8Array(19))]],
  [
    'ip_version',
    'FWD-1',
    [packet(toGw, ipv4({ ...ends, version: 6 }), udp()), packet(toGw, ipv4({ ...ends, version: 0 }), udp())],
  ],
  [
    'ip_header_length',
    'FWD-1',
    [packet(toGw, ipv4({ ...ends, ihl: 4 }), udp()), packet(toGw, ipv4({ ...ends, ihl: 15 }), udp())],
  ],
  ['ip_total_length', 'FWD-1', [0, 19, 29, 65_535].map((totalLength) => packet(toGw, ipv4({ ...ends, totalLength }), udp()))],
  [
    'ip_checksum',
    'FWD-1',
    [
      packet(toGw, ipv4({ ...ends, checksum: 0 }), udp()),
      packet(toGw, ipv4({ ...ends, checksum: 1, options: [1, 1, 1, 1] }), udp()),
    ],
  ],
  [
    'martian_source',
    'FWD-4',
    [
      '0.0.0.1',
      '127.0.0.1',
      '224.0.0.1',
      '240.0.0.1',
      '255.255.255.255',
      '10.0.0.1',
      '192.0.2.1',
      '192.0.2.10',
      '10.0.0.255',
      '10.0.0.0',
    ].map((src) => packet(toGw, ipv4({ src, dst: REMOTE }), udp())),
  ],
  [
    'martian_destination',
    'FWD-4',
    ['0.0.0.1', '127.0.0.1', '240.0.0.1', '255.255.255.254'].map((dst) => packet(toGw, ipv4({ src: HOST, dst }), udp())),
  ],
  [
    'source_route',
    'FWD-8',
    [
      [131, 7, 4, 1, 2, 3, 4],
      [137, 7, 4, 1, 2, 3, 4],
      [1, 1, 131, 3, 4],
      [7, 1, 0, 0],
      [7, 40, 0, 0],
      [1, 1, 1, 7],
    ].map((options) => packet(toGw, ipv4({ ...ends, options }), udp())),
  ],
  [
    'tcp_header',
    'TCP-14',
    [
      packet(toGw, ipv4({ ...ends, protocol: 6 }), new Uint8Array(19)),
      packet(toGw, ipv4(ends), tcp({ dataOffset: 4 })),
      packet(toGw, ipv4(ends), tcp({ dataOffset: 15 })),
    ],
  ],
  [
    'udp_length',
    'UDP-2',
    [
      packet(toGw, ipv4({ ...ends, protocol: 17 }), new Uint8Array(7)),
      ...[0, 7, 9].map((length) => packet(toGw, ipv4(ends), udp({ length }))),
    ],
  ],
  [
    'icmp_short',
    'FWD-1',
    [packet(toGw, ipv4({ ...ends, protocol: 1 }), new Uint8Array(7)), packet(toGw, ipv4({ ...ends, protocol: 1 }))],
  ],
];

for (const [reason, id, frames] of cases) {
  worldTest(`${id} ${reason}: ${frames.length} frames are counted so and nothing is sent`, {}, (w) => {
    frames.forEach((frame, i) => {
      w.send('lan', frame);
      assert.equal(w.count(reason), i + 1, `frame ${i}`);
    });
    assert.equal(w.sessionCount, 0);
    for (const iface of w.names) assert.deepEqual([...w.sent(iface).filter((f) => f.octets.length > 0), ...w.arps(iface)], []);
  });
}

worldTest('FWD-7 a priority tag (VLAN 0) is the untagged interface', {}, (w) => {
  w.send('lan', packet(eth({ dst: GW.lan }), vlan({ id: 0, priority: 5 }), ipv4(ends), udp()));
  w.send('lan', { octets: packet(toGw, ipv4(ends), udp()), tag: 0x10000 | (5 << 13) });
  assert.equal(w.sent('wan').length, 2);
});

worldTest('FWD-7 frames under a service tag are dropped, with the tag inline or taken off', {}, (w) => {
  w.send('lan', { octets: packet(toGw, ipv4(ends), udp()), tag: 0x30000 });
  w.send('lan', { octets: packet(toGw, ipv4(ends), udp()), tag: 0x30005 });
  assert.equal(w.count('ethertype'), 2);
});

const plain = udpOut(HOST, 4000, REMOTE, { checksum: 'partial' });
const syn = packet(toGw, ipv4(ends), tcp({ flags: 'S', checksum: 'partial' }), new Uint8Array(3000));
const lies: readonly [string, Uint8Array, VirtioFields][] = [
  ['start before the L4 header', plain, { needsChecksum: true, start: 30, offset: 6 }],
  ['start of a tagged frame', plain, { needsChecksum: true, start: 38, offset: 6 }],
  ['offset of TCP on UDP', plain, { needsChecksum: true, start: 34, offset: 16 }],
  ['offset beyond the frame', plain, { needsChecksum: true, start: 34, offset: 6000 }],
  ['checksum of ICMP', packet(toGw, ipv4(ends), icmp({ id: 1 })), { needsChecksum: true, start: 34, offset: 2 }],
  ['super-frame without size', syn, { needsChecksum: true, gso: 1, headerLength: 54, start: 34, offset: 16 }],
  ['super-frame with a finished checksum', syn, { gso: 1, gsoSize: 1448, headerLength: 54 }],
  [
    'headers longer than the frame',
    syn,
    { needsChecksum: true, gso: 1, gsoSize: 1448, headerLength: 60_000, start: 34, offset: 16 },
  ],
  ['UDP type on TCP', syn, { needsChecksum: true, gso: 5, gsoSize: 1448, headerLength: 54, start: 34, offset: 16 }],
  ['TCP type on UDP', plain, { needsChecksum: true, gso: 1, gsoSize: 10, headerLength: 42, start: 34, offset: 6 }],
  ['TCPv6 type', syn, { needsChecksum: true, gso: 4, gsoSize: 1448, headerLength: 54, start: 34, offset: 16 }],
  ['UFO, not negotiated', plain, { needsChecksum: true, gso: 3, gsoSize: 10, headerLength: 42, start: 34, offset: 6 }],
  ['ECN with UDP', plain, { needsChecksum: true, gso: 0x85, gsoSize: 10, headerLength: 42, start: 34, offset: 6 }],
  [
    'TCP segments smaller than any kernel makes',
    syn,
    { needsChecksum: true, gso: 1, gsoSize: 7, headerLength: 54, start: 34, offset: 16 },
  ],
  [
    'more than 128 datagrams',
    packet(toGw, ipv4(ends), udp({ checksum: 'partial' }), new Uint8Array(128 * 20 + 1)),
    { needsChecksum: true, gso: 5, gsoSize: 20, headerLength: 42, start: 34, offset: 6 },
  ],
  ['unknown type', syn, { needsChecksum: true, gso: 77, gsoSize: 10, headerLength: 54, start: 34, offset: 16 }],
];

for (const [what, octets, header] of lies) {
  worldTest(`OFF-5 OFF-15 a virtio header that lies is a counted drop: ${what}`, {}, (w) => {
    w.send('lan', { octets, virtio: virtio(header) });
    assert.equal(w.count('virtio_header'), 1);
    assert.equal(w.sessionCount, 0);
  });
}

worldTest('OFF-15 the smallest TCP segments and the most datagrams that a kernel makes are taken', {}, (w) => {
  const most = packet(toGw, ipv4(ends), udp({ checksum: 'partial' }), new Uint8Array(128 * 20));
  w.send('lan', { octets: syn, virtio: tso(8) }, { octets: most, virtio: uso(20) });
  assert.equal(w.count('virtio_header'), 0);
  assert.equal(w.count('translated'), 2);
});

worldTest('OFF-15 a partial checksum or segmentation on a fragment is a counted drop', {}, (w) => {
  const piece = packet(toGw, ipv4({ ...ends, mf: true }), udp({ checksum: 'partial' }), new Uint8Array(64));
  w.send(
    'lan',
    { octets: piece, virtio: partial(34, 6) },
    { octets: piece, virtio: uso(16) },
    { octets: piece, virtio: tso(16) },
  );
  assert.equal(w.count('virtio_header'), 3);
});
