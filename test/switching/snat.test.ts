import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mergedNeighbors } from '../../src/control/show/mergedNeighbors.js';
import { NeighborState } from '../../src/tables/neighbors.js';
import type { Crossing } from '../support/crossing.js';
import { decode } from '../support/decode.js';
import { ip, MAC } from '../support/dvrSample.js';
import { FabricWorld } from '../support/fabric.js';
import { arp, eth, ipv4, packet, udp } from '../support/layers.js';
import { SNAT_MAC, snatSample } from '../support/snatSample.js';

const UPSTREAM = '192.168.1.1';
const BROADCAST = 'ff:ff:ff:ff:ff:ff';

/** What is on the external network, as the upstream router would see it, and the rest. */
function apart(crossings: readonly Crossing[]) {
  const seen = crossings.map(({ kind, from, segment: id, octets }) => {
    const { eth: e, ...rest } = decode(octets);
    return { ...rest, kind, from, id, src: e!.src, dst: e!.dst };
  });
  return { wire: seen.filter(({ kind }) => kind === 'wire'), fabric: seen.filter(({ kind }) => kind !== 'wire') };
}

/** Frames of the upstream router, which every host hears. */
function upstream(w: FabricWorld, octets: Uint8Array): void {
  for (const host of w.hosts.values()) host.arrive({ kind: 'wire', from: 'u', to: 'physnet1', segment: 0, octets }, 0);
  w.settle();
}

const answers = (w: FabricWorld): void =>
  upstream(
    w,
    packet(
      eth({ src: SNAT_MAC.u, dst: SNAT_MAC.q }),
      arp({ op: 2, senderMac: SNAT_MAC.u, senderIp: UPSTREAM, targetMac: SNAT_MAC.q, targetIp: '192.168.1.21' }),
    ),
  );

