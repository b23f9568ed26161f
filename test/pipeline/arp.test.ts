import assert from 'node:assert/strict';
import { Adjacency, NeighborState, neighborFind } from '../../src/tables/neighbors.js';
import { expectFrame } from '../support/expectFrame.js';
import { udpOut } from '../support/flows.js';
import { type ArpFields, arp, eth, packet, vlan } from '../support/layers.js';
import { wireIp } from '../support/octets.js';
import { GW, lan } from '../support/sample.js';
import { type World, worldTest } from '../support/world.js';
import { macOf } from '../support/worldParts.js';

function request(f: ArpFields, tag?: number): Uint8Array {
  const src = f.senderMac ?? macOf(f.senderIp ?? '10.0.0.5');
  return packet(eth({ src }), ...(tag === undefined ? [] : [vlan({ id: tag })]), arp({ op: 1, senderMac: src, ...f }));
}

function stateOf(w: World, rif: number, address: string): NeighborState {
  const row = neighborFind(w.state.neighbors, rif, wireIp(address));
  return row < 0 ? NeighborState.Free : w.state.neighbors.rows[row + Adjacency.State]!;
}

worldTest('the own address is answered, and who asked is learnt as stale', {}, (w) => {
  w.send('lan', request({ senderIp: '10.0.0.5', targetIp: '10.0.0.1' }));
  const [answer] = w.arps('lan');
  expectFrame(
    answer,
    eth({ dst: macOf('10.0.0.5'), src: GW.lan }),
    arp({ op: 2, senderMac: GW.lan, senderIp: '10.0.0.1', targetMac: macOf('10.0.0.5'), targetIp: '10.0.0.5' }),
  );
  assert.equal(stateOf(w, 0, '10.0.0.5'), NeighborState.Stale);
  assert.equal(w.count('arp_answered'), 1);
});

worldTest("Z29 a zone's local address is answered outside with our MAC, and only there", {}, (w) => {
  w.send('wan', request({ senderIp: '192.0.2.254', targetIp: '192.0.2.11' }));
  expectFrame(w.arps('wan')[0], arp({ op: 2, senderMac: GW.wan, senderIp: '192.0.2.11' }));
  w.send('lan', request({ senderIp: '10.0.0.5', targetIp: '192.0.2.11' }));
  assert.deepEqual(w.arps('lan'), []);
  assert.equal(w.count('arp_foreign'), 1);
  // Taken out of the zone, the address is no longer ours.
  w.reload(lan.replace(', 192.0.2.11', ''), 2);
  w.arps('wan');
  w.send('wan', request({ senderIp: '192.0.2.254', targetIp: '192.0.2.11' }));
  assert.deepEqual(w.arps('wan'), []);
});

const mapped = `${lan}staticMappings:
  - { external: 192.0.2.50, inside: 10.0.0.50 }
  - { protocol: tcp, external: "192.0.2.51:80", inside: "10.0.0.51:80" }
`;

worldTest(
  'ZON-8 external addresses of static mappings are answered outside and announced, until a reload takes them',
  { yaml: mapped },
  (w) => {
    const answered = (targetIp: string): number => {
      w.arps('wan');
      w.send('wan', request({ senderIp: '192.0.2.254', targetIp }));
      return w.arps('wan').length;
    };
    assert.deepEqual(['192.0.2.50', '192.0.2.51', '192.0.2.52'].map(answered), [1, 1, 0]);
    w.send('lan', request({ senderIp: '10.0.0.5', targetIp: '192.0.2.50' }));
    assert.deepEqual(w.arps('lan'), []);
    w.turn.tick.announce(w.snapshot.announce);
    w.advance(300);
    const announced = w.arps('wan');
    assert.equal(announced.length, 7);
    for (const senderIp of ['192.0.2.50', '192.0.2.51'])
      assert.equal(announced.filter((frame) => frame.octets.subarray(28, 32).join('.') === senderIp).length, 1);
    w.reload(lan, 2);
    assert.deepEqual(['192.0.2.50', '192.0.2.51'].map(answered), [0, 0]);
  },
);

worldTest('an address of ours on another segment, and foreign addresses, are not answered; nobody is learnt', {}, (w) => {
  for (const targetIp of ['10.0.1.1', '192.0.2.1', '10.0.0.9', '203.0.113.1']) {
    w.send('lan', request({ senderIp: '10.0.0.5', targetIp }));
  }
  assert.deepEqual(w.arps('lan'), []);
  assert.equal(w.count('arp_foreign'), 4);
  assert.equal(stateOf(w, 0, '10.0.0.5'), NeighborState.Free);
});

