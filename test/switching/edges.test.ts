import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LportObject, Objects } from '../../src/objects/model.js';
import { decode } from '../support/decode.js';
import { ip, lport, MAC, prefix, rif, sample } from '../support/dvrSample.js';
import { FabricWorld } from '../support/fabric.js';
import { arp, eth, ipv4, packet, udp } from '../support/layers.js';

/** What the model of test/property/eastWest.test.ts has found, each as one frame. */

const BROADCAST = 'ff:ff:ff:ff:ff:ff';

const withPorts = (change: (port: LportObject) => Partial<LportObject>): Objects => ({
  ...sample,
  lports: sample.lports.map((port) => ({ ...port, ...change(port) })),
});
const unguarded = withPorts(({ name }) => ({ portSecurity: name !== 'a1' }));
const udpOf = (src: string, dst: string, from = '10.0.0.11', to = '10.0.0.12') =>
  packet(eth({ src, dst }), ipv4({ src: from, dst: to }), udp({}));
const fromH1 = (segment: number, octets: Uint8Array) => {
  return [{ kind: 'vxlan', from: 'h1', to: '192.0.2.2', segment, octets } as const, ip('192.0.2.1')] as const;
};

describe('MACs of routers and hosts (I2, I3)', () => {
  it('of a router without a replica on this host are nobody: not as source, not as destination, whatever the port security', () => {
    // No port that routers serve: h1 has no replica.
    const flooding: Objects = {
      ...unguarded,
      networks: unguarded.networks.map((one) => ({ ...one, unknownUnicast: 'flood' as const })),
      lports: unguarded.lports.map((port) => (port.host === 'h1' ? { ...port, owner: 'router' as const } : port)),
    };
    for (const [src, dst, reason] of [
      [MAC.gA, MAC.a2, 'infrastructure_mac'],
      [MAC.a1, MAC.gA, 'unknown_unicast'],
      [MAC.a1, MAC.gB, 'unknown_unicast'],
    ] as const) {
      const w = new FabricWorld(flooding);
      w.send('h1', 'a1', udpOf(src, dst));
      assert.deepEqual([w.on('h1').count(reason), w.take(), w.on('h1').got('a3')], [1, [], []]);
      w.check();
    }
  });

  it('a router that is shut is nobody on the physical network, whoever remembers it', () => {
    const [r] = sample.routers;
    const two = (adminUp: boolean): Objects => ({
      ...sample,
      networks: sample.networks.map((one) => (one.name === 'blue' ? { ...one, type: 'vlan', id: 7, physnet: 'physnet1' } : one)),
      routers: [r!, { ...r!, name: 'r2', adminUp }],
      rifs: [...sample.rifs, rif('qr2-blue', 'r2', 'blue4', 'fa:16:3e:00:02:02', '10.0.0.2')],
    });
    const w = new FabricWorld(two(true));
    const say = (): void => w.send('h1', 'a1', udpOf(MAC.a1, MAC.gA, '10.0.0.11', '10.0.0.2'));
    say();
    w.use(two(false));
    // Until it is kept no longer (5.2).
    w.on('h1').advance(31_000);
    w.use(two(false));
    w.take();
    say();
    const crossed = w.take().map(({ octets }) => decode(octets).eth!);
    assert.deepEqual(
      crossed.filter(({ dst }) => dst === 'fa:16:3e:00:02:02'),
      [],
    );
    w.check();
  });

  it('are not said in ARP by a port without port security, nor by a host that lets its ports', () => {
    for (const own of [MAC.gA, MAC.d2]) {
      const said = packet(
        eth({ src: MAC.a1, dst: BROADCAST }),
        arp({ op: 1, senderMac: own, senderIp: '10.0.0.77', targetIp: '10.0.0.99' }),
      );
      const w = new FabricWorld(unguarded);
      w.send('h1', 'a1', said);
      assert.deepEqual([w.on('h1').count('spoof_arp'), w.take(), w.on('h1').got('a3')], [1, [], []]);
      w.on('h2').arrive(...fromH1(1001, said));
      w.settle();
      assert.deepEqual([w.on('h2').count('arp_foreign'), w.on('h2').got('a2')], [1, []]);
      w.check();
    }
  });

  it('a host MAC reaches no port in a broadcast either', () => {
    const w = new FabricWorld(sample);
    w.on('h2').arrive(...fromH1(1001, udpOf(MAC.d1, BROADCAST, '20.0.0.21', '10.0.0.255')));
    w.settle();
    assert.deepEqual([w.on('h2').count('peer_routed_unknown_dst'), w.on('h2').got('a2')], [1, []]);
    w.check();
  });
});

describe('who has a MAC (I1)', () => {
  it('a port that is down gets nothing, from its own host as from another', () => {
    const w = new FabricWorld(withPorts(({ name }) => ({ adminUp: name !== 'a3' })));
    w.send('h1', 'a1', udpOf(MAC.a1, MAC.a3, '10.0.0.11', '10.0.0.13'));
    w.send('h2', 'a2', udpOf(MAC.a2, MAC.a3, '10.0.0.12', '10.0.0.13'));
    assert.deepEqual(
      [w.on('h1').got('a3'), w.on('h1').count('unknown_unicast'), w.on('h2').count('unknown_unicast')],
      [[], 1, 1],
    );
    w.check();
  });
});

describe("which gateway takes the place of a peer's MAC (I7')", () => {
  it("of two interfaces of a router on a network that of the destination's subnet", () => {
    const second = 'fa:16:3e:00:00:21';
    const w = new FabricWorld({
      ...sample,
      subnets: [...sample.subnets, { name: 'more4', network: 'orange', cidr: prefix('20.0.1.0/24'), gateway: ip('20.0.1.1') }],
      lports: [...sample.lports, lport('c2', 'orange', 'fa:16:3e:00:0c:02', '20.0.1.22', 'h2')],
      rifs: [...sample.rifs, rif('qr-more', 'r', 'more4', second, '20.0.1.1')],
    });
    for (const [port, to, gateway] of [
      ['c2', '20.0.1.22', second],
      ['b2', '20.0.0.22', MAC.gB],
    ] as const) {
      w.send('h1', 'a1', udpOf(MAC.a1, MAC.gA, '10.0.0.11', to));
      assert.deepEqual(
        w
          .on('h2')
          .got(port)
          .map((octets) => decode(octets).eth!.src),
        [gateway],
      );
    }
    w.check();
  });
});
