import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MetadataConfig } from '../../src/config/config.js';
import { checksumFault, decode } from '../support/decode.js';
import { ip, lport, MAC, prefix, rif, sample, vxlan } from '../support/dvrSample.js';
import { type FabricHost, FabricWorld } from '../support/fabric.js';
import { eth, icmp, ipv4, packet, tcp, udp } from '../support/layers.js';
import { answerTo, ask, CONFIG, ends, GUEST, METADATA } from '../support/metadataAsk.js';
import { SNAT_MAC, snatSample } from '../support/snatSample.js';
import { virtio } from '../support/virtio.js';

const TWIN = { mac: 'fa:16:3e:00:0d:01', gateway: 'fa:16:3e:00:0d:fe' };

/** Another tenant beside the sample's, with a network of the same addresses and a router of its own. */
const objects = {
  ...sample,
  networks: [...sample.networks, vxlan('twin', 1003)],
  subnets: [
    ...sample.subnets,
    { name: 'twin4', network: 'twin', cidr: prefix('10.0.0.0/24'), gateway: ip('10.0.0.1') },
  ] as typeof sample.subnets,
  lports: [...sample.lports, lport('t1', 'twin', TWIN.mac, GUEST, 'h1')],
  routers: [...sample.routers, { ...sample.routers[0]!, name: 'rt' }],
  rifs: [...sample.rifs, rif('qr-twin', 'rt', 'twin4', TWIN.gateway, '10.0.0.1')],
};

function world(metadata: MetadataConfig | null = CONFIG): { w: FabricWorld; h1: FabricHost } {
  const w = new FabricWorld(objects, [], metadata === null ? {} : { metadata });
  return { w, h1: w.on('h1') };
}

