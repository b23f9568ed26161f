import assert from 'node:assert/strict';
import { CounterEvent } from '../../src/shared/counters.js';
import { Adjacency, NeighborState, neighborFind } from '../../src/tables/neighbors.js';
import { expectFrame } from '../support/expectFrame.js';
import { answerTo, tcpOut, udpOut } from '../support/flows.js';
import { arp, eth, icmp, ipv4, packet, raw, udp } from '../support/layers.js';
import { wireIp } from '../support/octets.js';
import { GW, lan, REMOTE, UPSTREAM } from '../support/sample.js';
import { type World, worldTest } from '../support/world.js';
import { arpReply, macOf } from '../support/worldParts.js';

const HOST = '10.0.0.5';

function state(w: World, rif: number, address: string): NeighborState {
  const row = neighborFind(w.state.neighbors, rif, wireIp(address));
  return row < 0 ? NeighborState.Free : w.state.neighbors.rows[row + Adjacency.State]!;
}

function answer(w: World, mac = macOf(UPSTREAM)): void {
  w.send('wan', arpReply(UPSTREAM, '192.0.2.1', GW.wan, undefined, mac));
}

worldTest('FWD-11 the first packets wait for the neighbour and leave in order, once', { answerArp: false }, (w) => {
  for (let i = 0; i < 5; i++) w.send('lan', udpOut(HOST, 4000 + i));
  const asked = w.arps('wan');
  assert.equal(asked.length, 1);
  expectFrame(
    asked[0],
    eth({ dst: 'ff:ff:ff:ff:ff:ff', src: GW.wan }),
    arp({ op: 1, senderMac: GW.wan, senderIp: '192.0.2.1', targetMac: '00:00:00:00:00:00', targetIp: UPSTREAM }),
  );
  assert.equal(w.sessionCount, 0);
  answer(w);
  const out = w.sent('wan');
  assert.equal(out.length, 5);
  assert.equal(w.count('queued'), 5);
  assert.equal(w.count('translated'), 5);
  w.settle();
  assert.deepEqual(w.sent('wan'), []);
});

worldTest('FWD-11 64 frames wait for one neighbour, the 65th is a counted drop', { answerArp: false }, (w) => {
  for (let i = 0; i < 66; i++) w.send('lan', udpOut(HOST, 4000 + i));
  assert.equal(w.count('neighbor_queue_full'), 2);
  answer(w);
  assert.equal(w.sent('wan').length, 64);
});

worldTest(
  'FWD-11 a frame waits 1 s; three requests 1 s apart; then the neighbour has failed and frames are told 3/1',
  { answerArp: false },
  (w) => {
    w.send('lan', udpOut(HOST, 4000));
    w.advance(900);
    assert.equal(w.count('neighbor_failed'), 0);
    w.advance(200);
    assert.equal(w.count('neighbor_failed'), 1);
    w.advance(1000);
    assert.equal(w.arps('wan').length, 3);
    const late = udpOut(HOST, 4001);
    w.send('lan', late);
    assert.equal(state(w, 1, UPSTREAM), NeighborState.Incomplete);
    w.advance(900);
    assert.equal(state(w, 1, UPSTREAM), NeighborState.Failed);
    w.advance(300);
    w.arps('lan');
    w.send('lan', arpReply(HOST, '10.0.0.1', GW.lan));
    const told = w.sent('lan');
    expectFrame(told[0], ipv4({ src: '10.0.0.1', dst: HOST }), icmp({ type: 3, code: 1 }), raw(late.slice(14)));
    w.send('lan', udpOut(HOST, 4002));
    expectFrame(w.one('lan'), icmp({ type: 3, code: 1 }));
    assert.deepEqual(w.arps('wan'), []);
    w.advance(5000);
    w.send('lan', udpOut(HOST, 4003));
    assert.equal(w.arps('wan').length, 1);
    answer(w);
    assert.equal(w.sent('wan').length, 1);
  },
);

worldTest('reachable becomes stale by age, is probed by unicast when used, and reachable again', { answerArp: false }, (w) => {
  w.send('lan', udpOut(HOST, 4000));
  answer(w);
  w.arps('wan');
  assert.equal(state(w, 1, UPSTREAM), NeighborState.Reachable);
  w.advance(30_100);
  assert.equal(state(w, 1, UPSTREAM), NeighborState.Stale);
  assert.deepEqual(w.arps('wan'), []);
  w.sent('wan');
  w.advance(200);
  w.send('lan', udpOut(HOST, 4000));
  assert.equal(w.sent('wan').length, 1);
  w.advance(200);
  expectFrame(w.arps('wan')[0], eth({ dst: macOf(UPSTREAM) }), arp({ op: 1, targetIp: UPSTREAM }));
  assert.equal(state(w, 1, UPSTREAM), NeighborState.Probe);
  answer(w);
  assert.equal(state(w, 1, UPSTREAM), NeighborState.Reachable);
});

