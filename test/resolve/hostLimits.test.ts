import assert from 'node:assert/strict';
import { echoOut, tcpOut, udpOut } from '../support/flows.js';
import { worldTest } from '../support/world.js';

const network = (zones: string, extra = ''): string => `
name: limits
ifaces:
  - { name: lan, tap: t-lan, role: inside, mac: "02:aa:00:00:00:01", addresses: [10.0.0.1/24] }
  - { name: wan, tap: t-wan, role: outside, mac: "02:aa:00:00:00:02", addresses: [192.0.2.1/24] }
routes: [default via 192.0.2.254 dev wan]
zones:
${zones}
${extra}`;
const limited = (limits: string): string =>
  network(`  - { name: tenants, match: 10.0.0.0/24, localAddresses: [192.0.2.10], hostLimits: { ${limits} } }`);

worldTest('LIM-1 Z27 a host at its limit of sessions is refused, another is not', { yaml: limited('sessions: 3') }, (w) => {
  for (let port = 1; port <= 5; port++) w.send('lan', udpOut('10.0.0.5', port));
  w.send('lan', udpOut('10.0.0.6', 1));
  assert.deepEqual([w.count('host_limit'), w.count('translated')], [2, 4]);
  // What it has goes on.
  w.send('lan', udpOut('10.0.0.5', 1));
  assert.equal(w.count('translated'), 5);
});

worldTest('LIM-1 ports are limited by protocol: sessions of a mapping need no other', { yaml: limited('ports: 1') }, (w) => {
  for (const remote of ['198.51.100.1', '198.51.100.2']) w.send('lan', udpOut('10.0.0.5', 1, remote));
  assert.equal(w.count('translated'), 2, 'two sessions, one port');
  w.send('lan', udpOut('10.0.0.5', 2));
  assert.equal(w.count('host_limit'), 1);
  w.send('lan', echoOut('10.0.0.5', 9), tcpOut('10.0.0.5', 1, 'S'));
  assert.deepEqual([w.count('host_limit'), w.count('translated')], [1, 4]);
});

worldTest('LIM-1 Z31 half-open connections are limited apart', { yaml: limited('halfOpen: 2') }, (w) => {
  for (let port = 1; port <= 4; port++) w.send('lan', tcpOut('10.0.0.5', port, 'S'));
  w.send('lan', udpOut('10.0.0.5', 1), tcpOut('10.0.0.6', 1, 'S'));
  assert.deepEqual([w.count('host_limit'), w.count('translated')], [2, 4]);
});

worldTest('LIM-2 new sessions by rate: a burst, then so many per second', { yaml: limited('newSessions: 2/s burst 4') }, (w) => {
  for (let port = 1; port <= 6; port++) w.send('lan', udpOut('10.0.0.5', port));
  assert.deepEqual([w.count('host_rate'), w.count('translated')], [2, 4]);
  w.advance(1000);
  for (let port = 11; port <= 14; port++) w.send('lan', udpOut('10.0.0.5', port));
  assert.deepEqual([w.count('host_rate'), w.count('translated')], [4, 6]);
});

const reasons = network(
  `
  - { name: off, match: 10.0.0.8/32, localAddresses: [192.0.2.11], protocols: [udp] }
  - { name: empty, match: 10.0.0.9/32, localAddresses: [] }
  - { name: full, match: 10.0.0.10/32, localAddresses: [192.0.2.12], ports: 2000-2001, overload: false }
  - { name: few, match: 10.0.0.16/28, localAddresses: [192.0.2.13], hostLimits: { sessions: 1, newSessions: 3/s burst 3 } }
  - { name: rest, match: 10.0.0.32/27, localAddresses: [192.0.2.14] }`,
);

worldTest('EXH-2 each refusal has its reason', { yaml: reasons, hosts: 8, sessions: 8 }, (w) => {
  w.send('lan', udpOut('10.0.0.200', 1));
  w.send('lan', tcpOut('10.0.0.8', 1, 'S'));
  w.send('lan', udpOut('10.0.0.9', 1));
  for (let port = 1; port <= 3; port++) w.send('lan', udpOut('10.0.0.10', port));
  assert.deepEqual(
    ['no_zone', 'no_service', 'zone_empty', 'ports_exhausted'].map((reason) => w.count(reason)),
    [1, 1, 1, 1],
  );
  for (let port = 1; port <= 2; port++) w.send('lan', udpOut('10.0.0.17', port));
  assert.equal(w.count('host_limit'), 1);
  for (let host = 33; host <= 37; host++) w.send('lan', udpOut(`10.0.0.${host}`, 1));
  assert.deepEqual([w.sessionCount, w.count('sessions_full')], [8, 0]);
  w.send('lan', udpOut('10.0.0.33', 2));
  assert.equal(w.count('sessions_full'), 1);
});

worldTest('EXH-2 hosts_full: no room for one more inside host with sessions', { yaml: reasons, hosts: 2 }, (w) => {
  for (let host = 33; host <= 35; host++) w.send('lan', udpOut(`10.0.0.${host}`, 1));
  assert.deepEqual([w.count('hosts_full'), w.count('translated')], [1, 2]);
});
