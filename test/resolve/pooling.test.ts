import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Verdict } from '../../src/shared/verdict.js';
import { Host, hostFind } from '../../src/tables/hosts.js';
import { decode } from '../support/decode.js';
import { answerTo, echoOut, outVia, tcpOut, udpOut } from '../support/flows.js';
import { Dice } from '../support/mutate.js';
import { wireIp } from '../support/octets.js';
import { Team } from '../support/team.js';
import { worldTest } from '../support/world.js';
import { natZone } from './natZone.js';

/** Choice of the address (zones.md 1.4) and limits of hosts (LIM-1, LIM-2). */

const THREE = 'localAddresses: [192.0.2.10, 192.0.2.11, 192.0.2.12]';
const A = '198.51.100.7';

for (const workers of [1, 2, 3, 8]) {
  test(`ZON-6 GEN-1 rr is exact: each of three addresses gets a third of 300 sessions: ${workers} workers`, () => {
    const team = new Team(workers, new Dice(workers), { yaml: natZone(`${THREE}, mapping: apdm`) });
    for (let i = 0; i < 300; i++) {
      team.push('lan', udpOut(`10.0.0.${2 + (i % 50)}`, 1000 + i));
      if (i % 10 === 0) team.settle();
    }
    team.settle();
    const counts = new Map<string, number>();
    for (const frame of team.sent('wan')) {
      const { src } = decode(frame.octets).ipv4!;
      counts.set(src, (counts.get(src) ?? 0) + 1);
    }
    assert.deepEqual([...counts.values()], [100, 100, 100]);
    team.check();
  });

  test(`PRT-2 ZON-3 every port of a pool of 16 is used, then none: ${workers} workers, all modes`, () => {
    for (const keys of [
      'mapping: apdm',
      'mapping: eim',
      'mapping: eim, filtering: eif, pooling: rr-host',
      'pooling: hash',
      'pooling: least',
    ]) {
      const yaml = natZone(`${THREE}, ports: 2000-2015, overload: false, ${keys}`);
      const team = new Team(workers, new Dice(workers), { yaml });
      const ends = new Set<string>();
      for (let i = 0; i < 60; i++) {
        team.push('lan', udpOut(`10.0.0.${2 + i}`, 1000));
        team.settle();
        for (const frame of team.sent('wan')) ends.add(`${decode(frame.octets).ipv4!.src} ${decode(frame.octets).udp!.sport}`);
      }
      assert.equal(ends.size, 48, keys);
      assert.equal(team.count(Verdict.DropPortsExhausted), 12, keys);
      team.check();
    }
  });
}

worldTest(
  'GEN-1 rr-host: a host keeps its address while it has any session, the next host gets the next',
  { yaml: natZone(`${THREE}, mapping: apdm, pooling: rr-host`) },
  (w) => {
    const from = (host: string, sport: number): string => outVia(w, 'lan', udpOut(host, sport)).ipv4!.src;
    for (let i = 0; i < 5; i++) {
      assert.equal(from('10.0.0.5', 100 + i), '192.0.2.10');
      assert.equal(from('10.0.0.6', 100 + i), '192.0.2.11');
    }
    assert.equal(outVia(w, 'lan', echoOut('10.0.0.5', 1)).ipv4!.src, '192.0.2.10');
    w.advance(6000);
    assert.equal(from('10.0.0.5', 1), '192.0.2.12');
  },
);

worldTest(
  'MAP-4 D18 rr-host: when the address of a host is full another is taken, none refused',
  { yaml: natZone(`${THREE}, ports: 2000-2003, mapping: apdm, overload: false, pooling: rr-host`) },
  (w) => {
    const sources = Array.from({ length: 12 }, (_, i) => outVia(w, 'lan', udpOut('10.0.0.5', 100 + i)).ipv4!.src);
    assert.deepEqual(sources.slice(0, 5), ['192.0.2.10', '192.0.2.10', '192.0.2.10', '192.0.2.10', '192.0.2.11']);
    w.send('lan', udpOut('10.0.0.5', 99));
    assert.equal(w.count('ports_exhausted'), 1);
  },
);

worldTest(
  'GEN-1 hash: a host comes back to its address, and hosts spread',
  { yaml: natZone(`${THREE}, mapping: apdm, pooling: hash`) },
  (w) => {
    const of = (host: string): string => outVia(w, 'lan', udpOut(host, 1)).ipv4!.src;
    const hosts = Array.from({ length: 60 }, (_, i) => `10.0.0.${2 + i}`);
    const first = hosts.map(of);
    assert.equal(new Set(first).size, 3);
    w.advance(6000);
    assert.deepEqual(hosts.map(of).reverse(), [...first].reverse());
  },
);

