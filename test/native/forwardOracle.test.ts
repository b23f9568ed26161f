import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { describeFrame } from '../../src/wire/describe.js';
import { eth, ipv4, packet, tcp, udp } from '../support/layers.js';
import { NetSandbox, netnsSkipReason } from '../support/netns.js';
import { tso, uso } from '../support/virtio.js';
import { World } from '../support/world.js';
import { KernelWay } from './kernelWay.js';
import { addonUnderTest, Bench } from './loadedAddon.js';

const skip = netnsSkipReason();
const ROUTER = '02:00:00:00:0a:01';
const HOST = '02:00:00:00:0a:02';
const NARROW = 1000;
const bytes = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => (i * 31) ^ (i >> 8));

/** The same two segments and the same MAC for both routers. */
const yaml = `
name: oracle
ifaces:
  - { name: lan, tap: t0, role: inside, mac: "${ROUTER}", addresses: [10.9.1.1/24] }
  - { name: narrow, tap: t1, role: inside, mac: "${ROUTER}", addresses: [10.9.2.1/24] }
zones: []
`;

function frame(l4: ReturnType<typeof tcp>, octets: number, virtio: Uint8Array): MemoryFrame {
  const ip = ipv4({ src: '10.9.1.2', dst: '10.9.2.2', id: 0xfff0, ttl: 9 });
  return { octets: packet(eth({ src: HOST, dst: ROUTER }), ip, l4, bytes(octets)), virtio };
}

const CASES: readonly (readonly [string, MemoryFrame])[] = [
  ['TCP, last segment fits', frame(tcp({ flags: 'PA', checksum: 'partial' }), 3 * 1448 + 300, tso(1448))],
  ['TCP, all in fragments', frame(tcp({ flags: 'FPA', checksum: 'partial' }), 20_000, tso(1250))],
  ['TCP, odd sizes', frame(tcp({ flags: 'A', checksum: 'partial' }), 9001, tso(963))],
  ['TCP, segments fit: no fragments', frame(tcp({ flags: 'A', checksum: 'partial' }), 9000, tso(960))],
  ['UDP', frame(udp({ sport: 7, dport: 8, checksum: 'partial' }), 6000, uso(1400))],
];

/** A packet without its Ethernet header, which is another router's. */
const packetOf = (octets: Uint8Array): Buffer => Buffer.from(octets.subarray(14));

describe('segments in fragments as the kernel forwards them', { skip }, () => {
  const addon = skip ? undefined! : addonUnderTest();
  const bench = skip ? undefined! : new Bench(addon);
  let net: NetSandbox;
  let way: KernelWay | undefined;

  before(() => {
    net = new NetSandbox('wrn');
    const [near, router, far] = [net.namespace('near'), net.namespace('rt'), net.namespace('far')];
    net.veth({ netns: near, device: 'host0' }, { netns: router, device: 'lan0' }, 1500);
    net.veth({ netns: router, device: 'out0' }, { netns: far, device: 'far0' }, NARROW);
    net.run(router, 'sysctl -qw net.ipv4.ip_forward=1');
    net.run(router, `ip link set lan0 address ${ROUTER}`);
    net.run(router, 'ip addr add 10.9.1.1/24 dev lan0');
    net.run(router, 'ip addr add 10.9.2.1/24 dev out0');
    net.run(router, `ip neigh add 10.9.2.2 lladdr ${HOST} dev out0 nud permanent`);
    net.run(router, 'ethtool -K out0 tso off gso off tx off');
    way = new KernelWay(addon, bench, { device: 'host0', netns: near }, { device: 'far0', netns: far });
  });
  after(() => {
    way?.close();
    net?.close();
  });

  const byKernel = (one: MemoryFrame, count: number): Uint8Array[] =>
    way!.through(one.octets, one.virtio!, count, (frame) => frame[12] === 8 && frame[27] === 9);

  for (const [name, one] of CASES)
    it(`OFF-8 ${name}`, () => {
      const w = new World({ yaml, mtus: { narrow: NARROW } });
      w.cx.outlets[1]!.lacks = 7;
      w.send('lan', one);
      const ours = w.sent('narrow').map(({ octets }) => octets);
      const theirs = byKernel(one, ours.length);
      assert.equal(theirs.length, ours.length, 'number of frames');
      ours.forEach((octets, i) => {
        const same = packetOf(octets).equals(packetOf(theirs[i]!));
        assert.ok(
          same,
          `frame ${i}
 ours   ${describeFrame(octets)}
 theirs ${describeFrame(theirs[i]!)}`,
        );
      });
      w.check();
    });
});
