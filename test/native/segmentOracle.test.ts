import assert from 'node:assert/strict';
import { release } from 'node:os';
import { after, before, describe, it } from 'node:test';
import { describeFrame } from '../../src/wire/describe.js';
import { extension, frame6, tcp6, udp6 } from '../support/ipv6.js';
import { eth, type Ipv4Fields, ipv4, packet, type TcpFields, tcp, udp } from '../support/layers.js';
import { NetSandbox, netnsSkipReason } from '../support/netns.js';
import { joined } from '../support/octets.js';
import { segmentsOf } from '../support/segments.js';
import { tso6, uso, virtio } from '../support/virtio.js';
import { KernelWay } from './kernelWay.js';
import { addonUnderTest, Bench } from './loadedAddon.js';

const skip = netnsSkipReason();
const ENDS = { src: '10.9.0.1', dst: '10.9.0.2' };
/** tcp_gso_segment keeps CWR on the first segment only; TS option, NOPs around it. */
const TIMESTAMP = [1, 1, 8, 10, 0, 1, 2, 3, 9, 8, 7, 6];
/** Linux 6.2 takes UDP super-frames from packet sockets. */
const USO = Number(release().split('.')[0]) > 6 || /^6\.([2-9]|\d\d)/.test(release());

const payloadOf = (octets: number): Uint8Array => Uint8Array.from({ length: octets }, (_, i) => (i * 31) ^ (i >> 8));

interface Case {
  readonly name: string;
  readonly octets: Uint8Array;
  readonly virtio: Uint8Array;
}

function tcpCase(name: string, size: number, octets: number, ip: Ipv4Fields = {}, header: TcpFields = {}, ecn = false): Case {
  const frame = packet(
    eth({ src: '02:00:00:00:09:01', dst: '02:00:00:00:09:02' }),
    ipv4({ ...ENDS, id: 0xfffd, df: true, ...ip }),
    tcp({ sport: 4000, dport: 80, seq: 0xffff_fa00, ack: 77, flags: 'A', ...header, checksum: 'partial' }),
    payloadOf(octets),
  );
  const l4 = frame.length - octets - 20 - 4 * Math.ceil((header.options?.length ?? 0) / 4);
  const gso = ecn ? 0x81 : 1;
  const headerLength = frame.length - octets;
  return {
    name,
    octets: frame,
    virtio: virtio({ needsChecksum: true, gso, headerLength, gsoSize: size, start: l4, offset: 16 }),
  };
}

function udpCase(name: string, size: number, octets: number): Case {
  const frame = packet(
    eth({ src: '02:00:00:00:09:01', dst: '02:00:00:00:09:02' }),
    ipv4({ ...ENDS, id: 5, tos: 0x2e }),
    udp({ sport: 4000, dport: 443, checksum: 'partial' }),
    payloadOf(octets),
  );
  const of = { needsChecksum: true, gso: 5, headerLength: 42, gsoSize: size, start: 34, offset: 6 };
  return { name, octets: frame, virtio: virtio(of) };
}

/** Over IPv6, behind `octets` of destination options: TCP by default. */
function ipv6Case(name: string, size: number, octets: number, { options = 0, udp: isUdp = false, flags = 0x18 } = {}): Case {
  const ends = { from: 'fd00:9::1', to: 'fd00:9::2', sport: 4000, dport: 443, partial: true };
  const data = payloadOf(octets);
  const next = isUdp ? 17 : 6;
  const l4 = isUdp ? udp6(ends, data) : tcp6({ ...ends, seq: 0xffff_fa00, flags }, data);
  const payload = options === 0 ? l4 : joined(extension(next, options), l4);
  const frame = { src: '02:00:00:00:09:01', dst: '02:00:00:00:09:02', from: ends.from, to: ends.to };
  const start = 54 + options;
  return {
    name,
    octets: frame6({ ...frame, next: options === 0 ? next : 60, payload }),
    virtio: isUdp ? uso(size, start) : tso6(size, start),
  };
}

const CASES: readonly Case[] = [
  ipv6Case('IPv6, three segments and a rest', 1428, 3 * 1428 + 17),
  ipv6Case('IPv6, 64 KiB', 1428, 65_440),
  ipv6Case('IPv6, FIN, odd size', 999, 5001, { flags: 0x19 }),
  ipv6Case('IPv6, behind destination options', 1000, 3500, { options: 16 }),
  tcpCase('three segments and a rest', 1448, 3 * 1448 + 17),
  tcpCase('segments of odd size', 1447, 4 * 1447 + 1),
  tcpCase('an even number of whole segments', 536, 10 * 536),
  tcpCase('64 KiB', 1460, 65_495),
  tcpCase('timestamps', 1448, 20_000, {}, { options: TIMESTAMP }),
  tcpCase('IPv4 options', 1400, 5000, { options: [148, 4, 0, 0] }, { options: TIMESTAMP }),
  tcpCase('PSH and FIN go to the last segment', 1000, 3500, {}, { flags: 'FPA' }),
  tcpCase('URG stays, CWR goes to the first, ECE stays', 1000, 3500, { tos: 2 }, { flags: 'APUEC', urgent: 1200 }, true),
  tcpCase('without DF, id that wraps', 1200, 9000, { df: false, id: 0xffff }),
  tcpCase('a small remainder of one octet', 100, 1001, {}, { flags: 'PA' }),
  ...(USO
    ? [
        udpCase('UDP', 1200, 6000),
        udpCase('UDP with a shorter last datagram', 1201, 7000),
        udpCase('UDP, many', 100, 4099),
        ipv6Case('UDP over IPv6', 1201, 7000, { udp: true }),
      ]
    : []),
];

describe('segments as the kernel makes them', { skip }, () => {
  const addon = skip ? undefined! : addonUnderTest();
  const bench = skip ? undefined! : new Bench(addon);
  let net: NetSandbox;
  let way: KernelWay | undefined;

  before(() => {
    net = new NetSandbox('wrn');
    const [netns, far] = [net.namespace('near'), net.namespace('far')];
    net.veth({ netns, device: 'sega' }, { netns: far, device: 'segb' });
    net.run(netns, 'ethtool -K sega tso off gso off tx off');
    net.run(far, 'ethtool -K segb gro off');
    way = new KernelWay(addon, bench, { device: 'sega', netns }, { device: 'segb', netns: far });
  });
  after(() => {
    way?.close();
    net?.close();
  });

  // Others in the namespace speak IPv6.
  const throughKernel = (one: Case, count: number): Uint8Array[] =>
    way!.through(one.octets, one.virtio, count, (frame) => (frame[12] === 8 ? frame[26] === 10 : frame[22] === 0xfd));

  for (const one of CASES)
    it(`OFF-9 ${one.name}: octet for octet`, () => {
      const ours = segmentsOf(one).map(({ octets }) => octets);
      const theirs = throughKernel(one, ours.length);
      assert.equal(theirs.length, ours.length, 'number of segments');
      ours.forEach((frame, i) => {
        assert.deepEqual(frame, theirs[i], `segment ${i}\n ours   ${describeFrame(frame)}\n theirs ${describeFrame(theirs[i]!)}`);
      });
    });
});