worldTest(
  'GEN-1 least: an address that joined late catches up',
  { yaml: natZone('localAddresses: [192.0.2.10], mapping: apdm, pooling: least') },
  (w) => {
    for (let i = 0; i < 10; i++) w.send('lan', udpOut('10.0.0.5', 1 + i));
    w.sent('wan');
    w.reload(natZone('localAddresses: [192.0.2.10, 192.0.2.11], mapping: apdm, pooling: least'), 2);
    for (let i = 0; i < 10; i++) assert.equal(outVia(w, 'lan', udpOut('10.0.0.5', 100 + i)).ipv4!.src, '192.0.2.11');
  },
);

const limited = natZone(`${THREE}, hostLimits: { sessions: 4, ports: 3, halfOpen: 2 }`);

for (const workers of [1, 2, 8]) {
  test(`LIM-1 EXH-1 EXH-2 Z27 a host at a limit is refused as host_limit and keeps what it has; others notice nothing: ${workers} workers`, () => {
    const team = new Team(workers, new Dice(workers), { yaml: limited });
    const passed = (frame: Uint8Array): number => {
      team.push('lan', frame);
      team.settle();
      return team.sent('wan').length;
    };
    const udps = [1, 2, 3, 4].map((sport) => passed(udpOut('10.0.0.5', sport)));
    assert.deepEqual(udps, [1, 1, 1, 0], 'three ports');
    assert.equal(passed(udpOut('10.0.0.5', 1, '198.51.100.8')), 1, 'a mapping needs no other port');
    assert.equal(passed(tcpOut('10.0.0.5', 1, 'S')), 0, 'four sessions');
    assert.equal(passed(udpOut('10.0.0.5', 1)), 1, 'what it has goes on');
    assert.deepEqual(
      [1, 2, 3].map((sport) => passed(tcpOut('10.0.0.6', sport, 'S'))),
      [1, 1, 0],
      'two half open',
    );
    assert.equal(passed(udpOut('10.0.0.6', 1)), 1);
    assert.equal(team.count(Verdict.DropHostLimit), 3);
    team.check();
  });
}

worldTest(
  'DOS-3 LIM-1 a SYN flood stops at the limit of half-open ones; the handshake and the timer give room',
  { yaml: limited },
  (w) => {
    w.send('lan', tcpOut('10.0.0.5', 1, 'S'));
    const first = w.one('wan');
    for (let i = 0; i < 100; i++) w.send('lan', tcpOut('10.0.0.5', 100 + i, 'S'));
    assert.equal(w.sessionCount, 2);
    assert.equal(w.count('host_limit'), 99);
    w.send('wan', answerTo(first));
    w.send('lan', tcpOut('10.0.0.5', 300, 'S'));
    assert.equal(w.sessionCount, 3);
    w.advance(4300);
    assert.equal(w.sessionCount, 1);
    const host = hostFind(w.state.hosts, wireIp('10.0.0.5'), 0);
    assert.equal(w.state.hosts.rows[host + Host.HalfOpen], 0);
  },
);

worldTest(
  'LIM-2 EXH-2 the rate of new sessions of a host, its burst, and its return',
  { yaml: natZone(`${THREE}, hostLimits: { newSessions: 2/s burst 5 }`) },
  (w) => {
    for (let i = 0; i < 10; i++) w.send('lan', udpOut('10.0.0.5', 1 + i), udpOut('10.0.0.5', 1));
    assert.deepEqual([w.sessionCount, w.count('host_rate')], [5, 5]);
    w.advance(1000);
    for (let i = 0; i < 10; i++) w.send('lan', udpOut('10.0.0.5', 100 + i));
    assert.equal(w.sessionCount, 7);
    w.send('lan', udpOut('10.0.0.6', 1));
    assert.equal(w.sessionCount, 8);
  },
);

worldTest(
  'EXH-2 the table of hosts is full: refused as hosts_full, and an idle host makes room',
  { yaml: natZone(`${THREE}`), hosts: 64 },
  (w) => {
    for (let i = 0; i < 70; i++) w.send('lan', udpOut(`10.0.0.${2 + i}`, 1, A));
    assert.deepEqual([w.sessionCount, w.count('hosts_full')], [64, 6]);
    w.advance(6000);
    w.send('lan', udpOut('10.0.0.200', 1, A));
    assert.equal(w.sessionCount, 1);
  },
);
