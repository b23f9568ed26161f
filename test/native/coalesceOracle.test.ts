import assert from 'node:assert/strict';
import { release } from 'node:os';
import { after, before, describe, it } from 'node:test';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { TunnelKind } from '../../src/io/tunnelCalls.js';
import { describeFrame } from '../../src/wire/describe.js';
import { Arena } from '../../src/wire/memory.js';
import { tunnel } from '../support/datagrams.js';
import { eth, type Ipv4Fields, ipv4, packet, tcp, udp } from '../support/layers.js';
import { NetSandbox, netnsSkipReason } from '../support/netns.js';
import { virtio } from '../support/virtio.js';
import { World } from '../support/world.js';
import { macOf } from '../support/worldParts.js';
import { type EndKind, KernelWay } from './kernelWay.js';
import { addonUnderTest, Bench } from './loadedAddon.js';

const skip = netnsSkipReason();
const GATEWAY = '02:00:00:00:0b:01';
const FROM = '10.9.1.2';
const TO = '10.9.2.2';
/** Linux 6.2 takes UDP super-frames. */
const USO = Number(release().split('.')[0]) > 6 || /^6\.([2-9]|\d\d)/.test(release());
const TIMESTAMP = [1, 1, 8, 10, 0, 1, 2, 3, 9, 8, 7, 6];
const KINDS: readonly EndKind[] = ['tap', 'packet'];

/** Nothing is translated. */
const yaml = `
name: oracle
ifaces:
  - { name: lan, tap: t0, role: inside, mac: "${GATEWAY}", addresses: [10.9.1.1/24] }
  - { name: far, tap: t1, role: inside, addresses: [10.9.2.1/24] }
zones: []
`;

type L4 = (k: number, size: number) => ReturnType<typeof tcp>;
const segment: L4 = (k, size) =>
  tcp({ sport: 4000, dport: 80, seq: 0xffff_fa00 + k * size, ack: 7, flags: 'A', options: TIMESTAMP });
const datagram: L4 = () => udp({ sport: 4000, dport: 443 });

/** `count` packets of `size` octets of data, the last of `last`; their checksums are finished, and were found right by a kernel. */
function train(l4: L4, count: number, size: number, last: number, ip: Ipv4Fields, to = GATEWAY): MemoryFrame[] {
  return Array.from({ length: count }, (_, k) => {
    const id = ((ip.id ?? 0) + k) & 0xffff;
    const data = Uint8Array.from({ length: k === count - 1 ? last : size }, (_, i) => (i * 31) ^ (i >> 8) ^ (k * 7));
    const ends = eth({ src: macOf(FROM), dst: to });
    const octets = packet(ends, ipv4({ df: true, src: FROM, dst: TO, ...ip, id }), l4(k, size), data);
    return { octets, virtio: virtio({ dataValid: true }) };
  });
}

const CASES: readonly (readonly [string, MemoryFrame[]])[] = [
  ['TCP', train(segment, 30, 1400, 17, { id: 0xfff0 })],
  ['TCP of odd size, without DF', train(segment, 5, 533, 533, { df: false })],
  ...(USO
    ? ([
        ['UDP', train(datagram, 40, 1400, 3, { id: 0xffe0, tos: 0x2e })],
        ['UDP of odd size, without DF', train(datagram, 5, 533, 533, { df: false })],
        ['UDP, as many as a burst has', train(datagram, 64, 33, 33, {})],
      ] as const)
    : []),
].map(([name, frames]) => [name as string, frames as MemoryFrame[]] as const);

/** The same as they come out of a tunnel to the kernel's side, one datagram each, joined by a kernel. */
const TUNNELLED: readonly (readonly [string, MemoryFrame[]])[] = [
  ['TCP', train(segment, 30, 1400, 17, { id: 0xfff0 }, macOf(TO))],
  ['TCP of odd size, without DF', train(segment, 5, 533, 533, { df: false }, macOf(TO))],
];

