import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Objects } from '../../src/objects/model.js';
import { decode } from '../support/decode.js';
import { MAC, sample } from '../support/dvrSample.js';
import { type FabricHost, FabricWorld } from '../support/fabric.js';
import { arp, eth, icmp, ipv4, packet, raw, udp } from '../support/layers.js';
import { boundTo, migratingTo, withPort } from '../support/migrating.js';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const RARP = 0x8035;
const coming = migratingTo(sample, 'a1', 'h2');
const there = boundTo(sample, 'a1', 'h2');

const bridged = (src: string, from: string, dst: string, to: string) =>
  packet(eth({ src, dst }), ipv4({ src: from, dst: to }), udp({ sport: 4000, dport: 5000 }), new Uint8Array(20));
const toA1 = bridged(MAC.a2, '10.0.0.12', MAC.a1, '10.0.0.11');
const ofA1 = bridged(MAC.a1, '10.0.0.11', MAC.a2, '10.0.0.12');
/** RFC 903: who asks for its own address. */
const rarp = (src: string, said: string) => {
  const body = arp({ op: 3 as 1, senderMac: said, senderIp: '0.0.0.0', targetIp: '0.0.0.0' });
  return packet(eth({ src, dst: BROADCAST, type: RARP }), body);
};
/** Whether a worker has heard the guest that the host waits for. */
const heard = (h: FabricHost, port = 'a1'): boolean => h.state.arrivals[h.index.lport(port)] === h.moves.awaited.get(port);

