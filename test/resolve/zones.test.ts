import assert from 'node:assert/strict';
import { CounterEvent, ZoneCounter } from '../../src/shared/counters.js';
import { decode } from '../support/decode.js';
import { expectFrame } from '../support/expectFrame.js';
import { echoOut, externalPort, tcpOut, udpOut } from '../support/flows.js';
import { eth, icmp, ipv4, packet, raw } from '../support/layers.js';
import { GW, lan, REMOTE, small } from '../support/sample.js';
import { type World, worldTest } from '../support/world.js';
import { macOf } from '../support/worldParts.js';

/** Source addresses of what left by wan. */
function sources(w: World): string[] {
  return w.sent('wan').map((frame) => decode(frame.octets).ipv4!.src);
}

const ordered = (first: string): string => `
name: ordered
ifaces:
  - { name: lan, tap: t-lan, role: inside, mac: "02:aa:00:00:00:01", addresses: [10.0.0.1/8] }
  - { name: wan, tap: t-wan, role: outside, mac: "02:aa:00:00:00:02", addresses: [192.0.2.1/24] }
routes: [default via 192.0.2.254 dev wan]
zones:
${first}
`;
const NARROW = '  - { name: a, match: 10.1.1.0/24, localAddresses: [192.0.2.10] }';
const WIDE = '  - { name: b, match: 10.1.0.0/16, localAddresses: [192.0.2.11] }';
const ALL = '  - { name: all, match: 0.0.0.0/0, localAddresses: [192.0.2.12] }';
const THREE = ['10.1.1.1', '10.1.2.1', '10.2.0.1'];

worldTest('Z02 ZON-1 ordered first match: three sources, three pools', { yaml: ordered([NARROW, WIDE, ALL].join('\n')) }, (w) => {
  for (const from of THREE) w.send('lan', udpOut(from, 4000));
  assert.deepEqual(sources(w), ['192.0.2.10', '192.0.2.11', '192.0.2.12']);
});

worldTest(
  'Z02 ordered first match: the catch-all first takes everything',
  { yaml: ordered([ALL, NARROW, WIDE].join('\n')) },
  (w) => {
    for (const from of THREE) w.send('lan', udpOut(from, 4000));
    assert.deepEqual(sources(w), ['192.0.2.12', '192.0.2.12', '192.0.2.12']);
  },
);

worldTest('Z03 ZON-2 no fall-through: an empty zone refuses with 3/3 although a later one matches', {}, (w) => {
  const asked = udpOut('10.0.0.130', 4000);
  w.reload(`${lan}  - { name: all, match: 0.0.0.0/0, localAddresses: [192.0.2.30] }\n`);
  w.send('lan', asked);
  assert.deepEqual(w.sent('wan'), []);
  expectFrame(
    w.one('lan'),
    eth({ dst: macOf('10.0.0.130') }),
    ipv4({ src: '10.0.0.1', dst: '10.0.0.130', ttl: 64 }),
    icmp({ type: 3, code: 3 }),
    raw(asked.slice(14)),
  );
  assert.equal(w.count('zone_empty'), 1);
  assert.equal(w.state.counters.zones[w.index.zone('empty') * ZoneCounter.Count + ZoneCounter.Refused], 1);
  assert.equal(w.state.counters.zones[w.index.zone('all') * ZoneCounter.Count + ZoneCounter.Created], 0);
});

worldTest('Z04 ZON-2 no zone: a source outside every zone is refused with 3/3 and counted', {}, (w) => {
  w.send('lan', udpOut('10.0.0.200', 4000), echoOut('10.0.0.200', 1));
  assert.deepEqual(w.sent('wan'), []);
  const [first] = w.sent('lan');
  expectFrame(first, ipv4({ src: '10.0.0.1', dst: '10.0.0.200' }), icmp({ type: 3, code: 3 }));
  assert.equal(w.count('no_zone'), 2);
  assert.equal(w.count('zone_empty'), 0);
});

worldTest('GEN-4 ERR-15 reject is configurable: silence, 3/1, 3/13', {}, (w) => {
  for (const [reject, code] of [
    ['silent', -1],
    ['host-unreach', 1],
    ['admin-prohib', 13],
  ] as const) {
    w.reload(`${lan}reject: ${reject}\n`);
    w.send('lan', udpOut('10.0.0.200', 4000));
    const told = w.sent('lan');
    if (code < 0) assert.deepEqual(told, []);
    else expectFrame(told[0], icmp({ type: 3, code }));
  }
});

worldTest('Z05 a blackhole zone blocks its own subnet only', {}, (w) => {
  w.send('lan', udpOut('10.0.0.190', 1), udpOut('10.0.0.127', 1), udpOut('10.0.0.128', 1));
  assert.equal(sources(w).length, 1);
  assert.equal(w.count('zone_empty'), 2);
});

