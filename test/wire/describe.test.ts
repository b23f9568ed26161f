import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeFrame } from '../../src/wire/describe.js';
import { arp, eth, icmp, ipv4, packet, tcp, udp, vlan } from '../support/layers.js';
import { tso } from '../support/virtio.js';

const head = eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' });
const ENDS = '02:00:00:00:00:02 > 02:00:00:00:00:01';
const ends = { src: '10.0.0.1', dst: '10.0.0.2' };

const cases: readonly [Uint8Array, string, Uint8Array?][] = [
  [new Uint8Array(5), 'short frame, 5 octets'],
  [packet(head, arp({ senderIp: '10.0.0.1', targetIp: '10.0.0.2' })), `${ENDS} ARP, request who-has 10.0.0.2 tell 10.0.0.1`],
  [
    packet(head, arp({ op: 2, senderMac: '02:00:00:00:00:02', senderIp: '10.0.0.1', targetIp: '10.0.0.2' })),
    `${ENDS} ARP, reply 10.0.0.1 is-at 02:00:00:00:00:02 to 10.0.0.2`,
  ],
  [packet(head, arp({ senderIp: '10.0.0.1', targetIp: '10.0.0.1' })), `${ENDS} ARP, announcement 10.0.0.1`],
  [
    packet(head, vlan({ id: 7 }), ipv4({ ...ends, df: true }), udp({ sport: 1, dport: 2, checksum: 0x1234 })),
    `${ENDS} vlan 7 IP 10.0.0.1 > 10.0.0.2: UDP 1 > 2 length 8, check 1234 (ttl 64, id 4660, flags [DF]), length 28`,
  ],
  [
    packet(head, ipv4(ends), tcp({ sport: 1, dport: 2, flags: 'SA', seq: 9, checksum: 0 }), 'abc'),
    `${ENDS} IP 10.0.0.1 > 10.0.0.2: TCP 1 > 2 [S.] seq 9, check 0000, 3 octets (ttl 64, id 4660), length 43 {checksum at 34+16, gso type 1 size 100 headers 54}`,
    tso(100),
  ],
  [
    packet(head, ipv4({ ...ends, offset: 1480, mf: true, protocol: 17 }), 'x'),
    `${ENDS} IP 10.0.0.1 > 10.0.0.2: UDP fragment (ttl 64, id 4660, flags [+], offset 1480), length 21`,
  ],
  [
    packet(head, ipv4(ends), icmp({ type: 3, code: 4, mtu: 1400 })),
    `${ENDS} IP 10.0.0.1 > 10.0.0.2: ICMP 3/4 mtu 1400 (ttl 64, id 4660), length 28`,
  ],
  [
    packet(head, ipv4(ends), icmp({ type: 8, id: 5, seq: 6 })),
    `${ENDS} IP 10.0.0.1 > 10.0.0.2: ICMP echo request id 5, seq 6 (ttl 64, id 4660), length 28`,
  ],
  [packet(eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02', type: 0x86dd })), `${ENDS} ethertype 0x86dd, 0 octets`],
];

for (const [frame, text, virtio] of cases) {
  test(`describes: ${text}`, () => assert.equal(describeFrame(frame, virtio), text));
}
