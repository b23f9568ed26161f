import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Verdict } from '../../src/shared/verdict.js';
import { expectFrame } from '../support/expectFrame.js';
import { echoOut, inward, outward, tcpOut, udpOut } from '../support/flows.js';
import { arp, eth, icmp, ipv4, packet, raw, tcp, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { policy } from '../support/policySample.js';
import { GW, REMOTE } from '../support/sample.js';
import { Team } from '../support/team.js';
import { worldTest } from '../support/world.js';
import { macOf } from '../support/worldParts.js';

/** Whole prefixes that are the router's own (AnyIP), and what remains of its addresses without rule 0. */

const HOST = '10.0.0.11';
const ANY = '203.0.113.99';
const upstream = 'default via 192.0.2.254 dev wan';
const anyIp = policy({
  routes: [upstream, 'local 203.0.113.64/26 dev lo table local', 'broadcast 203.0.113.30 dev lan table local'],
});

worldTest('ICM-3 AnyIP: every address of a local prefix answers, from inside and outside', { yaml: anyIp }, (w) => {
  for (const to of ['203.0.113.64', ANY, '203.0.113.127']) {
    w.send('lan', echoOut(HOST, 1, to, {}, { ttl: 1 }));
    expectFrame(w.one('lan'), ipv4({ src: to, dst: HOST, ttl: 64 }), icmp({ type: 0, id: 1 }));
    w.send('wan', packet(inward(), ipv4({ src: REMOTE, dst: to }), icmp({ type: 8, id: 2 })));
    expectFrame(w.one('wan'), ipv4({ src: to, dst: REMOTE }), icmp({ type: 0, id: 2 }));
  }
  const asked = udpOut(HOST, 1, ANY);
  w.send('lan', asked);
  expectFrame(w.one('lan'), ipv4({ src: ANY, dst: HOST }), icmp({ type: 3, code: 3 }), raw(asked.slice(14)));
  w.send('lan', tcpOut(HOST, 1, 'S', ANY));
  expectFrame(w.one('lan'), ipv4({ src: ANY, dst: HOST }), tcp({ flags: 'RA', sport: 80 }));
  w.send('lan', udpOut(HOST, 1, '10.0.1.7', {}, { src: ANY }), udpOut(HOST, 1, '203.0.113.30'));
  assert.deepEqual([w.count('martian_source'), w.count('broadcast'), w.sessionCount], [1, 1, 0]);
  w.send('lan', udpOut(HOST, 1, '203.0.113.128'));
  expectFrame(w.one('wan'), ipv4({ dst: '203.0.113.128' }));
  w.arps('lan');
  w.send('lan', packet(eth({ src: macOf(HOST) }), arp({ senderMac: macOf(HOST), senderIp: HOST, targetIp: ANY })));
  assert.deepEqual(w.arps('lan'), [], 'no host is on the link by that');
});

const byRule = policy({
  rules: ['pref 100 from 10.0.0.0/28 lookup 9'],
  routes: [upstream, 'local 203.0.113.64/26 dev lo table 9', '203.0.113.80 via 10.0.1.9 dev dmz table 9'],
});

for (const workers of [1, 2])
  test(`ICM-3 AnyIP in a table of its own: for those that the rule is for, ${workers} workers`, () => {
    const team = new Team(workers, new Dice(3), { yaml: byRule });
    for (let i = 2; i < 16; i++) {
      team.push('lan', echoOut(`10.0.0.${i}`, 1, ANY));
      team.push('lan', echoOut(`10.0.0.${i + 100}`, 1, ANY));
      team.push('lan', udpOut(`10.0.0.${i}`, 1, '203.0.113.80'));
    }
    team.settle();
    const answers = team.sent('lan');
    assert.equal(answers.length, 14);
    for (const frame of answers) expectFrame(frame, ipv4({ src: ANY }), icmp({ type: 0 }));
    for (const frame of team.sent('wan')) expectFrame(frame, ipv4({ src: '192.0.2.10', dst: ANY }));
    assert.equal(team.sent('dmz').length, 14, 'a longer prefix goes on');
    assert.deepEqual([team.count(Verdict.EchoAnswered), team.sessionCount], [14, 14]);
    team.check();
  });

worldTest(
  'dvr.md 4.2 a local prefix of table local comes before what is connected',
  { yaml: policy({ routes: ['local 10.0.1.0/24 dev lo table local', 'local 172.16.0.0/12 dev lo table local'] }) },
  (w) => {
    w.send('lan', echoOut(HOST, 1, '10.0.1.7'));
    expectFrame(w.one('lan'), ipv4({ src: '10.0.1.7', dst: HOST }), icmp({ type: 0 }));
    assert.deepEqual([w.sent('dmz'), w.arps('dmz')], [[], []]);
  },
);

worldTest(
  'dvr.md 4.2 a shorter local prefix of table local, too: main is asked only by the next rule',
  { yaml: policy({ routes: ['local 10.0.0.0/15 dev lo table local'] }) },
  (w) => {
    w.send('lan', echoOut(HOST, 1, '10.0.1.7', {}, { src: '10.3.0.1' }));
    assert.deepEqual([w.sent('dmz'), w.arps('dmz'), w.count('local_no_way_back')], [[], [], 1]);
  },
);

const withoutRule0 = policy({
  rules: ['pref 100 from 10.0.0.0/28 lookup local'],
  routes: [upstream],
  more: 'defaultRules: { local: false, force: true }',
});

worldTest(
  'dvr.md 4.2 without rule 0 own addresses are those of whom other rules bring to table local',
  { yaml: withoutRule0 },
  (w) => {
    w.send('lan', echoOut('10.0.0.5', 1, '10.0.0.1'), echoOut('10.0.0.5', 2, '10.0.1.1'), udpOut('10.0.0.5', 1, '10.0.0.255'));
    const answers = w.sent('lan');
    assert.equal(answers.length, 2);
    expectFrame(answers[1], ipv4({ src: '10.0.1.1', dst: '10.0.0.5' }), icmp({ type: 0 }));
    assert.equal(w.count('broadcast'), 1);
    // Nobody else: it is a host of the segment like any, who does not answer.
    w.silent.add('10.0.0.1');
    w.send('lan', echoOut('10.0.0.100', 1, '10.0.0.1'));
    w.advance(1200);
    expectFrame(w.one('lan'), ipv4({ dst: '10.0.0.100' }), icmp({ type: 3, code: 1 }));
    w.send('lan', udpOut('10.0.0.100', 1, '10.0.1.7'), udpOut('10.0.0.100', 1));
    assert.deepEqual([w.sent('dmz').length, w.sent('wan').length], [1, 1]);
  },
);

worldTest(
  'dvr.md 4.2 rule 0 at another place: what comes before it decides',
  {
    yaml: policy({
      rules: ['pref 50 to 10.0.1.1 from 10.0.0.0/28 prohibit', 'pref 100 lookup local'],
      routes: [upstream],
      more: 'defaultRules: { local: false, force: true }',
    }),
  },
  (w) => {
    w.send('lan', echoOut('10.0.0.5', 1, '10.0.1.1'));
    expectFrame(w.one('lan'), icmp({ type: 3, code: 13 }));
    w.send('lan', echoOut('10.0.0.50', 1, '10.0.1.1'));
    expectFrame(w.one('lan'), ipv4({ src: '10.0.1.1' }), icmp({ type: 0 }));
    w.send('lan', udpOut('10.0.0.5', 9));
    expectFrame(w.one('wan'), ipv4({ src: '192.0.2.10' }));
    // Another host's answer by the address of the zone.
    w.send('lan', udpOut('10.0.0.50', 9, '192.0.2.10'));
    assert.equal(w.count('no_session') + w.count('filtered'), 1);
  },
);

const onLink = policy({
  rules: ['pref 100 from 10.0.1.0/24 to 172.30.0.0/16 lookup 9'],
  routes: [
    upstream,
    '172.16.5.0/24 dev dmz',
    '172.30.0.0/16 dev lan table 9',
    '172.17.0.0/16 via 172.16.5.1',
    '172.18.0.0/16 via 9.9.9.9 dev dmz onlink',
  ],
});

worldTest(
  'FWD-8 on-link routes: the neighbour is the destination; gateways behind them, and onlink ones',
  { yaml: onLink },
  (w) => {
    for (const [to, next] of [
      ['172.16.5.77', '172.16.5.77'],
      ['172.17.3.4', '172.16.5.1'],
      ['172.18.3.4', '9.9.9.9'],
    ] as const) {
      w.send('lan', udpOut(HOST, 1, to));
      expectFrame(w.one('dmz'), eth({ dst: macOf(next), src: GW.dmz }), ipv4({ src: HOST, dst: to, ttl: 63 }));
      const [request] = w.arps('dmz');
      expectFrame(request, arp({ op: 1, targetIp: next, senderIp: '10.0.1.1' }));
    }
    w.send('dmz', udpOut('10.0.1.7', 1, '172.30.1.2'));
    expectFrame(w.one('lan'), eth({ dst: macOf('172.30.1.2') }), ipv4({ src: '10.0.1.7' }));
  },
);

worldTest('ARP-2 who is on the link by a route asks, is answered and learnt', { yaml: onLink, answerArp: false }, (w) => {
  const ask = (iface: 'lan' | 'dmz', from: string): void =>
    w.send(
      iface,
      packet(
        eth({ src: macOf(from) }),
        arp({ senderMac: macOf(from), senderIp: from, targetIp: iface === 'lan' ? '10.0.0.1' : '10.0.1.1' }),
      ),
    );
  ask('dmz', '172.16.5.77');
  expectFrame(w.arps('dmz')[0], arp({ op: 2, senderIp: '10.0.1.1', senderMac: GW.dmz, targetIp: '172.16.5.77' }));
  w.send('lan', udpOut(HOST, 1, '172.16.5.77'));
  expectFrame(w.one('dmz'), eth({ dst: macOf('172.16.5.77') }));
  assert.deepEqual(w.arps('dmz'), [], 'it is known');
  // By another interface than its own it is answered and not learnt.
  ask('lan', '172.16.5.78');
  assert.equal(w.arps('lan').length, 1);
  w.send('lan', udpOut(HOST, 1, '172.16.5.78'));
  assert.equal(w.arps('dmz').length, 1, 'it is asked for');
});

worldTest('FWD-2 what is on the link behind a policy answers to nobody it does not know', { yaml: onLink }, (w) => {
  w.send('lan', packet(outward(HOST), ipv4({ src: HOST, dst: '172.30.1.2' }), udp()));
  expectFrame(w.one('wan'), ipv4({ src: '192.0.2.10', dst: '172.30.1.2' }));
});