worldTest('Z06 GEN-1 strict rr: 300 sequential sessions over 3 addresses, 100 each, in the order of the list', {}, (w) => {
  const seen: string[] = [];
  for (let i = 0; i < 300; i++) {
    w.send('lan', tcpOut('10.0.0.5', 10_000 + i, 'S'));
    seen.push(...sources(w));
  }
  const pool = ['192.0.2.10', '192.0.2.11', '192.0.2.12'];
  assert.deepEqual(
    seen,
    Array.from({ length: 300 }, (_, i) => pool[i % 3]),
  );
});

worldTest('Z06 the rotation is per zone and keeps its place by name across a reload', {}, (w) => {
  w.send('lan', udpOut('10.0.0.5', 1));
  w.send('dmz', udpOut('10.9.0.5', 1, REMOTE));
  const dmz = packet(eth({ dst: GW.dmz, src: macOf('10.0.1.9') }), udpOut('10.9.0.5', 1).slice(14));
  w.send('dmz', dmz);
  w.reload(lan);
  w.send('lan', udpOut('10.0.0.5', 2));
  assert.deepEqual(sources(w), ['192.0.2.10', '192.0.2.20', '192.0.2.11']);
  assert.equal(w.count('not_for_us'), 1);
});

worldTest(
  'ZON-3 PRT-2 EXH-1 ports run out: the pool is used up to its last port, then 3/1 and ports_exhausted; each address is tried',
  { yaml: small('2000-2127') },
  (w) => {
    const ports = new Set<number>();
    for (let i = 0; i < 128; i++) {
      w.send('lan', udpOut('10.0.0.5', 3000 + i));
      ports.add(externalPort(decode(w.one('wan').octets)));
    }
    assert.equal(ports.size, 128);
    assert.ok(Math.min(...ports) === 2000 && Math.max(...ports) === 2127);
    w.send('lan', udpOut('10.0.0.5', 5000));
    assert.deepEqual(w.sent('wan'), []);
    expectFrame(w.one('lan'), icmp({ type: 3, code: 1 }));
    assert.equal(w.count('ports_exhausted'), 1);
    assert.equal(w.event(CounterEvent.AddressRetries), 1);
    // EXH-1: those that have a session keep it.
    w.send('lan', udpOut('10.0.0.5', 3000));
    assert.equal(w.sent('wan').length, 1);
    // A protocol of its own space is not concerned.
    w.send('lan', tcpOut('10.0.0.5', 5000, 'S'), echoOut('10.0.0.5', 9));
    assert.equal(w.sent('wan').length, 2);
  },
);

worldTest(
  'EXH-3 the first port freed is usable by the next packet; in the end nothing is left',
  { yaml: small('1024-1087') },
  (w) => {
    for (let i = 0; i < 65; i++) w.send('lan', udpOut('10.0.0.5', 3000 + i));
    assert.equal(w.count('ports_exhausted'), 1);
    w.advance(1500);
    for (let i = 1; i < 64; i++) w.send('lan', udpOut('10.0.0.5', 3000 + i));
    w.advance(900);
    assert.equal(w.sessionCount, 63);
    w.sent('wan');
    w.send('lan', udpOut('10.0.0.5', 5000));
    assert.equal(w.sent('wan').length, 1);
    w.advance(4000);
    assert.equal(w.sessionCount, 0);
  },
);

worldTest('LIM-3 a full session table refuses newcomers and keeps what it has; the port goes back', { sessions: 64 }, (w) => {
  for (let i = 0; i < 70; i++) w.send('lan', udpOut('10.0.0.5', 3000 + i));
  assert.equal(w.sessionCount, 64);
  assert.equal(w.count('sessions_full'), 6);
  w.sent('wan');
  w.send('lan', udpOut('10.0.0.5', 3000));
  assert.equal(w.sent('wan').length, 1);
});

worldTest(
  'ZON-3 a full address is passed over: new sessions take the other one, none refused until both are full',
  { yaml: small('1024-1087').replace('[192.0.2.10]', '[192.0.2.10, 192.0.2.11]') },
  (w) => {
    for (let i = 0; i < 128; i++) w.send('lan', udpOut('10.0.0.5', 3000 + i));
    assert.equal(new Set(sources(w)).size, 2);
    w.advance(1500);
    // Every other session is of the first address; those are kept alive, the others end.
    for (let i = 0; i < 128; i += 2) w.send('lan', udpOut('10.0.0.5', 3000 + i));
    w.sent('wan');
    w.advance(700);
    assert.equal(w.sessionCount, 64);
    for (let i = 0; i < 64; i++) w.send('lan', udpOut('10.0.0.5', 6000 + i));
    assert.deepEqual(new Set(sources(w)), new Set(['192.0.2.11']));
    assert.equal(w.event(CounterEvent.AddressRetries), 32);
    assert.equal(w.count('ports_exhausted'), 0);
    w.send('lan', udpOut('10.0.0.5', 7000));
    assert.equal(w.count('ports_exhausted'), 1);
  },
);
