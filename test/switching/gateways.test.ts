import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultRoute } from '../../src/control/dvr/view/redirect.js';
import type { GatewayObject, Objects } from '../../src/objects/model.js';
import { decode } from '../support/decode.js';
import { ip, MAC, mac, prefix } from '../support/dvrSample.js';
import { FabricWorld } from '../support/fabric.js';
import { floatingIp, fromUpstream } from '../support/floatingSample.js';
import { udpOut } from '../support/flows.js';
import { arp, eth, ipv4, packet, vlan as tag, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { found, traceAt } from '../support/networkTrace.js';
import { GW, REMOTE } from '../support/sample.js';
import { gateway, SNAT_MAC, snatSample, zone } from '../support/snatSample.js';
import { Team } from '../support/team.js';

const VLAN = 77;
const Q2 = 'fa:16:3e:00:00:92';
const INTERNET = '8.8.8.8';
/** Neighbours on either external network, beside the upstream routers. */
const ON_EXT = '192.168.1.50';
const ON_EXT2 = '172.16.0.50';

const second: GatewayObject = {
  ...{ ...gateway, network: 'ext2', subnet: 'ext2v4', address: ip('172.16.0.21'), mac: mac(Q2) },
  ...{ sources: [prefix('20.0.0.0/24')], zones: [zone('0.0.0.0/0', ['172.16.0.21'])] },
};

/** Router r leaves by ext, and what comes from orange by ext2. */
function twoGateways(more: Partial<GatewayObject> = {}, first: Partial<GatewayObject> = {}): Objects {
  return {
    ...snatSample,
    networks: [
      ...snatSample.networks,
      { ...snatSample.networks.find(({ name }) => name === 'ext')!, name: 'ext2', type: 'vlan', id: VLAN },
    ],
    subnets: [
      ...snatSample.subnets,
      { name: 'ext2v4', network: 'ext2', cidr: prefix('172.16.0.0/24'), gateway: ip('172.16.0.1') },
    ],
    routers: snatSample.routers.map((router) => ({
      ...router,
      gateways: [
        { ...gateway, ...first },
        { ...second, ...more },
      ],
    })),
  };
}

/** What a guest's datagram leaves with: VLAN, source and its port; whoever is asked for by ARP answers. */
function leaves(w: FabricWorld, name: 'a2' | 'b2', to: string, sport = 4000): [number, string, number] | undefined {
  const src = name === 'a2' ? '10.0.0.12' : '20.0.0.22';
  const through = name === 'a2' ? MAC.gA : MAC.gB;
  w.send('h2', name, packet(eth({ src: MAC[name], dst: through }), ipv4({ src, dst: to }), udp({ sport, dport: 53 })));
  let left: [number, string, number] | undefined;
  for (let round = 0; round < 3 && left === undefined; round++)
    for (const { kind, octets } of w.take()) {
      if (kind !== 'wire') continue;
      const { eth: e, vlan, arp: asked, ipv4: p, udp: u } = decode(octets);
      if (p !== undefined) left = [vlan?.id ?? 0, p.src, u!.sport];
      if (asked?.op !== 1) continue;
      const ends = { senderMac: SNAT_MAC.u, senderIp: asked.targetIp, targetMac: asked.senderMac, targetIp: asked.senderIp };
      const answer = { src: SNAT_MAC.u, dst: e!.src };
      const inner = arp({ op: 2, ...ends });
      fromUpstream(w, vlan === undefined ? packet(eth(answer), inner) : packet(eth(answer), tag({ id: vlan.id }), inner));
    }
  return left;
}

const without = (left: ReturnType<typeof leaves>): unknown => left?.slice(0, 2);

describe('F51 a router with several gateways', () => {
  it('2.5: what leaves by a gateway is translated by its zones, whatever led it there', () => {
    const w = new FabricWorld(twoGateways());
    assert.deepEqual(without(leaves(w, 'a2', INTERNET)), [0, '192.168.1.21']);
    assert.deepEqual(without(leaves(w, 'b2', INTERNET)), [VLAN, '172.16.0.21'], 'by its source');
    assert.deepEqual(without(leaves(w, 'a2', ON_EXT2)), [VLAN, '172.16.0.21'], 'connected there');
    assert.deepEqual(without(leaves(w, 'b2', ON_EXT)), [0, '192.168.1.21']);
    w.check();
  });

  it('4.1: by an extra route, and by zones that match a part of what leaves', () => {
    const objects = twoGateways({ zones: [zone('10.0.0.0/24', ['172.16.0.30']), zone('20.0.0.0/25', ['172.16.0.21'])] });
    const routes = [{ ...defaultRoute(ip(ON_EXT2), 'qg-r-ext2', 254), to: prefix('30.0.0.0/8') }];
    const w = new FabricWorld({ ...objects, routers: objects.routers.map((router) => ({ ...router, routes })) });
    assert.deepEqual(without(leaves(w, 'a2', '30.1.2.3')), [VLAN, '172.16.0.30'], 'a zone of the gateway, for other sources');
    assert.deepEqual(without(leaves(w, 'a2', INTERNET)), [0, '192.168.1.21']);
    assert.deepEqual(without(leaves(w, 'b2', INTERNET)), [VLAN, '172.16.0.21']);
    w.check();
  });

  it('a source that no zone of its gateway has is refused, although one of the other gateway has it', () => {
    const w = new FabricWorld(twoGateways({ zones: [zone('20.0.0.128/25', ['172.16.0.21'])] }));
    assert.equal(leaves(w, 'b2', INTERNET), undefined);
    assert.equal(w.on('n').count('no_zone'), 1);
    assert.deepEqual(without(leaves(w, 'b2', ON_EXT)), [0, '192.168.1.21']);
    w.check();
  });

  it('MAP-1: an inside port keeps its external endpoint at a gateway, and has another one at the next', () => {
    const eim = { mapping: { udp: 'eim' } };
    const w = new FabricWorld(
      twoGateways({ zones: [zone('0.0.0.0/0', ['172.16.0.21'], eim)] }, { zones: [zone('0.0.0.0/0', ['192.168.1.21'], eim)] }),
    );
    const first = leaves(w, 'a2', INTERNET);
    assert.deepEqual(leaves(w, 'a2', '9.9.9.9'), first);
    assert.deepEqual(without(leaves(w, 'a2', ON_EXT2)), [VLAN, '172.16.0.21']);
    assert.deepEqual(leaves(w, 'a2', '9.9.9.10'), first);
    w.check();
  });

  it('2.10: a centralized floating IP, and forwarded ports, leave by the gateway on their network', () => {
    const objects = twoGateways();
    const central = floatingIp('172.16.0.102', 'a2', '10.0.0.12', { network: 'ext2', placement: 'centralized' });
    const w = new FabricWorld({ ...objects, floatingIps: [central] });
    assert.deepEqual(leaves(w, 'a2', INTERNET), [VLAN, '172.16.0.102', 4000]);
    assert.deepEqual(without(leaves(w, 'b2', INTERNET)), [VLAN, '172.16.0.21']);
    const forwardings = [{ protocol: 'udp' as const, port: 53, lport: 'b2', fixed: ip('20.0.0.22'), toPort: 4000 }];
    const none = { lport: undefined, fixed: undefined, forwardings };
    w.use({ ...objects, floatingIps: [floatingIp('192.168.1.102', 'b2', '20.0.0.22', none)] });
    assert.deepEqual(leaves(w, 'b2', '9.9.9.9', 4000), [0, '192.168.1.102', 53]);
    assert.deepEqual(without(leaves(w, 'b2', '9.9.9.9', 4001)), [VLAN, '172.16.0.21'], 'no other port');
    w.check();
  });

  it('D4: several workers that ask each other for ports, of the gateway that a packet leaves by', () => {
    const small = 'ports: 2000-2063, mapping: { udp: eim }';
    const yaml = `
name: two
ifaces:
  - { name: lan, tap: wr-lan, role: inside, mac: "${GW.lan}", addresses: [10.0.0.1/24] }
  - { name: wan, tap: wr-wan, role: outside, mac: "${GW.wan}", addresses: [192.0.2.1/24] }
  - { name: wan2, tap: wr-wan2, role: outside, mac: "${GW.dmz}", addresses: [172.16.0.1/24] }
routes: [default via 192.0.2.254 dev wan]
zones:
  - { name: wan/all, match: 0.0.0.0/0, localAddresses: [192.0.2.10], ${small} }
  - { name: wan2/all, match: 0.0.0.0/0, localAddresses: [172.16.0.10], ${small} }
`;
    const team = new Team(3, new Dice(11), { yaml, asService: true });
    const hosts = Array.from({ length: 40 }, (_, i) => `10.0.0.${20 + i}`);
    for (let round = 0; round < 2; round++) {
      for (const host of hosts) for (const to of [REMOTE, ON_EXT2]) team.push('lan', udpOut(host, 1000, to));
      team.settle();
      for (const [by, source] of [
        ['wan', '192.0.2.10'],
        ['wan2', '172.16.0.10'],
      ] as const) {
        const sources = team.sent(by).map(({ octets }) => decode(octets).ipv4!.src);
        assert.deepEqual([sources.length, [...new Set(sources)]], [hosts.length, [source]]);
      }
    }
    assert.equal(team.sessionCount, 2 * hosts.length);
    team.check();
  });

  it('trace says by which zone', () => {
    const w = new FabricWorld(twoGateways());
    const packet = (dst: string): string =>
      `network=blue,host=h2,smac=${MAC.d2},dmac=${SNAT_MAC.sA},src=10.0.0.12,dst=${dst},proto=udp,sport=4000,dport=53`;
    assert.equal(found(traceAt(w, 'n', packet(INTERNET)), 'zone'), '2 r/all, by 0.0.0.0/0');
    assert.equal(found(traceAt(w, 'n', packet(ON_EXT2)), 'zone'), '1 r/ext2/all, by 0.0.0.0/0');
    assert.match(found(traceAt(w, 'n', packet(ON_EXT2)), 'addresses') ?? '', /172\.16\.0\.21/);
  });
});
