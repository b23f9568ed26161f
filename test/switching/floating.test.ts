import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decode } from '../support/decode.js';
import { ip, MAC } from '../support/dvrSample.js';
import { floatingSample, fromUpstream } from '../support/floatingSample.js';
import {
  crossed,
  exitMacOf,
  FIP,
  FIXED,
  floatingWorld,
  from,
  guest,
  head,
  internet,
  UPSTREAM,
  upstreamAsks,
  WORLD,
} from '../support/floatingWorld.js';
import { arp, eth, packet, udp } from '../support/layers.js';
import { SNAT_MAC } from '../support/snatSample.js';

const heads = (frames: readonly { from: string; octets: Uint8Array }[]) => frames.map((one) => [one.from, ...head(one.octets)]);

describe('floating IPs, walks of dvr.md 2.7 to 2.9', () => {
  it('F43 2.7: out from its own host by its exit, as the floating IP, one hop; nothing on the fabric', () => {
    const w = floatingWorld();
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, WORLD));
    assert.deepEqual(heads(crossed(w)), [['h1 wire', exitMacOf(w, 'h1'), SNAT_MAC.u, FIP.a1, WORLD, 63]]);
    w.check();
  });

  it('F44 2.7: in to the guest, from its gateway, TTL one less; asked for, one host answers with its exit, for no fixed address anybody', () => {
    const w = floatingWorld();
    upstreamAsks(w, FIP.a1);
    const [answer, ...more] = crossed(w);
    const { op, senderMac, senderIp } = decode(answer!.octets).arp!;
    assert.deepEqual([answer!.from, op, senderMac, senderIp, more], ['h1 wire', 2, exitMacOf(w, 'h1'), FIP.a1, []]);
    for (const nobody of [FIXED.a1, '192.168.1.104', '169.254.64.1']) upstreamAsks(w, nobody);
    assert.deepEqual(crossed(w), []);
    fromUpstream(w, from(internet, exitMacOf(w, 'h1'), FIP.a1));
    assert.deepEqual(w.on('h1').got('a1').map(head), [[MAC.gA, MAC.a1, WORLD, FIXED.a1, 63]]);
    assert.deepEqual(crossed(w), []);
    w.check();
  });

  it('F46 2.8: to a floating IP of the same host: both addresses change, one hop, nothing leaves the host; the answer comes the same way', () => {
    const w = floatingWorld();
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, FIP.a3));
    assert.deepEqual(w.on('h1').got('a3').map(head), [[MAC.gA, MAC.a3, FIP.a1, FIXED.a3, 63]]);
    w.send('h1', 'a3', from(guest('a3'), MAC.gA, FIP.a1));
    assert.deepEqual(w.on('h1').got('a1').map(head), [[MAC.gA, MAC.a1, FIP.a3, FIXED.a1, 63]]);
    assert.deepEqual([crossed(w), w.on('h1').count('floating_hairpin')], [[], 2]);
    w.check();
  });

  it('F46 2.8: to a floating IP of another host: asked for there, out by one exit and in by the other', () => {
    const w = floatingWorld();
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, FIP.b2));
    const all = crossed(w);
    const asked = decode(all[0]!.octets).arp!;
    const answered = decode(all[1]!.octets).arp!;
    assert.deepEqual([asked.senderMac, asked.targetIp, answered.senderMac], [exitMacOf(w, 'h1'), FIP.b2, exitMacOf(w, 'h2')]);
    assert.deepEqual(heads(all.slice(2)), [['h1 wire', exitMacOf(w, 'h1'), exitMacOf(w, 'h2'), FIP.a1, FIP.b2, 63]]);
    assert.deepEqual(w.on('h2').got('b2').map(head), [[MAC.gB, MAC.b2, FIP.a1, FIXED.b2, 62]]);
    w.check();
  });

  it('F46 2.9: to its own floating IP: it is not told its own address as the source', () => {
    const w = floatingWorld();
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, FIP.a1));
    assert.deepEqual(w.on('h1').got('a1').map(head), [[MAC.gA, MAC.a1, FIP.a1, FIXED.a1, 63]]);
    assert.deepEqual(crossed(w), []);
    w.check();
  });

  it('2.7: to a connected subnet never by the floating IP: table main comes first, and a destination changes only from the external side', () => {
    const w = floatingWorld();
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, FIXED.b1));
    assert.deepEqual(w.on('h1').got('b1').map(head), [[MAC.gB, MAC.b1, FIXED.a1, FIXED.b1, 63]]);
    w.send('h1', 'b1', from(guest('b1'), MAC.gB, FIXED.a1));
    assert.deepEqual(w.on('h1').got('a1').map(head), [[MAC.gA, MAC.a1, FIXED.b1, FIXED.a1, 63]]);
    assert.deepEqual(crossed(w), []);
    w.check();
  });

  it('F52: the exit has no address: it asks for the upstream router in the name of a floating IP behind it; with one, in its own', () => {
    const asked = (objects: typeof floatingSample) => {
      const w = floatingWorld(objects);
      w.send('h1', 'a3', from(guest('a3'), MAC.gA, '192.168.1.77'));
      const [question] = crossed(w);
      const { senderMac, senderIp } = decode(question!.octets).arp!;
      assert.equal(senderMac, exitMacOf(w, 'h1'));
      w.check();
      return senderIp;
    };
    assert.equal(asked(floatingSample), FIP.a1);
    const own = ip('192.168.1.31');
    const hosts = floatingSample.hosts.map((host) => {
      return host.name === 'h1' ? { ...host, externalAddresses: [{ network: 'ext', address: own }] } : host;
    });
    assert.equal(asked({ ...floatingSample, hosts }), '192.168.1.31');
  });

  it('what is for nobody here, from nobody there may be, or for all, has a verdict of its own', () => {
    const w = floatingWorld();
    const f1 = exitMacOf(w, 'h1');
    for (const [source, to, reason] of [
      [WORLD, FIP.b2, 'fip_not_here'],
      [WORLD, FIXED.a1, 'fip_not_here'],
      [FIP.a1, FIP.a1, 'martian_source'],
      [FIP.a3, FIP.a1, 'martian_source'],
      ['127.0.0.1', FIP.a1, 'martian_source'],
      [WORLD, '192.168.1.255', 'broadcast'],
      [WORLD, '224.0.0.5', 'multicast'],
    ] as const) {
      const before = w.on('h1').count(reason);
      fromUpstream(w, from({ mac: SNAT_MAC.u, ip: source }, f1, to));
      assert.equal(w.on('h1').count(reason), before + 1, `${source} > ${to}`);
    }
    assert.deepEqual([w.on('h1').got('a1'), crossed(w)], [[], []]);
    w.check();
  });

  it('an announcement that takes a floating IP of ours is a conflict, and changes nothing', () => {
    const w = floatingWorld();
    const liar = '02:00:00:00:00:99';
    fromUpstream(
      w,
      packet(
        eth({ src: liar, dst: exitMacOf(w, 'h1') }),
        arp({ op: 2, senderMac: liar, senderIp: FIP.a3, targetMac: exitMacOf(w, 'h1'), targetIp: FIP.a1 }),
      ),
    );
    assert.equal(w.on('h1').count('arp_conflict'), 1);
    for (const op of [1, 2] as const)
      for (const [host, address] of [
        ['h1', FIP.a1],
        ['n', '192.168.1.21'],
      ] as const) {
        const before = w.on(host).count('arp_conflict');
        const claim = arp({ op, senderMac: liar, senderIp: address, targetIp: address });
        fromUpstream(w, packet(eth({ src: liar, dst: 'ff:ff:ff:ff:ff:ff' }), claim));
        assert.equal(w.on(host).count('arp_conflict'), before + 1, `${address} by ${op}, to all`);
      }
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, UPSTREAM));
    assert.deepEqual(heads(crossed(w)), [['h1 wire', exitMacOf(w, 'h1'), SNAT_MAC.u, FIP.a1, UPSTREAM, 63]]);
    w.check();
  });

  it('F47 2.8: a guest without one, to a floating IP: by the SNAT service of its router, also where exit and service are on one host', () => {
    for (const at of ['n', 'h1']) {
      const hosts = floatingSample.hosts.map((one) => ({
        ...one,
        mode: one.name === at ? ('dvr_snat' as const) : ('dvr' as const),
      }));
      const w = floatingWorld({ ...floatingSample, hosts });
      w.send('h2', 'a2', from(guest('a2'), MAC.gA, FIP.a1));
      const wire = crossed(w).filter((one) => one.from.endsWith('wire'));
      const [got, ...more] = w.on('h1').got('a1');
      assert.deepEqual([decode(got!).ipv4!.src, decode(got!).ipv4!.dst, more], ['192.168.1.21', FIXED.a1, []]);
      // Asked for, answered, sent: or nothing.
      assert.equal(wire.length, at === 'h1' ? 0 : 3);
      const { sport, dport } = decode(got!).udp!;
      w.send('h1', 'a1', from(guest('a1'), MAC.gA, '192.168.1.21', {}, udp({ sport: dport, dport: sport })));
      crossed(w);
      const [back] = w.on('h2').got('a2');
      assert.deepEqual([decode(back!).ipv4!.src, decode(back!).ipv4!.dst], [FIP.a1, FIXED.a2], at);
      w.check();
    }
  });
});
