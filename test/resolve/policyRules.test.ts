import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Verdict } from '../../src/shared/verdict.js';
import { decode } from '../support/decode.js';
import { expectFrame } from '../support/expectFrame.js';
import { echoOut, outward, tcpOut, udpOut } from '../support/flows.js';
import { eth, icmp, ipv4, type Layer, packet, raw, tcp, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { policy } from '../support/policySample.js';
import { GW } from '../support/sample.js';
import { Team } from '../support/team.js';
import { type World, worldTest } from '../support/world.js';
import { macOf } from '../support/worldParts.js';

/** What rules make of frames: selectors, actions, and what the sender is told (dvr.md 4.2). */

const HOST = '10.0.0.11';
const OTHER = '10.0.1.7';
const FAR = '8.8.8.8';

/** F32, F33: what a router has per inside network (dvr.md 4.1), as the listings of Neutron show it. */
const redirect = policy({
  rules: ['pref 167772161 from 10.0.0.1/24 lookup 167772161', 'pref 167772417 from 10.0.1.1/24 lookup 167772417'],
  routes: ['default via 10.0.0.3 dev lan table 167772161', 'default via 10.0.1.3 dev dmz table 167772417'],
});

worldTest(
  'F32 FWD-13 SNAT redirect: by the interface it came in, to 10.0.0.3; connected comes before; else 3/0',
  { yaml: redirect },
  (w) => {
    w.send('lan', udpOut(HOST, 1, FAR));
    expectFrame(
      w.one('lan'),
      eth({ dst: macOf('10.0.0.3'), src: GW.lan }),
      ipv4({ src: HOST, dst: FAR, ttl: 63 }),
      udp({ sport: 1 }),
    );
    w.send('dmz', udpOut(OTHER, 2, FAR));
    expectFrame(w.one('dmz'), eth({ dst: macOf('10.0.1.3'), src: GW.dmz }), ipv4({ src: OTHER, dst: FAR, ttl: 63 }));
    w.send('lan', udpOut(HOST, 3, OTHER));
    expectFrame(w.one('dmz'), eth({ dst: macOf(OTHER) }), ipv4({ src: HOST, dst: OTHER, ttl: 63 }));
    const stranger = packet(outward(HOST), ipv4({ src: '10.0.2.5', dst: FAR }), udp());
    w.send('lan', stranger);
    assert.deepEqual([w.count('no_route'), w.sent('wan'), w.sent('wan2')], [1, [], []]);
    assert.equal(w.sessionCount, 0);
    w.send('lan', echoOut(HOST, 9, '10.0.1.1'));
    expectFrame(w.one('lan'), ipv4({ src: '10.0.1.1', dst: HOST }), icmp({ type: 0 }));
  },
);

test('F32 SNAT redirect with two workers, hosts of two networks', () => {
  const team = new Team(2, new Dice(5), { yaml: redirect });
  for (let i = 0; i < 20; i++) {
    team.push('lan', udpOut(`10.0.0.${20 + i}`, i, FAR));
    team.push('dmz', udpOut(`10.0.1.${20 + i}`, i, FAR));
  }
  team.settle();
  for (const [iface, next] of [
    ['lan', '10.0.0.3'],
    ['dmz', '10.0.1.3'],
  ] as const) {
    const frames = team.sent(iface);
    assert.equal(frames.length, 20);
    for (const frame of frames) expectFrame(frame, eth({ dst: macOf(next) }), ipv4({ dst: FAR, ttl: 63 }));
  }
  assert.equal(team.count(Verdict.Routed), 40);
  team.check();
});

/** Sends a frame of HOST to FAR and says what became of it: where it left, or which ICMP came back. */
function fate(w: World, frame: Uint8Array): string {
  w.send('lan', frame);
  const went = ['dmz', 'wan', 'wan2'].filter((iface) => w.sent(iface).length > 0);
  const told = w.sent('lan').map(({ octets }) => decode(octets));
  const back = told.flatMap((d) => (d.ipv4!.dst === decode(frame).ipv4!.src && d.icmp ? [`${d.icmp.type}/${d.icmp.code}`] : []));
  const redirected = told.filter((d) => d.ipv4!.dst !== decode(frame).ipv4!.src).map((d) => d.eth!.dst);
  return [...went, ...back, ...redirected].join() || 'nothing';
}

const refusing = (rule: string, route: string): string =>
  policy({ rules: [`pref 100 from ${HOST} ${rule}`], routes: ['default via 10.0.1.9 dev dmz', route] });

for (const [words, route, expected, reason] of [
  ['unreachable', '10.77.0.0/16 via 10.0.1.9', '3/0', 'route_unreachable'],
  ['reject', '10.77.0.0/16 via 10.0.1.9', '3/0', 'route_unreachable'],
  ['prohibit', '10.77.0.0/16 via 10.0.1.9', '3/13', 'route_prohibit'],
  ['blackhole', '10.77.0.0/16 via 10.0.1.9', 'nothing', 'route_blackhole'],
  ['lookup 9', 'unreachable 8.0.0.0/8 table 9', '3/1', 'route_unreachable'],
  ['lookup 9', 'prohibit 8.0.0.0/8 table 9', '3/13', 'route_prohibit'],
  ['lookup 9', 'blackhole 8.0.0.0/8 table 9', 'nothing', 'route_blackhole'],
  ['lookup 9', 'throw 8.0.0.0/8 table 9', 'dmz', 'routed'],
  ['lookup 9', '8.0.0.0/8 via 10.0.0.9 table 9', macOf('10.0.0.9'), 'routed'],
  ['lookup 9', 'broadcast 8.8.8.8 dev dmz table 9', 'nothing', 'broadcast'],
  ['lookup 9', 'multicast 8.8.8.8 dev dmz table 9', 'nothing', 'broadcast'],
  ['lookup 9', '8.8.8.0/24 dev lo table 9', 'nothing', 'route_blackhole'],
  ['nop', '10.77.0.0/16 via 10.0.1.9', 'dmz', 'routed'],
] as const)
  worldTest(`F28 a rule "${words}" with "${route}": ${expected}`, { yaml: refusing(words, route) }, (w) => {
    const before = w.count(reason);
    assert.equal(fate(w, udpOut(HOST, 1, FAR)), expected);
    assert.equal(w.count(reason) - before, 1);
    assert.equal(fate(w, udpOut('10.0.0.12', 1, FAR)), 'dmz', 'other sources');
    // An unroutable packet with TTL 1 is told that, not that its time is over.
    if (expected.startsWith('3/')) assert.equal(fate(w, udpOut(HOST, 1, FAR, {}, { ttl: 1 })), expected);
  });

worldTest(
  'F28 nothing matches, or the last table has a throw: 3/0',
  { yaml: policy({ rules: ['lookup 9'], routes: ['throw default table 9'] }) },
  (w) => {
    assert.equal(fate(w, udpOut(HOST, 1, FAR)), '3/0');
    assert.equal(fate(w, udpOut(HOST, 1, FAR, {}, { ttl: 1 })), '3/0');
    assert.equal(w.count('no_route'), 2);
  },
);

const jumps = policy({
  rules: [
    'pref 100 to 8.8.0.0/16 goto 300',
    'pref 110 to 9.9.9.9 goto 999',
    'pref 200 from 10.0.0.0/24 prohibit',
    'pref 300 from 10.0.0.12 blackhole',
    'pref 400 to 8.8.8.8 lookup 9',
  ],
  routes: ['8.8.8.0/24 via 10.0.1.8 table 9'],
});

worldTest('goto: on with the target, whose own selectors count; one nobody has is passed over', { yaml: jumps }, (w) => {
  assert.equal(fate(w, udpOut(HOST, 1, FAR)), 'dmz');
  assert.equal(fate(w, udpOut('10.0.0.12', 1, FAR)), 'nothing');
  assert.equal(fate(w, udpOut(HOST, 1, '9.9.9.9')), '3/13');
  assert.equal(fate(w, udpOut(HOST, 1, '7.7.7.7')), '3/13');
});

const suppressing = policy({
  rules: ['pref 100 lookup main suppress_prefixlength 0', 'pref 200 lookup 9 suppress_ifgroup 0', 'pref 300 lookup 10'],
  routes: [
    'default via 10.0.1.8',
    '8.0.0.0/8 via 10.0.1.9 table 9',
    'default via 10.0.0.3 dev lan table 10',
    '9.0.0.0/8 via 10.0.1.9',
  ],
});

worldTest('suppressors: no default route, and none out of a group', { yaml: suppressing }, (w) => {
  assert.equal(fate(w, udpOut(HOST, 1, FAR)), macOf('10.0.0.3'));
  assert.equal(fate(w, udpOut(HOST, 1, '9.0.0.1')), 'dmz');
});

/** A packet that a selector is for, one that it is not for. Whoever is selected goes to table 9, and so to dmz; else 3/0. */
const seg = (layer: Layer, ip: Parameters<typeof ipv4>[0] = {}): Uint8Array =>
  packet(outward(HOST), ipv4({ src: HOST, dst: FAR, ...ip }), layer, 'payload');
const selectors: readonly [selector: string, yes: readonly Uint8Array[], no: readonly Uint8Array[]][] = [
  ['from 10.0.0.8/29', [seg(udp())], [seg(udp(), { src: '10.0.0.16' })]],
  ['to 8.0.0.0/8', [seg(udp())], [seg(udp(), { dst: '9.0.0.1' })]],
  ['not from 10.0.0.8/29', [seg(udp(), { src: '10.0.0.16' })], [seg(udp())]],
  ['iif lan', [seg(udp())], []],
  ['iif dmz', [], [seg(udp())]],
  ['iif lo', [], [seg(udp())]],
  ['oif dmz', [], [seg(udp())]],
  ['iif nowhere', [], [seg(udp())]],
  ['not iif dmz', [seg(udp())], []],
  ['ipproto udp', [seg(udp())], [seg(tcp()), seg(icmp())]],
  ['ipproto 47', [seg(raw(new Uint8Array(8)), { protocol: 47 })], [seg(tcp())]],
  ['sport 1000-1999', [seg(udp({ sport: 1000 })), seg(tcp({ sport: 1999 }))], [seg(udp({ sport: 2000 })), seg(icmp())]],
  [
    'dport 53',
    [seg(udp({ dport: 53 })), seg(tcp({ dport: 53 }))],
    [seg(udp({ dport: 54 })), seg(udp({ dport: 53 }), { mf: true })],
  ],
  ['dport 53 ipproto tcp', [seg(tcp({ dport: 53 }))], [seg(udp({ dport: 53 }))]],
  ['tos 0x10', [seg(udp(), { tos: 0x10 }), seg(udp(), { tos: 0xf1 })], [seg(udp(), { tos: 0x18 }), seg(udp())]],
  ['dscp 46', [seg(udp(), { tos: 0xb8 }), seg(udp(), { tos: 0xbb })], [seg(udp(), { tos: 0xb4 }), seg(udp())]],
  ['fwmark 0/0xff', [seg(udp())], []],
  ['fwmark 1', [], [seg(udp())]],
  ['uidrange 0-0', [seg(udp())], []],
  ['uidrange 1-1000', [], [seg(udp())]],
];
for (const [selector, yes, no] of selectors)
  worldTest(
    `FWD-2 frames and the selector "${selector}"`,
    { yaml: policy({ rules: [`pref 40000 ${selector} lookup 9`], routes: ['default via 10.0.1.9 table 9'] }) },
    (w) => {
      for (const frame of yes) assert.equal(fate(w, frame), 'dmz', JSON.stringify(decode(frame)));
      for (const frame of no) assert.equal(fate(w, frame), '3/0', JSON.stringify(decode(frame)));
      // The same again, from the cache.
      for (const frame of yes) assert.equal(fate(w, frame), 'dmz');
    },
  );

const fragments = policy({ rules: ['dport 53 lookup 9'], routes: ['default via 10.0.1.9 table 9'] });

worldTest('FWD-2 no fragment has ports, not even the first', { yaml: fragments }, (w) => {
  w.send('lan', seg(udp({ dport: 53 })));
  w.send('lan', seg(udp({ dport: 53 }), { mf: true }), seg(raw('rest'), { offset: 16, protocol: 17 }));
  assert.deepEqual([w.sent('dmz').length, w.count('no_route')], [1, 2]);
});

const own = policy({
  rules: ['pref 100 iif lo to 10.0.0.0/24 lookup 9', 'pref 110 iif lo to 10.0.1.7 prohibit'],
  routes: ['10.0.0.0/24 via 10.0.0.99 table 9'],
});

worldTest('iif lo: what the router itself sends: echo replies, errors, RSTs; nothing that it forwards', { yaml: own }, (w) => {
  const via99 = [eth({ dst: macOf('10.0.0.99'), src: GW.lan }), ipv4({ dst: HOST })];
  w.send('lan', echoOut(HOST, 1, '10.0.0.1'));
  expectFrame(w.one('lan'), ...via99, icmp({ type: 0 }));
  w.send('lan', tcpOut(HOST, 1, 'S', '10.0.0.1'));
  expectFrame(w.one('lan'), ...via99, tcp({ flags: 'RA' }));
  w.send('lan', udpOut(HOST, 1, '10.0.0.1'));
  expectFrame(w.one('lan'), ...via99, icmp({ type: 3, code: 3 }));
  w.send('lan', udpOut(HOST, 1, FAR));
  expectFrame(w.one('lan'), ...via99, icmp({ type: 3, code: 0 }));
  w.send('dmz', echoOut(OTHER, 1, '10.0.1.1'));
  assert.deepEqual(w.sent('dmz'), [], 'it may not answer');
  w.send('dmz', udpOut(OTHER, 1, HOST));
  expectFrame(w.one('lan'), eth({ dst: macOf(HOST) }), ipv4({ src: OTHER }));
});

const ownPorts = policy({ rules: ['pref 100 sport 80 ipproto tcp lookup 9'], routes: ['default via 10.0.0.99 dev lan table 9'] });

worldTest('iif lo: an RST has ports, as any segment', { yaml: ownPorts }, (w) => {
  w.send('lan', tcpOut(HOST, 1, 'S', '10.0.0.1'));
  expectFrame(
    w.one('lan'),
    eth({ dst: macOf('10.0.0.99') }),
    ipv4({ src: '10.0.0.1', dst: HOST }),
    tcp({ flags: 'RA', sport: 80 }),
  );
  w.send('lan', tcpOut(HOST, 1, 'S', '10.0.0.1', { dport: 81 }));
  expectFrame(w.one('lan'), eth({ dst: macOf(HOST) }), tcp({ flags: 'RA', sport: 81 }));
});