describe('F73 metadata (dvr.md 2.15)', () => {
  it('a request goes to the proxy from an address that stands for the port, its answer comes back as that of the metadata address', () => {
    const { w, h1 } = world();
    w.send('h1', 'a1', ask());
    const [asked, ...none] = h1.asked();
    assert.deepEqual(none, []);
    const [, , from, to, flags] = ends(asked!);
    assert.deepEqual([to, flags], ['100.100.0.1:9697', 'S']);
    assert.match(String(from), /^100\.100\.0\.\d+:40000$/);
    assert.equal(checksumFault(asked!.octets), undefined);
    const stands = String(from).split(':')[0]!;
    h1.answer({
      octets: answerTo(stands, { ack: 1 }),
    });
    const [answer] = h1.got('a1');
    assert.deepEqual(ends({ octets: answer! }), [MAC.gA, MAC.a1, `${METADATA}:80`, `${GUEST}:40000`, 'SA']);
    assert.equal(checksumFault(answer!), undefined);
    assert.deepEqual([h1.count('metadata'), h1.count('metadata_answered')], [1, 1]);
    assert.deepEqual(w.take(), [], 'nothing of it is on the fabric');
    w.check();
  });

  it('ports with the same address in two networks have different ones, and each gets its own answers', () => {
    const { w, h1 } = world();
    w.send('h1', 'a1', ask());
    w.send('h1', 't1', ask({}, TWIN.mac, TWIN.gateway));
    const [first, second] = h1.asked().map((frame) => decode(frame.octets).ipv4!.src);
    assert.notEqual(first, second);
    h1.answer({ octets: answerTo(second!) });
    assert.deepEqual([h1.got('a1').length, h1.got('t1').length], [0, 1]);
    h1.answer({ octets: answerTo(first!) });
    assert.deepEqual([h1.got('a1').length, h1.got('t1').length], [1, 0]);
    w.check();
  });

  it('a checksum that the guest left to others stays partial, super-frames stay whole', () => {
    const { w, h1 } = world();
    const octets = packet(
      eth({ src: MAC.a1, dst: MAC.gA }),
      ipv4({ src: GUEST, dst: METADATA }),
      tcp({ sport: 40_000, dport: 80, flags: 'A', checksum: 'partial' }),
      new Uint8Array(4000),
    );
    w.send('h1', 'a1', octets, virtio({ needsChecksum: true, gso: 1, headerLength: 54, gsoSize: 1410, start: 34, offset: 16 }));
    const [asked] = h1.asked();
    assert.equal(asked!.octets.length, octets.length);
    const expected = packet(
      eth({ src: '02:00:64:64:00:02', dst: '02:00:64:64:00:01' }),
      ipv4({ src: decode(asked!.octets).ipv4!.src!, dst: '100.100.0.1' }),
      tcp({ sport: 40_000, dport: 9697, flags: 'A', checksum: 'partial' }),
      new Uint8Array(4000),
    );
    assert.deepEqual(Buffer.from(asked!.octets), Buffer.from(expected));
    w.check();
  });

  it('without an endpoint the guest is refused at once, and nothing is routed', () => {
    const { w, h1 } = world(null);
    w.send('h1', 'a1', ask());
    const [reset] = h1.got('a1');
    assert.deepEqual(ends({ octets: reset! }), [MAC.gA, MAC.a1, `${METADATA}:80`, `${GUEST}:40000`, 'RA']);
    assert.deepEqual([h1.count('metadata_no_proxy'), w.take(), h1.asked()], [1, [], []]);
    w.send('h1', 'a1', ask({ flags: 'R' }));
    assert.deepEqual([h1.got('a1'), h1.count('metadata_no_proxy')], [[], 2]);
    w.check();
  });

  it('only fixed addresses have an identity; fragments end here; what is not TCP to port 80 goes nowhere', () => {
    const { w, h1 } = world();
    const pair = { prefix: prefix('10.0.0.77/32'), mac: undefined };
    w.use({
      ...objects,
      lports: objects.lports.map((port) => (port.name === 'a1' ? { ...port, allowedPairs: [pair] } : port)),
    });
    w.send('h1', 'a1', ask({}, MAC.a1, MAC.gA, { src: '10.0.0.77' }));
    assert.deepEqual([h1.asked(), h1.count('metadata_source')], [[], 1]);
    w.send('h1', 'a1', ask({ flags: 'A' }, MAC.a1, MAC.gA, { mf: true }));
    assert.deepEqual([h1.asked(), h1.count('metadata_fragment')], [[], 1]);
    const others = [tcp({ sport: 1, dport: 8080, flags: 'S' }), udp({ sport: 1, dport: 80 }), icmp({ type: 8, code: 0 })];
    for (const layer of others)
      w.send('h1', 'a1', packet(eth({ src: MAC.a1, dst: MAC.gA }), ipv4({ src: GUEST, dst: METADATA }), layer));
    assert.deepEqual([h1.asked(), h1.count('martian_destination')], [[], 3]);
    w.check();
  });

  it('a port opens so many connections per second; others and those that are open do not notice', () => {
    const { w, h1 } = world();
    for (let i = 0; i < 10; i++) w.send('h1', 'a1', ask({ sport: 40_000 + i }));
    assert.deepEqual([h1.asked().length, h1.count('metadata_rate')], [4, 6]);
    w.send('h1', 'a1', ask({ flags: 'A' }));
    w.send('h1', 't1', ask({}, TWIN.mac, TWIN.gateway));
    assert.equal(h1.asked().length, 2);
    h1.advance(1000);
    for (let i = 0; i < 10; i++) w.send('h1', 'a1', ask({ sport: 40_000 + i }));
    assert.equal(h1.asked().length, 2);
    w.check();
  });

  it('pitfall 43: hosts serve their own guests, with the SNAT service of the router or without; no way leads to it or around', () => {
    const there = { ...lport('a1', 'blue', MAC.a1, GUEST, 'n') };
    const moved = { ...snatSample, lports: snatSample.lports.map((port) => (port.name === 'a1' ? there : port)) };
    for (const [host, known] of [['h1', snatSample] as const, ['n', moved] as const]) {
      for (const metadata of [CONFIG, undefined]) {
        const w = new FabricWorld(known, [], metadata === undefined ? {} : { metadata });
        w.take();
        w.send(host, 'a1', ask());
        if (host === 'n') w.send(host, 'a1', ask({ sport: 7 }, MAC.a1, SNAT_MAC.sA));
        const all = host === 'n' ? 2 : 1;
        assert.deepEqual(w.take(), [], 'neither to the service nor out of it');
        assert.equal(w.on(host).asked().length, metadata === undefined ? 0 : all);
        assert.equal(w.on(host).count('metadata_no_proxy'), metadata === undefined ? all : 0);
      }
    }
  });

  it('from the side of the proxy nothing passes but its answers to ports', () => {
    const { w, h1 } = world();
    w.send('h1', 'a1', ask());
    const stands = decode(h1.asked()[0]!.octets).ipv4!.src!;
    const e = eth({ src: '02:00:64:64:00:01', dst: '02:00:64:64:00:02' });
    const answer = tcp({ sport: 9697, dport: 40_000, flags: 'A' });
    const strays = [
      packet(e, ipv4({ src: '100.100.0.1', dst: '100.100.77.1' }), answer),
      packet(e, ipv4({ src: '100.100.0.1', dst: '10.0.0.11' }), answer),
      packet(e, ipv4({ src: '127.0.0.1', dst: stands }), answer),
      packet(e, ipv4({ src: '100.100.0.1', dst: stands }), tcp({ sport: 22, dport: 40_000, flags: 'A' })),
      packet(e, ipv4({ src: '100.100.0.1', dst: stands }), udp({ sport: 9697, dport: 40_000 })),
      packet(e, ipv4({ src: '100.100.0.1', dst: stands, mf: true }), answer),
      packet(eth({ src: MAC.a1, dst: MAC.gA, type: 0x86dd }), new Uint8Array(60)),
    ];
    for (const octets of strays) h1.answer({ octets });
    assert.deepEqual([h1.count('metadata_stray'), h1.got('a1')], [strays.length, []]);
    w.check();
  });

  it('an answer larger than the network takes is not delivered', () => {
    const { w, h1 } = world();
    w.send('h1', 'a1', ask());
    const stands = decode(h1.asked()[0]!.octets).ipv4!.src!;
    const e = eth({ src: '02:00:64:64:00:01', dst: '02:00:64:64:00:02' });
    h1.answer({
      octets: packet(
        e,
        ipv4({ src: '100.100.0.1', dst: stands }),
        tcp({ sport: 9697, dport: 40_000, flags: 'A' }),
        new Uint8Array(1450 - 39),
      ),
    });
    assert.deepEqual([h1.got('a1'), h1.count('network_mtu')], [[], 1]);
    w.check();
  });

  it('an address belongs to its port as long as the port is here, and to nobody behind it', () => {
    const { w, h1 } = world();
    w.send('h1', 'a1', ask());
    const stands = decode(h1.asked()[0]!.octets).ipv4!.src!;
    w.use({ ...objects, lports: objects.lports.filter(({ name }) => name !== 'a1') });
    w.settle();
    h1.answer({
      octets: answerTo(stands, { flags: 'A' }),
    });
    assert.equal(h1.count('metadata_stray'), 1);
    w.use({
      ...objects,
      lports: [...objects.lports.filter(({ name }) => name !== 'a1'), lport('a9', 'blue', MAC.a1, GUEST, 'h1')],
    });
    w.settle();
    w.send('h1', 'a9', ask({ sport: 9 }, MAC.a1));
    assert.notEqual(decode(h1.asked()[0]!.octets).ipv4!.src, stands);
    w.use(objects);
    w.settle();
    w.send('h1', 'a1', ask({ sport: 10 }));
    assert.equal(decode(h1.asked()[0]!.octets).ipv4!.src, stands);
  });
});