worldTest('a probed neighbour that stays silent is asked for by broadcast, then fails', { answerArp: false }, (w) => {
  w.send('lan', udpOut(HOST, 4000));
  answer(w);
  w.advance(30_200);
  w.arps('wan');
  w.send('lan', udpOut(HOST, 4000));
  w.advance(3300);
  assert.equal(state(w, 1, UPSTREAM), NeighborState.Incomplete);
  w.advance(3000);
  assert.equal(state(w, 1, UPSTREAM), NeighborState.Failed);
  const asked = w.arps('wan');
  assert.equal(asked.filter((frame) => frame.octets[0] === 0xff).length >= 3, true);
  w.sent('wan');
});

worldTest('D1 D3 a changed MAC rewrites one row and touches no session', {}, (w) => {
  w.send('lan', udpOut(HOST, 4000));
  const first = w.one('wan');
  const row = w.rows()[0]!;
  const before = Array.from(w.sessions.rows.subarray(row, row + 16));
  answer(w, '02:00:00:00:00:42');
  w.send('lan', udpOut(HOST, 4000));
  const second = w.one('wan');
  expectFrame(second, eth({ dst: '02:00:00:00:00:42' }));
  assert.deepEqual(second.octets.slice(14), first.octets.slice(14));
  assert.deepEqual(Array.from(w.sessions.rows.subarray(row, row + 16)), before);
});

worldTest(
  'FWD-11 permanent neighbours win: never asked for, never changed',
  { answerArp: false, yaml: `${lan}neighbors:\n  - { address: ${UPSTREAM}, mac: "02:00:00:00:00:aa", dev: wan }\n` },
  (w) => {
    w.send('lan', udpOut(HOST, 4000));
    expectFrame(w.one('wan'), eth({ dst: '02:00:00:00:00:aa' }));
    answer(w, '02:00:00:00:00:42');
    w.send('wan', packet(eth(), arp({ op: 1, senderMac: '02:00:00:00:00:42', senderIp: UPSTREAM, targetIp: '192.0.2.1' })));
    w.arps('wan');
    w.advance(60_000);
    w.send('lan', udpOut(HOST, 4001));
    expectFrame(w.one('wan'), eth({ dst: '02:00:00:00:00:aa' }));
    assert.deepEqual(w.arps('wan'), []);
  },
);

worldTest('unused neighbours are forgotten, used by sessions not', {}, (w) => {
  w.send('dmz', udpOut('10.0.1.5', 1, '10.0.0.77'));
  w.send('lan', tcpOut(HOST, 1, 'S'));
  w.send('wan', answerTo(w.one('wan')));
  w.sent('lan');
  w.advance(500_000);
  assert.equal(state(w, 0, '10.0.0.77'), NeighborState.Stale);
  w.advance(200_000);
  assert.equal(state(w, 0, '10.0.0.77'), NeighborState.Free);
  assert.notEqual(state(w, 1, UPSTREAM), NeighborState.Free);
  assert.equal(w.sessionCount, 1);
});

worldTest('a full neighbour table is a counted drop and harms nobody who is in it', { neighbors: 4 }, (w) => {
  for (let i = 2; i < 10; i++) w.send('dmz', udpOut('10.0.1.5', 1, `10.0.0.${i}`));
  assert.equal(w.sent('lan').length, 4);
  assert.equal(w.count('neighbor_table_full'), 4);
  w.send('dmz', udpOut('10.0.1.5', 1, '10.0.0.2'));
  assert.equal(w.sent('lan').length, 1);
});

worldTest('ERR-17 an error waits for its own neighbour like any packet', { answerArp: false }, (w) => {
  const dying = udpOut(HOST, 4000, REMOTE, {}, { ttl: 1 });
  w.send('lan', dying);
  assert.deepEqual(w.sent('lan'), []);
  w.send('lan', arpReply(HOST, '10.0.0.1', GW.lan));
  expectFrame(w.one('lan'), icmp({ type: 11 }), raw(dying.slice(14)));
  w.send('dmz', packet(eth({ dst: GW.dmz }), ipv4({ src: '10.0.1.8', dst: REMOTE, ttl: 1 }), udp()));
  w.advance(1500);
  assert.equal(w.event(CounterEvent.QueuedDropped), 1);
});

worldTest(
  'a neighbour that fails while its frames wait: each is told 3/1 or dropped, none lost uncounted',
  { yaml: `${lan}neighborTimers: { retry: 200ms, probes: 2 }\n` },
  (w) => {
    w.silent.add(UPSTREAM);
    for (let i = 0; i < 10; i++) w.send('lan', udpOut(HOST, 4000 + i));
    w.advance(600);
    assert.equal(w.count('neighbor_failed'), 10);
    assert.equal(w.sent('lan').length, 10);
  },
);
