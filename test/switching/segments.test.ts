import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TABLE_MAIN } from '../../src/config/routingConfig.js';
import { ifaceTotal, NO_DEVICE } from '../../src/control/show/totals.js';
import type { NetworkObject, Objects } from '../../src/objects/model.js';
import { IfaceCounter } from '../../src/shared/counters.js';
import { decode } from '../support/decode.js';
import { ip, lport, MAC, prefix, rif, sample } from '../support/dvrSample.js';
import { FabricHost, FabricWorld } from '../support/fabric.js';
import { eth, icmp, ipv4, packet, tcp, udp } from '../support/layers.js';
import { tso } from '../support/virtio.js';

const typed = (types: Readonly<Record<string, Partial<NetworkObject>>>): Objects => ({
  ...sample,
  networks: sample.networks.map((one) => ({ ...one, ...types[one.name] })),
});

const datagram = (ttl = 64, size = 20, df = false) =>
  packet(
    eth({ src: MAC.a1, dst: MAC.gA }),
    ipv4({ src: '10.0.0.11', dst: '20.0.0.22', ttl, df }),
    udp({ sport: 4000, dport: 5000 }),
    new Uint8Array(size),
  );

describe('segments (dvr.md 2.3, 2.4)', () => {
  it('F6: GRE with the id as its key, also above 2^31', () => {
    for (const id of [1002, 0xffff_fff0]) {
      const w = new FabricWorld(typed({ orange: { type: 'gre', id } }));
      w.send('h1', 'a1', datagram());
      const [crossing] = w.take();
      assert.deepEqual([crossing!.kind, crossing!.segment >>> 0], ['gre', id]);
      assert.equal(decode(w.on('h2').got('b2')[0]!).eth!.src, MAC.gB);
      w.check();
    }
  });

  it('F7 F8: VLAN with its tag, flat without one; the source on the wire is the host MAC', () => {
    for (const [type, id, tag] of [
      ['vlan', 102, 102],
      ['flat', 0, undefined],
    ] as const) {
      const w = new FabricWorld(typed({ orange: { type, id, physnet: 'physnet1', mtu: 1500 } }));
      w.send('h1', 'a1', datagram());
      const [crossing] = w.take();
      const seen = decode(crossing!.octets);
      assert.deepEqual([crossing!.kind, seen.vlan?.id, seen.eth!.src, seen.eth!.dst], ['wire', tag, MAC.d1, MAC.b2]);
      const [got] = w.on('h2').got('b2').map(decode);
      assert.deepEqual([got!.vlan, got!.eth!.src, got!.ipv4!.ttl], [undefined, MAC.gB, 63]);
      assert.deepEqual(w.take(), []);
      w.check();
    }
  });

  it('F9: each kind of network routes to each other', () => {
    const kinds: readonly Partial<NetworkObject>[] = [
      { type: 'vxlan', id: 7 },
      { type: 'gre', id: 7 },
      { type: 'vlan', id: 7, physnet: 'physnet1' },
      { type: 'flat', id: 0, physnet: 'physnet1' },
    ];
    for (const blue of kinds)
      for (const orange of kinds) {
        if (blue.type === orange.type) continue;
        const w = new FabricWorld(typed({ blue, orange }));
        w.send('h1', 'a1', datagram());
        const [crossing] = w.take();
        assert.equal(crossing!.kind, orange.physnet === undefined ? orange.type : 'wire', `${blue.type} to ${orange.type}`);
        assert.equal(w.on('h2').got('b2').length, 1);
        w.check();
      }
  });

  it('a broadcast onto a physical network is tagged once, and every host gets it once', () => {
    const w = new FabricWorld(typed({ blue: { type: 'vlan', id: 11, physnet: 'physnet1' } }));
    const hello = packet(eth({ src: MAC.a1, dst: 'ff:ff:ff:ff:ff:ff' }), ipv4({ src: '10.0.0.11', dst: '10.0.0.255' }), udp({}));
    w.send('h1', 'a1', hello);
    assert.equal(decode(w.take()[0]!.octets).vlan!.id, 11);
    assert.deepEqual([w.on('h1').got('a3').length, w.on('h2').got('a2').length], [1, 1]);
    w.check();
  });

  for (const [type, id] of [
    ['vlan', 11],
    ['flat', 0],
  ] as const)
    it(`a physical network (${type}) that the host lacks: what would have gone there is counted, unicast and flooded`, () => {
      const crossed: unknown[] = [];
      const objects = typed({ blue: { type, id, physnet: 'physnet1' }, orange: { type, id: id + 1, physnet: 'physnet2' } });
      const h1 = new FabricHost('h1', objects, (one) => crossed.push(one), { physnet: -1 });
      const sum = () => [
        ifaceTotal([h1.state], NO_DEVICE, IfaceCounter.TxDown),
        ifaceTotal([h1.state], NO_DEVICE, IfaceCounter.TxFrames),
      ];
      const send = (dst: string, to: string) => {
        h1.push('a1', {
          octets: packet(eth({ src: MAC.a1, dst }), ipv4({ src: '10.0.0.11', dst: to }), udp({}), new Uint8Array(20)),
        });
        h1.run();
        return sum();
      };
      assert.deepEqual(send(MAC.a2, '10.0.0.12'), [1, 0], 'to a port of another host');
      assert.deepEqual(send('ff:ff:ff:ff:ff:ff', '10.0.0.255'), [2, 0], 'to all');
      assert.equal(h1.got('a3').length, 1, 'ports of this host get what is flooded');
      assert.deepEqual(send(MAC.gA, '20.0.0.22'), [3, 0], 'routed to a port of another host');
      assert.deepEqual(crossed, []);
      h1.check();
    });

  it('what fits no tunnel: routed, the sender is told the MTU of the next network; within a network it is dropped', () => {
    const w = new FabricWorld(typed({ blue: { mtu: 9000 }, orange: { mtu: 1400 } }));
    w.send('h1', 'a1', datagram(64, 1400, true));
    const [error] = w.on('h1').got('a1').map(decode);
    assert.deepEqual([error!.icmp!.type, error!.icmp!.code, error!.icmp!.mtu, error!.ipv4!.src], [3, 4, 1400, '10.0.0.1']);
    const narrow = new FabricWorld(typed({ blue: { mtu: 1000 } }));
    const long = packet(
      eth({ src: MAC.a1, dst: MAC.a2 }),
      ipv4({ src: '10.0.0.11', dst: '10.0.0.12' }),
      udp({}),
      new Uint8Array(1200),
    );
    narrow.send('h1', 'a1', long);
    assert.deepEqual([narrow.on('h1').count('network_mtu'), narrow.take().length], [1, 0]);
    for (const one of [w, narrow]) one.check();
  });

  it('F29: without DF it goes on in fragments', () => {
    const w = new FabricWorld(typed({ blue: { mtu: 9000 }, orange: { mtu: 1400 } }));
    w.send('h1', 'a1', datagram(64, 3000));
    const parts = w.on('h2').got('b2').map(decode);
    assert.deepEqual(
      parts.map(({ ipv4: one }) => [one!.offset, one!.mf]),
      [
        [0, true],
        [1376, true],
        [2752, false],
      ],
    );
    w.check();
  });

  it('D14: a super-frame crosses as its segments, each with the headers and checksums it would have had', () => {
    const w = new FabricWorld(sample);
    const data = Uint8Array.from({ length: 3000 }, (_, i) => i);
    const frame = packet(
      eth({ src: MAC.a1, dst: MAC.a2 }),
      ipv4({ src: '10.0.0.11', dst: '10.0.0.12' }),
      tcp({ sport: 1, dport: 2, seq: 100, flags: 'PA', checksum: 'partial' }),
      data,
    );
    w.send('h1', 'a1', frame, tso(1400));
    const got = w.on('h2').got('a2').map(decode);
    assert.deepEqual(
      got.map(({ tcp: t, payload }) => [t!.seq, payload.length, t!.flags]),
      [
        [100, 1400, 'A'],
        [1500, 1400, 'A'],
        [2900, 200, 'PA'],
      ],
    );
    w.check();
  });
});

