import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exitMac } from '../../src/objects/exitMac.js';
import type { HostMode, LportObject, Objects } from '../../src/objects/model.js';
import { formatMac } from '../../src/types/mac.js';
import type { Crossing } from '../support/crossing.js';
import { ip, MAC, mac, prefix, sample } from '../support/dvrSample.js';
import { FabricWorld } from '../support/fabric.js';
import { floatingSample, fromUpstream } from '../support/floatingSample.js';
import { exitMacOf, FIP, floatingWorld, from, internet } from '../support/floatingWorld.js';
import { arp, eth, ipv4, packet, udp, vlan } from '../support/layers.js';
import { SNAT_MAC, snatSample, zone } from '../support/snatSample.js';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const STRANGER = '02:00:00:00:00:99';

const withPort = (name: string, change: Partial<LportObject>): Objects => ({
  ...sample,
  lports: sample.lports.map((port) => (port.name === name ? { ...port, ...change } : port)),
});

/** With this MAC at the interface on orange. */
const withRifMac = (objects: Objects, to: string): Objects => ({
  ...objects,
  rifs: objects.rifs.map((rif) => (formatMac(rif.mac) === MAC.gB ? { ...rif, mac: mac(to) } : rif)),
});

/** A frame of a1 to a3, with what is given instead. */
function frame(
  given: { src?: string; dst?: string; from?: string; to?: string; sport?: number; dport?: number } = {},
): Uint8Array {
  return packet(
    eth({ src: given.src ?? MAC.a1, dst: given.dst ?? MAC.a3 }),
    ipv4({ src: given.from ?? '10.0.0.11', dst: given.to ?? '10.0.0.13' }),
    udp({ sport: given.sport ?? 1, dport: given.dport ?? 2 }),
    new Uint8Array(8),
  );
}

/** What becomes of one frame of a1: its verdict must be `reason`, and nobody may hear of it unless it passes. */
function expectDrop(objects: Objects, octets: Uint8Array, reason: string): void {
  const w = new FabricWorld(objects);
  w.send('h1', 'a1', octets);
  assert.equal(w.on('h1').count(reason), 1, reason);
  assert.deepEqual([w.on('h1').got('a3'), w.on('h1').got('b1'), w.take()], [[], [], []]);
  w.check();
}

function expectPass(objects: Objects, octets: Uint8Array): void {
  const w = new FabricWorld(objects);
  w.send('h1', 'a1', octets);
  assert.equal(w.on('h1').got('a3').length, 1);
  w.check();
}

const says = (given: { mac?: string; senderMac?: string; senderIp?: string; op?: 1 | 2 }) =>
  packet(
    eth({ src: given.mac ?? MAC.a1, dst: BROADCAST }),
    arp({
      op: given.op ?? 1,
      senderMac: given.senderMac ?? MAC.a1,
      senderIp: given.senderIp ?? '10.0.0.11',
      targetIp: '10.0.0.99',
    }),
  );