describe('a port that is migrating here (2.16)', () => {
  it('has nothing yet: frames to it go to the old host, also from here and from the router here; floods do not reach it', () => {
    const w = new FabricWorld(coming);
    w.send('h2', 'a2', toA1);
    w.send(
      'h2',
      'b2',
      packet(eth({ src: MAC.b2, dst: MAC.gB }), ipv4({ src: '20.0.0.22', dst: '10.0.0.11' }), icmp({ type: 8 })),
    );
    w.send('h2', 'a2', packet(eth({ src: MAC.a2, dst: BROADCAST }), ipv4({ src: '10.0.0.12', dst: '10.0.0.255' }), udp({})));
    assert.equal(w.on('h1').got('a1').length, 3);
    assert.deepEqual(w.on('h2').got('a1'), []);
    w.check();
  });

  it('pitfall 39: its network and router are here, although nothing else needs them', () => {
    const alone: Objects = { ...coming, lports: coming.lports.filter(({ host }) => host === 'h1') };
    const view = (objects: Objects) => new FabricWorld(objects).on('h2').view;
    assert.deepEqual([view(alone).networks.length, view(alone).routers.length, view(alone).lports.length], [2, 1, 1]);
    const aborted = view(withPort(alone, 'a1', { migratingTo: undefined }));
    assert.deepEqual([aborted.networks.length, aborted.routers.length, aborted.lports.length], [0, 0, 0], 'without migratingTo');
  });

  it('without port security, too, nothing is heard of a guest that speaks for a router interface', () => {
    const w = new FabricWorld(withPort(coming, 'a1', { portSecurity: false }));
    const says = (senderIp: string) =>
      packet(eth({ src: MAC.a1, dst: BROADCAST }), arp({ senderMac: MAC.a1, senderIp, targetIp: senderIp }));
    w.send('h2', 'a1', says('10.0.0.1'));
    assert.deepEqual([heard(w.on('h2')), w.on('h2').count('arp_conflict')], [false, 1]);
    w.send('h2', 'a1', says('10.0.0.99'));
    assert.equal(heard(w.on('h2')), true);
  });

  const frames: readonly (readonly [what: string, frame: Uint8Array, arrives: boolean, reason: string])[] = [
    ['a packet', ofA1, true, 'lport_migrating'],
    [
      'ARP',
      packet(eth({ src: MAC.a1, dst: BROADCAST }), arp({ senderMac: MAC.a1, senderIp: '10.0.0.11', targetIp: '10.0.0.11' })),
      true,
      'lport_migrating',
    ],
    ['RARP of a hypervisor', rarp(MAC.a1, MAC.a1), true, 'lport_migrating'],
    ['RARP about somebody else', rarp(MAC.a1, MAC.a3), false, 'spoof_arp'],
    ['RARP of somebody else', rarp(MAC.a3, MAC.a3), false, 'spoof_mac'],
    [
      'ARP that is cut short',
      packet(eth({ src: MAC.a1, dst: BROADCAST, type: 0x0806 }), raw(new Uint8Array(8))),
      false,
      'arp_malformed',
    ],
    [
      'ARP in the name of the router',
      packet(eth({ src: MAC.a1, dst: BROADCAST }), arp({ senderMac: MAC.a1, senderIp: '10.0.0.1', targetIp: '10.0.0.1' })),
      false,
      'spoof_arp',
    ],
    ['a packet of another address', bridged(MAC.a1, '10.0.0.77', MAC.a2, '10.0.0.12'), false, 'spoof_ip'],
    [
      'another ethertype',
      packet(eth({ src: MAC.a1, dst: BROADCAST, type: 0x88b5 }), raw(new Uint8Array(46))),
      false,
      'ethertype',
    ],
  ];
  for (const [what, frame, arrives, reason] of frames)
    it(`${what} ${arrives ? 'says that its guest is here' : 'says nothing'}, and goes nowhere`, () => {
      const w = new FabricWorld(coming);
      w.send('h2', 'a1', frame);
      assert.equal(heard(w.on('h2')), arrives);
      assert.equal(w.on('h2').count(reason), 1);
      assert.deepEqual([w.take(), w.on('h2').got('a2'), w.on('h2').got('a1')], [[], [], []]);
      w.check();
    });

  it('what it asks by ARP it is told, and nobody else hears of it', () => {
    const w = new FabricWorld(coming);
    const asks = (targetIp: string) =>
      w.send(
        'h2',
        'a1',
        packet(eth({ src: MAC.a1, dst: BROADCAST }), arp({ senderMac: MAC.a1, senderIp: '10.0.0.11', targetIp })),
      );
    for (const target of ['10.0.0.1', '10.0.0.12', '10.0.0.99']) asks(target);
    const told = w
      .on('h2')
      .got('a1')
      .map((one) => decode(one).arp!);
    assert.deepEqual(
      told.map(({ op, senderMac, senderIp }) => [op, senderMac, senderIp]),
      [
        [2, MAC.gA, '10.0.0.1'],
        [2, MAC.a2, '10.0.0.12'],
      ],
    );
    assert.deepEqual([heard(w.on('h2')), w.on('h2').count('lport_migrating'), w.take(), w.on('h2').got('a2')], [true, 1, [], []]);
    w.check();
  });

  it('without port security what its device says of its own is not its guest', () => {
    const w = new FabricWorld(withPort(coming, 'a1', { portSecurity: false }));
    w.send('h2', 'a1', bridged('02:00:00:00:00:99', '10.0.0.99', MAC.a2, '10.0.0.12'));
    assert.equal(heard(w.on('h2')), false);
    w.send('h2', 'a1', ofA1);
    assert.equal(heard(w.on('h2')), true);
  });

  it('one that is down hears no guest', () => {
    const w = new FabricWorld(withPort(coming, 'a1', { adminUp: false }));
    w.send('h2', 'a1', ofA1);
    assert.deepEqual([heard(w.on('h2')), w.on('h2').count('lport_down')], [false, 1]);
  });

  it('what was heard in one migration counts in no other', () => {
    const w = new FabricWorld(coming);
    w.send('h2', 'a1', ofA1);
    for (const objects of [sample, coming]) {
      w.use(objects);
      w.settle();
    }
    assert.equal(heard(w.on('h2')), false);
  });

  it('bound here, it is here for everybody, and no longer there', () => {
    const w = new FabricWorld(coming);
    w.use(there);
    w.settle();
    w.send('h2', 'a2', toA1);
    w.send('h1', 'a3', bridged(MAC.a3, '10.0.0.13', MAC.a1, '10.0.0.11'));
    w.send('h2', 'a1', bridged(MAC.a1, '10.0.0.11', MAC.a3, '10.0.0.13'));
    assert.deepEqual([w.on('h2').got('a1').length, w.on('h1').got('a3').length, w.on('h1').got('a1').length], [2, 1, 0]);
    w.check();
  });
});
