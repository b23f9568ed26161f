import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { Verdict } from '../../src/shared/verdict.js';
import { decode } from '../support/decode.js';
import { answerTo, echoOut, externalPort, inward, outVia, tcpOut, udpOut } from '../support/flows.js';
import { eth, ipv4, packet, tcp, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { GW } from '../support/sample.js';
import { Team } from '../support/team.js';
import { worldTest } from '../support/world.js';
import { macOf } from '../support/worldParts.js';
import { natZone } from './natZone.js';

/** Static mappings and hairpinning (nat-behaviour.md 6, 7), with one worker and with several. */

const A = '198.51.100.7';
const ZONE = 'localAddresses: [192.0.2.10], mapping: eim, filtering: eif';
const WHOLE = '{ external: 192.0.2.50, inside: 10.0.0.50 }';
const SHELL = '{ protocol: tcp, external: "192.0.2.10:2222", inside: "10.0.0.60:22" }';
const statics = (...list: string[]): string => `staticMappings: [${list.join(', ')}]\n`;
const both = natZone(ZONE, 'portHold: off', statics(WHOLE, SHELL));

/** What left by an interface after `frame` came in by another. */
type Pass = (iface: 'lan' | 'wan', frame: Uint8Array, out: 'lan' | 'wan') => MemoryFrame[];

/** The same test with 1, 2, 3 and 8 workers. */
function withWorkers(name: string, yaml: string, body: (pass: Pass, team: Team) => void): void {
  for (const workers of [1, 2, 3, 8])
    test(`${name}: ${workers} workers`, () => {
      const team = new Team(workers, new Dice(workers * 31), { yaml });
      body((iface, frame, out) => {
        team.push(iface, frame);
        team.settle();
        return team.sent(out);
      }, team);
      team.check();
    });
}

const ends = (frame: MemoryFrame | undefined): string => {
  assert.ok(frame !== undefined, 'a frame left');
  const d = decode(frame.octets);
  const l4 = d.udp ?? d.tcp;
  return `${d.ipv4!.src}:${l4?.sport ?? ''} > ${d.ipv4!.dst}:${l4?.dport ?? ''} ttl ${d.ipv4!.ttl}`;
};
const synTo = (dst: string, dport: number, sport = 4000, flags = 'S'): Uint8Array =>
  packet(inward(), ipv4({ src: A, dst }), tcp({ sport, dport, flags }));

withWorkers('STA-1 a 1:1 mapping: every protocol, both ways, ports unchanged, before every zone', both, (pass) => {
  assert.deepEqual(pass('lan', udpOut('10.0.0.50', 1234), 'wan').map(ends), [`192.0.2.50:1234 > ${A}:5000 ttl 63`]);
  assert.deepEqual(pass('lan', tcpOut('10.0.0.50', 1234, 'S'), 'wan').map(ends), [`192.0.2.50:1234 > ${A}:80 ttl 63`]);
  const echo = decode(pass('lan', echoOut('10.0.0.50', 77), 'wan')[0]!.octets);
  assert.deepEqual([echo.ipv4!.src, echo.icmp!.id], ['192.0.2.50', 77]);
  assert.deepEqual(pass('wan', synTo('192.0.2.50', 22), 'lan').map(ends), [`${A}:4000 > 10.0.0.50:22 ttl 63`]);
  const gre = packet(inward(), ipv4({ src: A, dst: '192.0.2.50', protocol: 47 }), new Uint8Array(24));
  assert.deepEqual(pass('wan', gre, 'lan').map(ends), [`${A}: > 10.0.0.50: ttl 63`]);
  const back = packet(
    eth({ dst: GW.lan, src: macOf('10.0.0.50') }),
    ipv4({ src: '10.0.0.50', dst: A, protocol: 47 }),
    new Uint8Array(24),
  );
  assert.deepEqual(pass('lan', back, 'wan').map(ends), [`192.0.2.50: > ${A}: ttl 63`]);
});

withWorkers('STA-2 a port forward: answers leave from its external port; other ports of the host by the zone', both, (pass) => {
  assert.deepEqual(pass('wan', synTo('192.0.2.10', 2222), 'lan').map(ends), [`${A}:4000 > 10.0.0.60:22 ttl 63`]);
  const answer = tcpOut('10.0.0.60', 22, 'SA', A, { dport: 4000 });
  assert.deepEqual(pass('lan', answer, 'wan').map(ends), [`192.0.2.10:2222 > ${A}:4000 ttl 63`]);
  const other = decode(pass('lan', udpOut('10.0.0.60', 22), 'wan')[0]!.octets);
  assert.notEqual(other.udp!.sport, 2222);
  assert.deepEqual(pass('wan', synTo('192.0.2.10', 2222, 4000, 'A'), 'lan').length, 1);
  assert.equal(pass('wan', synTo('192.0.2.10', 2223), 'lan').length, 0);
});

withWorkers('TCP-8 a client of a port forward that reuses its port right after its connection is let in', both, (pass) => {
  pass('wan', synTo('192.0.2.10', 2222), 'lan');
  for (const flags of ['SA', 'FA']) pass('lan', tcpOut('10.0.0.60', 22, flags, A, { dport: 4000 }), 'wan');
  pass('wan', synTo('192.0.2.10', 2222, 4000, 'FA'), 'lan');
  assert.equal(pass('wan', synTo('192.0.2.10', 2222), 'lan').length, 1);
  assert.equal(pass('lan', tcpOut('10.0.0.60', 22, 'SA', A, { dport: 4000 }), 'wan').length, 1);
});

worldTest(
  'STA-3 STA-4 a mapping that a reload adds, changes or removes ends the sessions it contradicts and no other',
  { yaml: natZone('localAddresses: [192.0.2.10], ports: 2000-2001, mapping: apdm, overload: false') },
  (w) => {
    const keys = 'localAddresses: [192.0.2.10], ports: 2000-2001, mapping: apdm, overload: false';
    const reload = (rest: string): void => {
      w.reload(natZone(keys, 'portHold: off', rest), 2);
      w.turn.endContradicted();
      w.settle();
    };
    const port = externalPort(outVia(w, 'lan', tcpOut('10.0.0.5', 1, 'S')));
    w.send('lan', tcpOut('10.0.0.5', 2, 'S'));
    reload(statics(`{ protocol: tcp, external: "192.0.2.10:${port}", inside: "10.0.0.9:80" }`));
    assert.equal(w.sessionCount, 1, 'the one whose port it is');
    w.send('wan', packet(inward(), ipv4({ src: A, dst: '192.0.2.10' }), tcp({ sport: 9, dport: port, flags: 'S' })));
    assert.equal(w.sessionCount, 2);
    reload(statics(`{ protocol: tcp, external: "192.0.2.10:${port}", inside: "10.0.0.9:81" }`));
    assert.equal(w.sessionCount, 1);
    w.send('wan', packet(inward(), ipv4({ src: A, dst: '192.0.2.10' }), tcp({ sport: 9, dport: port, flags: 'S' })));
    reload('');
    assert.equal(w.sessionCount, 1);
    w.sent('wan');
    w.send('lan', tcpOut('10.0.0.5', 2, 'A'), tcpOut('10.0.0.7', 1, 'S'));
    assert.equal(w.sent('wan').length, 2, 'the other one lives, and the port is handed out again');
  },
);

withWorkers(
  'HAI-1 Z26 a host reaches another by its external endpoint, source and answer external; TTL less one',
  both,
  (pass) => {
    const there = decode(pass('lan', udpOut('10.0.0.6', 700), 'wan')[0]!.octets);
    const port = there.udp!.sport;
    const came = pass('lan', udpOut('10.0.0.5', 500, '192.0.2.10', { dport: port }), 'lan')[0]!;
    const d = decode(came.octets);
    assert.deepEqual([d.ipv4!.src, d.ipv4!.dst, d.udp!.dport, d.ipv4!.ttl], ['192.0.2.10', '10.0.0.6', 700, 63]);
    const answer = udpOut('10.0.0.6', 700, '192.0.2.10', { dport: d.udp!.sport });
    assert.deepEqual(pass('lan', answer, 'lan').map(ends), [`192.0.2.10:${port} > 10.0.0.5:500 ttl 63`]);
    // And once both are known.
    assert.equal(pass('lan', udpOut('10.0.0.5', 500, '192.0.2.10', { dport: port }), 'lan').length, 1);
  },
);

withWorkers('HAI-3 a host that calls its own mapping sees its external endpoint, not itself', both, (pass) => {
  const port = decode(pass('lan', udpOut('10.0.0.6', 700), 'wan')[0]!.octets).udp!.sport;
  const d = decode(pass('lan', udpOut('10.0.0.6', 701, '192.0.2.10', { dport: port }), 'lan')[0]!.octets);
  assert.deepEqual([d.ipv4!.src, d.ipv4!.dst, d.udp!.dport], ['192.0.2.10', '10.0.0.6', 700]);
  assert.notEqual(d.udp!.sport, 701);
  assert.deepEqual(pass('lan', udpOut('10.0.0.50', 9, '192.0.2.50', { dport: 10 }), 'lan').map(ends), [
    '192.0.2.50:9 > 10.0.0.50:10 ttl 63',
  ]);
  assert.deepEqual(
    pass('lan', tcpOut('10.0.0.60', 999, 'S', '192.0.2.10', { dport: 2222 }), 'lan').map((f) => decode(f.octets).ipv4!.src),
    ['192.0.2.10'],
  );
});

withWorkers('HAI-1 HAI-4 hairpin between static and dynamic; a TTL of 1 ends there', both, (pass) => {
  assert.deepEqual(pass('lan', udpOut('10.0.0.50', 9, '192.0.2.10', { dport: 1999 }), 'lan'), [], 'nobody has that port');
  const came = decode(pass('lan', tcpOut('10.0.0.5', 5, 'S', '192.0.2.10', { dport: 2222 }), 'lan')[0]!.octets);
  assert.deepEqual([came.ipv4!.src, came.ipv4!.dst, came.tcp!.dport, came.ipv4!.ttl], ['192.0.2.10', '10.0.0.60', 22, 63]);
  const error = decode(pass('lan', udpOut('10.0.0.5', 5, '192.0.2.50', {}, { ttl: 1 }), 'lan')[0]!.octets);
  assert.deepEqual([error.ipv4!.dst, error.icmp!.type], ['10.0.0.5', 11]);
});

withWorkers(
  'HAI-5 hairpin respects filtering',
  natZone('localAddresses: [192.0.2.10], mapping: eim, filtering: apdf'),
  (pass, team) => {
    const port = decode(pass('lan', udpOut('10.0.0.6', 700), 'wan')[0]!.octets).udp!.sport;
    assert.deepEqual(pass('lan', udpOut('10.0.0.5', 500, '192.0.2.10', { dport: port }), 'lan'), []);
    assert.equal(team.count(Verdict.DropFiltered), 1);
  },
);

worldTest('HAI-1 a hairpinned frame waits for its neighbour and goes on from there', { yaml: both }, (w) => {
  const port = externalPort(outVia(w, 'lan', udpOut('10.0.0.6', 700)));
  const queued = w.count('queued');
  w.send('lan', udpOut('10.0.0.5', 500, '192.0.2.10', { dport: port }));
  assert.equal(w.count('queued'), queued + 1);
  assert.deepEqual([w.sent('lan').length, w.count('martian_source')], [1, 0]);
});

worldTest(
  'LIM-1 what the outside begins through a mapping counts for the host',
  { yaml: natZone(`${ZONE}, hostLimits: { sessions: 3 }`) },
  (w) => {
    const d = outVia(w, 'lan', udpOut('10.0.0.5', 1));
    for (let i = 0; i < 5; i++)
      w.send('wan', packet(inward(), ipv4({ src: A, dst: d.ipv4!.src }), udp({ sport: 100 + i, dport: externalPort(d) })));
    assert.deepEqual([w.sessionCount, w.count('host_limit')], [3, 3]);
    w.send('wan', answerTo({ octets: udpOut('192.0.2.10', externalPort(d), A) }));
  },
);

worldTest(
  'STA-1 STA-3 a mapping that is added ends the session that its inside endpoint had by a zone, whatever port that has',
  { yaml: natZone(ZONE) },
  (w) => {
    w.send('lan', tcpOut('10.0.0.5', 1, 'S'), tcpOut('10.0.0.5', 2, 'S'), udpOut('10.0.0.5', 2), tcpOut('10.0.0.6', 2, 'S'));
    w.reload(natZone(ZONE, 'portHold: off', statics('{ protocol: tcp, external: "192.0.2.10:999", inside: "10.0.0.5:2" }')), 2);
    w.settle();
    assert.equal(w.sessionCount, 3);
    w.sent('wan');
    w.send('lan', tcpOut('10.0.0.5', 2, 'S'));
    assert.equal(decode(w.one('wan').octets).tcp!.sport, 999);
  },
);