describe('what a port may send (F24, F25)', () => {
  it('its own MAC and address only', () => {
    expectPass(sample, frame());
    expectDrop(sample, frame({ src: STRANGER }), 'spoof_mac');
    expectDrop(sample, frame({ from: '10.0.0.12' }), 'spoof_ip');
    expectDrop(sample, says({ senderIp: '10.0.0.12' }), 'spoof_arp');
    expectDrop(sample, says({ senderMac: STRANGER }), 'spoof_arp');
    expectDrop(sample, says({ op: 2, senderIp: '10.0.0.1' }), 'spoof_arp');
  });

  it('addresses of allowed pairs, with their MAC', () => {
    const pairs = [
      { prefix: prefix('10.0.0.64/28'), mac: undefined },
      { prefix: prefix('10.0.0.80/32'), mac: mac(STRANGER) },
    ];
    const objects = withPort('a1', { allowedPairs: pairs });
    expectPass(objects, frame({ from: '10.0.0.70' }));
    expectPass(objects, frame({ src: STRANGER, from: '10.0.0.80' }));
    expectDrop(objects, frame({ from: '10.0.0.80' }), 'spoof_ip');
    expectDrop(objects, frame({ src: STRANGER, from: '10.0.0.70' }), 'spoof_ip');
  });

  it('F24: a /0 pair lifts the check of addresses and not that of MACs', () => {
    const objects = withPort('a1', { allowedPairs: [{ prefix: prefix('0.0.0.0/0'), mac: undefined }] });
    expectPass(objects, frame({ from: '203.0.113.9' }));
    expectDrop(objects, frame({ src: STRANGER }), 'spoof_mac');
  });

  it('F25: without port security anything but the MACs of infrastructure', () => {
    const open = withPort('a1', { portSecurity: false });
    expectPass(open, frame({ src: STRANGER, from: '203.0.113.9' }));
    expectDrop(open, frame({ src: MAC.d2 }), 'infrastructure_mac');
    expectDrop(open, frame({ src: MAC.d1 }), 'infrastructure_mac');
    expectDrop(open, frame({ src: 'fa:16:3f:12:34:56' }), 'infrastructure_mac');
    expectDrop(open, frame({ src: MAC.gA }), 'infrastructure_mac');
    expectDrop(open, says({ senderIp: '10.0.0.1' }), 'arp_conflict');
  });

  it('F25: nor names it one of them in ARP', () => {
    const open = withPort('a1', { portSecurity: false });
    for (const senderMac of [MAC.gA, MAC.gB, MAC.d1, MAC.d2])
      expectDrop(open, says({ senderMac, senderIp: '10.0.0.99' }), 'spoof_arp');
  });

  it('F25: nor says it has what an SNAT service has, on whichever host that is, or on none', () => {
    const open = withPort('a1', { portSecurity: false });
    const { routers, rifs } = snatSample;
    const central = routers.map((router) => ({ ...router, distributed: false }));
    const hosts = (modes: Record<string, HostMode>) =>
      snatSample.hosts.map((one) => ({ ...one, mode: modes[one.name] ?? 'dvr' }));
    for (const objects of [
      { ...snatSample, lports: open.lports },
      { ...snatSample, lports: open.lports, hosts: hosts({ h1: 'dvr_snat' }) },
      { ...snatSample, lports: open.lports, hosts: hosts({}) },
      { ...snatSample, lports: open.lports, routers: central, rifs: rifs.map(({ snat, ...one }) => ({ ...one, ...snat })) },
    ]) {
      for (const op of [1, 2] as const) expectDrop(objects, says({ op, senderIp: '10.0.0.3' }), 'arp_conflict');
      expectDrop(objects, says({ senderMac: SNAT_MAC.sA, senderIp: '10.0.0.99' }), 'spoof_arp');
      expectDrop(objects, frame({ src: SNAT_MAC.sA }), 'infrastructure_mac');
    }
    const pairs = [{ prefix: prefix('0.0.0.0/0'), mac: undefined }];
    const secure = { ...snatSample, lports: withPort('a1', { allowedPairs: pairs }).lports };
    expectDrop(secure, says({ senderIp: '10.0.0.3' }), 'arp_conflict');
  });

  it('F25: nor, on an external network, what gateways, zones, floating IPs and exits have there, here or elsewhere', () => {
    const zones = [zone('0.0.0.0/0', ['192.168.1.21', '192.168.1.50'])];
    const objects: Objects = {
      ...floatingSample,
      networks: floatingSample.networks.map((one) => (one.name === 'ext' ? { ...one, floatingMac: 'perFip' } : one)),
      routers: floatingSample.routers.map((one) => ({ ...one, gateways: [{ ...one.gateways[0]!, zones }] })),
      lports: sample.lports.map((one) =>
        one.name === 'a1' ? { ...one, network: 'ext', addresses: [ip('192.168.1.77')], portSecurity: false } : one,
      ),
    };
    for (const senderIp of ['192.168.1.21', '192.168.1.50', '192.168.1.101', '192.168.1.102'])
      expectDrop(objects, says({ op: 2, senderIp }), 'arp_conflict');
    const ofOther = formatMac(exitMac(objects, 'ext', 'h2'));
    for (const senderMac of [SNAT_MAC.q, ofOther, formatMac(objects.floatingIps[2]!.mac)]) {
      expectDrop(objects, says({ senderMac, senderIp: '192.168.1.77' }), 'spoof_arp');
      expectDrop(objects, frame({ src: senderMac, from: '192.168.1.77' }), 'infrastructure_mac');
    }
  });

  it('no tags, no DHCP answers, no frames to itself; a port that is down sends nothing', () => {
    const tagged = packet(
      eth({ src: MAC.a1, dst: MAC.a3 }),
      vlan({ id: 5 }),
      ipv4({ src: '10.0.0.11', dst: '10.0.0.13' }),
      udp({}),
    );
    expectDrop(sample, tagged, 'vlan_tagged');
    expectDrop(sample, frame({ sport: 67, dport: 68 }), 'dhcp_server');
    expectPass(withPort('a1', { owner: 'dhcp' }), frame({ sport: 67, dport: 68 }));
    expectDrop(sample, frame({ dst: MAC.a1 }), 'reflected');
    expectDrop(withPort('a1', { adminUp: false }), frame(), 'lport_down');
  });

  it('a DHCP client asks without an address', () => {
    expectPass(sample, frame({ from: '0.0.0.0', to: '255.255.255.255', dst: BROADCAST, sport: 68, dport: 67 }));
    expectDrop(sample, frame({ from: '0.0.0.0' }), 'spoof_ip');
  });

  it('F31: to nobody is dropped, or flooded where the network says so', () => {
    expectDrop(sample, frame({ dst: STRANGER }), 'unknown_unicast');
    const flooded: Objects = {
      ...sample,
      networks: sample.networks.map((one) => ({ ...one, unknownUnicast: 'flood' as const })),
    };
    const w = new FabricWorld(flooded);
    w.send('h1', 'a1', frame({ dst: STRANGER }));
    assert.deepEqual([w.on('h1').got('a3').length, w.on('h2').got('a2').length], [1, 1]);
    w.check();
  });
});