worldTest('a probe (sender 0.0.0.0) for our address is answered; nobody is learnt', {}, (w) => {
  w.send('lan', request({ senderIp: '0.0.0.0', senderMac: '02:00:00:00:00:77', targetIp: '10.0.0.1' }));
  expectFrame(w.arps('lan')[0], eth({ dst: '02:00:00:00:00:77' }), arp({ op: 2, senderIp: '10.0.0.1', targetIp: '0.0.0.0' }));
});

worldTest('an asker from another subnet is answered but not learnt', {}, (w) => {
  w.send('lan', request({ senderIp: '172.16.0.9', targetIp: '10.0.0.1' }));
  assert.equal(w.arps('lan').length, 1);
  assert.equal(stateOf(w, 0, '172.16.0.9'), NeighborState.Free);
});

worldTest('somebody else with our address is a conflict: counted, not answered, not learnt', {}, (w) => {
  for (const [iface, senderIp] of [
    ['lan', '10.0.0.1'],
    ['wan', '192.0.2.10'],
  ] as const) {
    w.send(iface, request({ senderIp, senderMac: '02:00:00:00:00:66', targetIp: senderIp }));
    w.send(
      iface,
      packet(eth({ src: '02:00:00:00:00:66' }), arp({ op: 2, senderMac: '02:00:00:00:00:66', senderIp, targetIp: '10.0.0.9' })),
    );
  }
  assert.equal(w.count('arp_conflict'), 4);
  assert.deepEqual([...w.arps('lan'), ...w.arps('wan')], []);
});

worldTest('an announcement updates an entry that exists and makes none', {}, (w) => {
  const announce = (mac: string): Uint8Array => request({ senderIp: '10.0.0.5', senderMac: mac, targetIp: '10.0.0.5' });
  w.send('lan', announce('02:00:00:00:00:55'));
  assert.equal(w.count('arp_foreign'), 1);
  assert.equal(stateOf(w, 0, '10.0.0.5'), NeighborState.Free);
  w.send('dmz', udpOut('10.0.1.5', 1, '10.0.0.5'));
  assert.equal(stateOf(w, 0, '10.0.0.5'), NeighborState.Reachable);
  w.sent('lan');
  w.send('lan', announce('02:00:00:00:00:55'));
  assert.equal(stateOf(w, 0, '10.0.0.5'), NeighborState.Stale);
  w.send('dmz', udpOut('10.0.1.5', 1, '10.0.0.5'));
  expectFrame(w.one('lan'), eth({ dst: '02:00:00:00:00:55' }));
});

worldTest('an unsolicited reply about a stranger is dropped and counted', {}, (w) => {
  w.send(
    'lan',
    packet(
      eth({ dst: GW.lan, src: macOf('10.0.0.5') }),
      arp({ op: 2, senderMac: macOf('10.0.0.5'), senderIp: '10.0.0.5', targetIp: '10.0.0.1' }),
    ),
  );
  assert.equal(w.count('arp_unsolicited'), 1);
  assert.equal(stateOf(w, 0, '10.0.0.5'), NeighborState.Free);
});

worldTest('malformed ARP is dropped: cut short, other lengths, other operations, group and zero senders', {}, (w) => {
  const good = request({ senderIp: '10.0.0.5', targetIp: '10.0.0.1' });
  const changed = (at: number, ...octets: number[]): Uint8Array => {
    const frame = good.slice();
    frame.set(octets, at);
    return frame;
  };
  w.send(
    'lan',
    good.slice(0, 41),
    good.slice(0, 14),
    changed(14, 0, 6),
    changed(16, 0x86, 0xdd),
    changed(18, 8, 4),
    changed(18, 6, 16),
    changed(20, 0, 3),
    changed(20, 0, 0),
    changed(22, 0x01),
    changed(22, 0, 0, 0, 0, 0, 0),
    changed(28, 127, 0, 0, 1),
    changed(28, 255, 255, 255, 255),
  );
  assert.equal(w.count('arp_malformed'), 12);
  assert.deepEqual(w.arps('lan'), []);
});

worldTest('ZON-8 our own and the local addresses are announced twice, 2 s apart', {}, (w) => {
  w.turn.tick.announce(w.snapshot.announce);
  w.advance(300);
  const first = w.arps('wan');
  assert.equal(first.length, 5);
  for (const frame of first)
    expectFrame(frame, eth({ dst: 'ff:ff:ff:ff:ff:ff', src: GW.wan }), arp({ op: 1, senderMac: GW.wan }));
  expectFrame(w.arps('lan')[0], arp({ senderIp: '10.0.0.1', targetIp: '10.0.0.1' }));
  w.advance(1500);
  assert.equal(w.arps('wan').length, 0);
  w.advance(1000);
  assert.equal(w.arps('wan').length, 5);
  w.advance(10_000);
  assert.equal(w.arps('wan').length, 0);
});