/** What a tunnel makes of frames. */
function outOfTunnel(frames: readonly MemoryFrame[]): MemoryFrame[] {
  const header = [8, 0, 0, 0, 0, 0, 7, 0];
  const { iface, cx, frame } = tunnel(TunnelKind.Udp, [
    { payloads: frames.map(({ octets }) => Uint8Array.from([...header, ...octets])) },
  ]);
  return Array.from({ length: iface.receive(64) }, (_, f) => {
    const at = cx.offsets[f]!;
    return { octets: frame(f), virtio: cx.memory.u8.slice(at - Arena.VirtioHeader, at) };
  });
}

describe('what was joined arrives beyond a kernel as what was not', { skip }, () => {
  const addon = skip ? undefined! : addonUnderTest();
  const bench = skip ? undefined! : new Bench(addon);
  const ways = new Map<EndKind, KernelWay>();
  let net: NetSandbox;

  before(() => {
    net = new NetSandbox('wrn');
    for (const kind of KINDS) {
      const [near, router, far] = [net.namespace(`n${kind}`), net.namespace(`r${kind}`), net.namespace(`f${kind}`)];
      if (kind === 'packet') net.veth({ netns: near, device: 'host0' }, { netns: router, device: 'lan0' });
      net.veth({ netns: router, device: 'out0' }, { netns: far, device: 'far0' });
      const netns = kind === 'packet' ? near : router;
      const device = kind === 'packet' ? 'host0' : 'lan0';
      ways.set(kind, new KernelWay(addon, bench, { device, netns, kind }, { device: 'far0', netns: far }));
      net.run(router, 'sysctl -qw net.ipv4.ip_forward=1');
      net.run(router, `ip link set lan0 address ${macOf(TO)}`);
      net.run(router, 'ip addr add 10.9.1.9/24 dev lan0');
      net.run(router, 'ip addr add 10.9.2.1/24 dev out0');
      net.run(router, `ip neigh add ${TO} lladdr 02:00:00:00:0b:02 dev out0 nud permanent`);
      net.run(router, 'ethtool -K out0 tso off gso off tx off');
      net.run(far, 'ethtool -K far0 gro off');
    }
  });
  after(() => {
    for (const way of ways.values()) way.close();
    net?.close();
  });

  /** What the gateway makes of the frames. */
  const forwarded = (frames: readonly MemoryFrame[], coalesces: boolean): MemoryFrame[] => {
    const w = new World({ yaml });
    w.send('lan', frames[0]!);
    w.sent('far');
    w.cx.outlets[1]!.coalesces = coalesces;
    w.send('lan', ...frames);
    w.check();
    return w.sent('far');
  };

  for (const kind of KINDS)
    for (const [name, frames] of CASES)
      it(`${name}, by ${kind === 'tap' ? 'a TAP' : 'a packet socket'}`, () => {
        const isOurs = (frame: Uint8Array): boolean => frame[12] === 8 && frame[26] === 10;
        const through = (one: MemoryFrame, count: number): Uint8Array[] =>
          ways.get(kind)!.through(one.octets, one.virtio!, count, isOurs);
        const [whole, ...none] = forwarded(frames, true);
        assert.deepEqual([none.length, whole!.virtio![1]! > 0], [0, true], 'one super-frame');
        const joined = through(whole!, frames.length);
        const single = forwarded(frames, false).flatMap((one) => through(one, 1));
        assert.deepEqual([joined.length, single.length], [frames.length, frames.length]);
        joined.forEach((frame, i) => {
          assert.deepEqual(frame, single[i], `${i}\n ${describeFrame(frame)}\n ${describeFrame(single[i]!)}`);
        });
      });

  for (const [name, frames] of TUNNELLED)
    it(`${name}, out of a tunnel, by a TAP`, () => {
      const isOurs = (frame: Uint8Array): boolean => frame[12] === 8 && frame[26] === 10;
      const through = (one: MemoryFrame, count: number): Uint8Array[] =>
        ways.get('tap')!.through(one.octets, one.virtio!, count, isOurs);
      const [whole, ...none] = outOfTunnel(frames);
      assert.deepEqual([none.length, whole!.virtio![1]! > 0], [0, true], 'one super-frame');
      const single = frames.flatMap((one) => through({ ...one, virtio: virtio({}) }, 1));
      assert.deepEqual(through(whole!, frames.length), single);
    });
});