describe('several routers on a network (dvr.md 2.17, I7)', () => {
  const two: Objects = {
    ...sample,
    networks: [...sample.networks, { ...sample.networks[0]!, name: 'green', id: 1003 }],
    subnets: [...sample.subnets, { name: 'green4', network: 'green', cidr: prefix('30.0.0.0/24'), gateway: undefined }],
    lports: [...sample.lports, lport('c2', 'green', 'fa:16:3e:00:0c:02', '30.0.0.32', 'h2')],
    routers: [
      { ...sample.routers[0]!, routes: [viaRoute('30.0.0.0/24', '20.0.0.2', 'qr-orange')] },
      { ...sample.routers[0]!, name: 's', routes: [viaRoute('10.0.0.0/24', '20.0.0.1', 's-orange')] },
    ],
    rifs: [
      ...sample.rifs,
      rif('s-orange', 's', 'orange4', 'fa:16:3e:00:00:12', '20.0.0.2'),
      rif('s-green', 's', 'green4', 'fa:16:3e:00:00:13', '30.0.0.1'),
    ],
  };

  it('F55: both decisions are made on one host: TTL less two, no MAC of a router on the fabric', () => {
    const w = new FabricWorld(two);
    const frame = packet(eth({ src: MAC.a1, dst: MAC.gA }), ipv4({ src: '10.0.0.11', dst: '30.0.0.32' }), udp({}));
    w.send('h1', 'a1', frame);
    const [crossing] = w.take();
    assert.deepEqual([crossing!.segment, decode(crossing!.octets).eth!.src], [1003, MAC.d1]);
    const [got] = w.on('h2').got('c2').map(decode);
    assert.deepEqual([got!.eth!.src, got!.ipv4!.ttl], ['fa:16:3e:00:00:13', 62]);
    w.check();
  });

  it('F57 I7: the source restored is that of the router that also has the sender; else that of the gateway', () => {
    const w = new FabricWorld(two);
    w.send('h1', 'a1', datagram());
    assert.equal(decode(w.on('h2').got('b2')[0]!).eth!.src, MAC.gB, 'r has 10.0.0.0/24');
    w.send(
      'h2',
      'c2',
      packet(eth({ src: 'fa:16:3e:00:0c:02', dst: 'fa:16:3e:00:00:13' }), ipv4({ src: '30.0.0.32', dst: '20.0.0.21' }), udp({})),
    );
    assert.equal(decode(w.on('h1').got('b1')[0]!).eth!.src, 'fa:16:3e:00:00:12', 's has 30.0.0.0/24');
    w.check();
  });

  it('routes in a circle end with the TTL, or after eight routers', () => {
    const circle: Objects = {
      ...two,
      routers: [
        { ...two.routers[0]!, routes: [viaRoute('40.0.0.0/24', '20.0.0.2', 'qr-orange')] },
        { ...two.routers[1]!, routes: [viaRoute('40.0.0.0/24', '20.0.0.1', 's-orange')] },
      ],
    };
    for (const [ttl, reason] of [
      [4, 'ttl_exceeded'],
      [64, 'router_loop'],
    ] as const) {
      const w = new FabricWorld(circle);
      w.send(
        'h1',
        'a1',
        packet(eth({ src: MAC.a1, dst: MAC.gA }), ipv4({ src: '10.0.0.11', dst: '40.0.0.9', ttl }), icmp({ type: 8 })),
      );
      assert.equal(w.on('h1').count(reason), 1, reason);
      assert.equal(w.on('h1').count('routed'), reason === 'router_loop' ? 9 : 3);
      w.check();
    }
  });
});

function viaRoute(to: string, via: string, dev: string): Objects['routers'][number]['routes'][number] {
  return {
    ...{ table: TABLE_MAIN, type: 'unicast', to: prefix(to), tos: 0, metric: 0, scope: 0 },
    ...{ source: undefined, mtu: undefined, protocol: 4, realm: undefined },
    nexthops: [{ via: ip(via), dev, weight: 1, onlink: false }],
  };
}
