import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { claimNotesLost, readClaimNotes } from '../../src/control/dvr/ports/claimReader.js';
import type { LportObject, Objects } from '../../src/objects/model.js';
import { CLAIM_NOTES } from '../../src/tables/claimNotes.js';
import { decode } from '../support/decode.js';
import { ip, MAC, mac, prefix, sample } from '../support/dvrSample.js';
import { FabricWorld } from '../support/fabric.js';
import { arp, eth, ipv4, packet, udp } from '../support/layers.js';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const VIP = '10.0.0.50';
const VRRP = '00:00:5e:00:01:07';

const pairs: Partial<LportObject> = {
  allowedPairs: [
    { prefix: prefix(`${VIP}/32`), mac: undefined },
    { prefix: prefix(`${VIP}/32`), mac: mac(VRRP) },
  ],
};
const objects: Objects = {
  ...sample,
  lports: sample.lports.map((port) => (port.name === 'a1' || port.name === 'a3' ? { ...port, ...pairs } : port)),
};

const garp = (own: string, address: string, op: 1 | 2 = 1) =>
  packet(
    eth({ src: own, dst: BROADCAST }),
    arp({ op, senderMac: own, senderIp: address, targetIp: op === 1 ? address : '10.0.0.1' }),
  );

function notesOf(w: FabricWorld): { port: number; address: number; mac: string }[] {
  return readClaimNotes(w.on('h1').state.claims).map(({ lport, address, macA, macB }) => ({
    port: lport,
    address,
    mac: [macA, macA >> 8, macB, macB >> 8, macB >> 16, macB >>> 24]
      .map((octet) => (octet & 255).toString(16).padStart(2, '0'))
      .join(':'),
  }));
}

describe('claims of virtual addresses (2.13)', () => {
  it('an announcement and an answer are noted, with the MAC they name', () => {
    const w = new FabricWorld(objects);
    const port = w.on('h1').index.lport('a1');
    w.send('h1', 'a1', garp(MAC.a1, VIP));
    w.send('h1', 'a1', garp(VRRP, VIP, 2));
    assert.deepEqual(notesOf(w), [
      { port, address: ip(VIP), mac: MAC.a1 },
      { port, address: ip(VIP), mac: VRRP },
    ]);
    w.check();
  });

  it('what the tables say already is not noted again, nor the same thing twice before it is read', () => {
    const w = new FabricWorld(objects);
    w.send('h1', 'a1', garp(MAC.a1, '10.0.0.11'));
    assert.deepEqual(notesOf(w), [], 'its own address');
    for (let i = 0; i < 5; i++) w.send('h1', 'a1', garp(MAC.a1, VIP));
    assert.equal(notesOf(w).length, 1);
    w.send('h1', 'a1', garp(MAC.a1, VIP));
    assert.equal(notesOf(w).length, 1, 'and after it was read');
  });

  it('who may not use an address claims nothing; a question about another is no claim', () => {
    const w = new FabricWorld(objects);
    w.send('h1', 'a1', garp(MAC.a1, '10.0.0.77'));
    w.send(
      'h1',
      'a1',
      packet(eth({ src: MAC.a1, dst: BROADCAST }), arp({ op: 1, senderMac: MAC.a1, senderIp: VIP, targetIp: '10.0.0.99' })),
    );
    assert.deepEqual(notesOf(w), []);
    assert.equal(w.on('h1').count('spoof_arp'), 1);
    w.check();
  });

  it('a full ring counts what it loses and works on', () => {
    const many = Array.from({ length: CLAIM_NOTES + 10 }, (_, i) => `10.0.${1 + (i >> 8)}.${i & 255}`);
    const allowed = [VIP, ...many].map((one) => ({ prefix: prefix(`${one}/32`), mac: undefined }));
    const w = new FabricWorld({
      ...objects,
      lports: objects.lports.map((port) => (port.name === 'a1' ? { ...port, allowedPairs: allowed } : port)),
    });
    for (const one of many) w.send('h1', 'a1', garp(MAC.a1, one));
    assert.equal(claimNotesLost(w.on('h1').state.claims), 10);
    assert.equal(notesOf(w).length, CLAIM_NOTES);
    w.send('h1', 'a1', garp(MAC.a1, VIP));
    assert.equal(notesOf(w).length, 1);
    w.check();
  });

  it('a range of addresses fills no ring: only those that objects name are noted', () => {
    const range = [{ prefix: prefix('10.0.0.0/16'), mac: undefined }];
    const w = new FabricWorld({
      ...objects,
      lports: objects.lports.map((port) => (port.name === 'a1' ? { ...port, allowedPairs: range } : port)),
    });
    for (let i = 0; i < 300; i++) w.send('h1', 'a1', garp(MAC.a1, `10.0.7.${i & 255}`));
    w.send('h1', 'a3', garp(MAC.a3, VIP));
    assert.deepEqual(
      notesOf(w).map(({ mac: by }) => by),
      [MAC.a3],
    );
    assert.equal(claimNotesLost(w.on('h1').state.claims), 0);
  });

  it('what a port of another host announces is noted with where it came from', () => {
    const shared: Objects = { ...sample, lports: sample.lports.map((port) => ({ ...port, ...pairs })) };
    const w = new FabricWorld(shared);
    w.send('h2', 'a2', garp(MAC.a2, VIP));
    const [note, ...more] = readClaimNotes(w.on('h1').state.claims);
    assert.deepEqual([note!.lport, note!.address, note!.source, more.length], [-1, ip(VIP), ip('192.0.2.2'), 0]);
    w.check();
  });
});

it('a frame that waits for an address goes on when somebody claims it, though no other frame comes', () => {
  const w = new FabricWorld(objects);
  w.send('h1', 'b1', packet(eth({ src: MAC.b1, dst: MAC.gB }), ipv4({ src: '20.0.0.21', dst: VIP }), udp({})));
  assert.equal(w.on('h1').count('queued'), 1);
  for (const port of ['a1', 'a3']) w.on('h1').got(port);
  const claim = { network: 'blue', address: ip(VIP), mac: mac(VRRP), port: 'a3', host: 'h1', seq: 1, revision: 1 };
  w.use(objects, [claim]);
  w.settle();
  const [got] = w.on('h1').got('a3').map(decode);
  assert.deepEqual([got!.eth!.dst, got!.ipv4!.dst, got!.ipv4!.ttl], [VRRP, VIP, 63]);
  w.check();
});