/** A frame that host h2 would never send, put onto the fabric towards h1. */
function fromFabric(octets: Uint8Array, given: Partial<Crossing> = {}, source = '192.0.2.2'): FabricWorld {
  const w = new FabricWorld(sample);
  w.on('h1').arrive({ kind: 'vxlan', from: 'h2', to: '192.0.2.1', segment: 1001, octets, ...given }, ip(source));
  w.settle();
  return w;
}

describe('what may come in from the fabric (dvr.md 2.12)', () => {
  const silent = (w: FabricWorld, reason: string): void => {
    assert.equal(w.on('h1').count(reason), 1, reason);
    assert.deepEqual([w.on('h1').got('a1'), w.on('h1').got('a3'), w.take()], [[], [], []]);
    w.check();
  };

  it('F15: nothing to or from the MAC of a router interface', () => {
    silent(fromFabric(frame({ src: MAC.a2, from: '10.0.0.12', dst: MAC.gA, to: '20.0.0.21' })), 'rif_dst_from_fabric');
    silent(fromFabric(frame({ src: MAC.gA, dst: MAC.a1 })), 'rif_src_from_fabric');
  });

  it('the MAC of a router interface may be somebody else on another network: a port there, or whoever is outside', () => {
    const w = new FabricWorld(withRifMac(sample, MAC.a2));
    w.send('h2', 'a2', frame({ src: MAC.a2, from: '10.0.0.12', dst: MAC.a1, to: '10.0.0.11' }));
    w.settle();
    w.send('h1', 'a1', frame({ dst: MAC.a2, to: '10.0.0.12' }));
    w.settle();
    assert.deepEqual([w.on('h1').got('a1').length, w.on('h2').got('a2').length], [1, 1]);
    w.check();
    const outside = floatingWorld(withRifMac(floatingSample, SNAT_MAC.u));
    fromUpstream(outside, from(internet, exitMacOf(outside, 'h1'), FIP.a1));
    assert.equal(outside.on('h1').got('a1').length, 1);
    outside.check();
  });

  it('F16: what a peer has routed to somebody unknown is neither flooded nor sent on', () => {
    silent(fromFabric(frame({ src: MAC.d2, from: '20.0.0.22', dst: STRANGER })), 'peer_routed_unknown_dst');
    silent(fromFabric(frame({ src: MAC.d2, from: '20.0.0.22', dst: MAC.a2 })), 'peer_routed_unknown_dst');
  });

  it('a loop, a frame to the host itself, a port elsewhere, an unknown network or endpoint', () => {
    silent(fromFabric(frame({ src: MAC.d1, dst: MAC.a1 })), 'own_hostmac_loop');
    silent(fromFabric(frame({ src: MAC.a2, from: '10.0.0.12', dst: MAC.d1 })), 'host_mac_dst');
    silent(fromFabric(frame({ src: STRANGER, dst: MAC.a2 })), 'split_horizon');
    silent(fromFabric(frame({ src: MAC.a2, dst: STRANGER })), 'unknown_unicast');
    silent(fromFabric(frame({ src: MAC.a2, dst: MAC.a1 }), { segment: 9 }), 'network_unknown');
    silent(fromFabric(frame({ src: MAC.a2, dst: MAC.a1 }), {}, '198.51.100.1'), 'vtep_unknown');
    const claims = packet(
      eth({ src: MAC.a2, dst: BROADCAST }),
      arp({ op: 2, senderMac: MAC.a2, senderIp: '10.0.0.1', targetIp: '10.0.0.1' }),
    );
    silent(fromFabric(claims), 'rif_src_from_fabric');
  });

  it('ARP of a replica that asks for nobody here, or that is no question', () => {
    const ask = (target: string) =>
      packet(eth({ src: MAC.d2, dst: BROADCAST }), arp({ op: 1, senderMac: MAC.d2, senderIp: '10.0.0.1', targetIp: target }));
    silent(fromFabric(ask('10.0.0.99')), 'arp_unknown');
    const w = fromFabric(ask('10.0.0.11'));
    assert.equal(w.on('h1').got('a1').length, 1, 'the port that has the address is asked, and no other');
    assert.deepEqual(w.on('h1').got('a3'), []);
    const foreign = packet(
      eth({ src: MAC.d2, dst: BROADCAST }),
      arp({ op: 1, senderMac: MAC.d2, senderIp: '10.0.0.77', targetIp: '10.0.0.11' }),
    );
    silent(fromFabric(foreign), 'arp_foreign');
  });
});