describe('SNAT of a distributed router', () => {
  it('F35 F37 2.5 2.6 a guest on another host: redirected to S_A, translated, and back with S_A as source', () => {
    const w = new FabricWorld(snatSample);
    w.send(
      'h2',
      'a2',
      packet(eth({ src: MAC.a2, dst: MAC.gA }), ipv4({ src: '10.0.0.12', dst: '8.8.8.8' }), udp({ sport: 4000, dport: 53 })),
    );
    const first = apart(w.take());
    assert.deepEqual(
      first.fabric.map(({ from, id, src, dst, ipv4: p }) => [from, id, src, dst, p!.src, p!.dst, p!.ttl]),
      [['h2', 1001, MAC.d2, SNAT_MAC.sA, '10.0.0.12', '8.8.8.8', 63]],
    );
    assert.deepEqual(
      first.wire.map(({ from, src, dst, arp: a }) => [from, src, dst, a!.senderIp, a!.targetIp]),
      [['n', SNAT_MAC.q, BROADCAST, '192.168.1.21', UPSTREAM]],
    );
    answers(w);
    const out = apart(w.take()).wire;
    assert.equal(out.length, 1);
    const { src, dst, ipv4: p, udp: u } = out[0]!;
    assert.deepEqual([src, dst, p!.src, p!.dst, p!.ttl], [SNAT_MAC.q, SNAT_MAC.u, '192.168.1.21', '8.8.8.8', 62]);
    upstream(
      w,
      packet(
        eth({ src: SNAT_MAC.u, dst: SNAT_MAC.q }),
        ipv4({ src: '8.8.8.8', dst: '192.168.1.21', ttl: 50 }),
        udp({ sport: 53, dport: u!.sport }),
      ),
    );
    const back = apart(w.take()).fabric;
    assert.deepEqual(
      back.map(({ from, id, src: s, dst: d, ipv4: q, udp: l4 }) => [from, id, s, d, q!.src, q!.dst, q!.ttl, l4!.dport]),
      [['n', 1001, SNAT_MAC.sA, MAC.a2, '8.8.8.8', '10.0.0.12', 49, 4000]],
    );
    assert.equal(decode(w.on('h2').got('a2').at(-1)!).eth!.src, SNAT_MAC.sA);
    w.check();
  });

  it('only the host that has the service answers for its addresses on the external network', () => {
    const w = new FabricWorld(snatSample);
    upstream(
      w,
      packet(
        eth({ src: SNAT_MAC.u, dst: BROADCAST }),
        arp({ op: 1, senderMac: SNAT_MAC.u, senderIp: UPSTREAM, targetIp: '192.168.1.21' }),
      ),
    );
    const { wire, fabric } = apart(w.take());
    assert.deepEqual(
      wire.map(({ from, src, dst, arp: a }) => [from, src, dst, a!.senderMac, a!.senderIp]),
      [['n', SNAT_MAC.q, SNAT_MAC.u, SNAT_MAC.q, '192.168.1.21']],
    );
    assert.deepEqual(fabric, []);
    w.check();
  });

  it('a guest asks for the address of the service: answered at its own host', () => {
    const w = new FabricWorld(snatSample);
    w.send(
      'h2',
      'a2',
      packet(
        eth({ src: MAC.a2, dst: BROADCAST }),
        arp({ op: 1, senderMac: MAC.a2, senderIp: '10.0.0.12', targetIp: '10.0.0.3' }),
      ),
    );
    assert.deepEqual(w.take(), []);
    assert.equal(decode(w.on('h2').got('a2')[0]!).arp!.senderMac, SNAT_MAC.sA);
    w.check();
  });

  it('a frame to the service at a host that has it not is dropped by name', () => {
    const w = new FabricWorld(snatSample);
    const octets = packet(eth({ src: MAC.d2, dst: SNAT_MAC.sA }), ipv4({ src: '10.0.0.12', dst: '8.8.8.8' }), udp({}));
    w.on('h1').arrive({ kind: 'vxlan', from: 'h2', to: '192.0.2.1', segment: 1001, octets }, ip('192.0.2.2'));
    w.settle();
    assert.equal(w.on('h1').count('snat_not_active'), 1);
    w.check();
  });

  it('without a host that has the service a guest is told, by a verdict of its own, until one has it again', () => {
    const w = new FabricWorld(snatSample);
    const ask = () => {
      const to = { src: MAC.a2, dst: MAC.gA };
      w.send('h2', 'a2', packet(eth(to), ipv4({ src: '10.0.0.12', dst: '8.8.8.8' }), udp({ sport: 4000, dport: 53 })));
      return w.take().length;
    };
    assert.equal(ask(), 2);
    const draining = { ...snatSample, hosts: snatSample.hosts.map((host) => ({ ...host, draining: true })) };
    for (const repeated of [1, 2]) {
      w.use(draining);
      assert.deepEqual([ask(), w.on('h2').count('snat_nowhere')], [0, repeated]);
    }
    const { ipv4: p, icmp } = decode(w.on('h2').got('a2').at(-1)!);
    assert.deepEqual([p!.src, p!.dst, icmp!.type, icmp!.code], ['10.0.0.1', '10.0.0.12', 3, 1]);
    const { state } = w.on('h2');
    const [row] = [...mergedNeighbors([state]).values()].filter(({ address }) => address === ip('10.0.0.3'));
    assert.equal(row!.state, NeighborState.Nowhere);
    w.use(snatSample);
    assert.deepEqual([ask() > 0, w.on('h2').count('snat_nowhere')], [true, 2]);
    w.check();
  });

  it('a guest may not send with the MAC of the service', () => {
    const open = { ...snatSample, lports: snatSample.lports.map((port) => ({ ...port, portSecurity: false })) };
    const w = new FabricWorld(open);
    w.send('h1', 'a1', packet(eth({ src: SNAT_MAC.sA, dst: MAC.a2 }), ipv4({ src: '10.0.0.11', dst: '10.0.0.12' }), udp({})));
    assert.deepEqual([w.take(), w.on('h1').count('infrastructure_mac')], [[], 1]);
    w.check();
  });
});
