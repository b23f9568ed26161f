import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { showInsideHosts } from '../../src/control/show/insideHosts.js';
import { showMappings } from '../../src/control/show/mappings.js';
import { servicesByRouter } from '../../src/control/show/routerNames.js';
import { selectSessions } from '../../src/control/show/selectSessions.js';
import { showSessions } from '../../src/control/show/sessions.js';
import { Host, hostFind } from '../../src/tables/hosts.js';
import { routerOf } from '../../src/tables/sessions.js';
import { isFault } from '../../src/types/parsed.js';
import { selectorsOf } from '../../src/types/selectors.js';
import { decode } from '../support/decode.js';
import { answerTo, echoOut, inward, outward, tcpOut, udpOut } from '../support/flows.js';
import { cut, datagram } from '../support/fragments.js';
import { ipv4, packet, udp } from '../support/layers.js';
import { wireIp } from '../support/octets.js';
import { GW, REMOTE } from '../support/sample.js';
import { type World, worldTest } from '../support/world.js';

/** Two routers whose tenants have the same subnet; only outside they differ. */
function tenant(external: number, extra = ''): string {
  return `
name: tenant
ifaces:
  - { name: sg, tap: t-sg, role: inside, mac: "${GW.lan}", addresses: [10.0.0.1/24] }
  - { name: qg, tap: t-qg, role: outside, mac: "${GW.wan}", addresses: [192.0.2.${external - 100}/24] }
routes: [default via 192.0.2.254 dev qg]
zones: [{ name: all, match: 0.0.0.0/0, localAddresses: [192.0.2.${external}], ports: 5000-5063${extra} }]
`;
}

const asService = { r1: tenant(101), r2: tenant(102) };
const EIM = ', mapping: eim, filtering: eif';
const ROUTERS = ['r1', 'r2'] as const;

/** The only frame that a service sends to the outside. */
function out(w: World, router: string, frame: Uint8Array) {
  w.send(`${router}:sg`, frame);
  return w.one(`${router}:qg`);
}

describe('sessions of SNAT services', () => {
  worldTest(
    'GEN-8 hosts of two routers with the same address, port and remote have sessions of their own',
    { asService },
    (w) => {
      for (const frame of [udpOut('10.0.0.5', 4000), tcpOut('10.0.0.5', 4000, 'S'), echoOut('10.0.0.5', 77)]) {
        const sent = ROUTERS.map((router) => out(w, router, frame));
        assert.deepEqual(
          sent.map(({ octets }) => decode(octets).ipv4!.src),
          ['192.0.2.101', '192.0.2.102'],
        );
        // In the other order than they left.
        for (const i of [1, 0]) {
          w.send(`${ROUTERS[i]}:qg`, answerTo(sent[i]!));
          const back = decode(w.one(`${ROUTERS[i]}:sg`).octets);
          assert.deepEqual([back.ipv4!.src, back.ipv4!.dst], [REMOTE, '10.0.0.5']);
          assert.equal(w.sent(`${ROUTERS[1 - i]}:sg`).length, 0, 'nothing to the other tenant');
        }
      }
      assert.deepEqual(
        w.rows().map((row) => routerOf(w.sessions.rows, row)),
        [1, 2, 1, 2, 1, 2],
      );
    },
  );

  worldTest('an answer to one router is none to the other, and nobody learns of the other’s port', { asService }, (w) => {
    const { octets } = out(w, 'r1', udpOut('10.0.0.5', 4000));
    const port = decode(octets).udp!.sport;
    w.send('r2:qg', packet(inward(), ipv4({ src: REMOTE, dst: '192.0.2.101' }), udp({ sport: 53, dport: port })));
    w.send('r2:qg', packet(inward(), ipv4({ src: REMOTE, dst: '192.0.2.102' }), udp({ sport: 53, dport: port })));
    assert.deepEqual([w.sent('r1:sg').length, w.sent('r2:sg').length, w.sessionCount], [0, 0, 1]);
  });

  worldTest(
    'a host’s limits are those of its router',
    { asService: { r1: tenant(101, ', hostLimits: { sessions: 2 }'), r2: tenant(102) } },
    (w) => {
      for (let port = 1; port <= 3; port++) for (const router of ROUTERS) w.send(`${router}:sg`, udpOut('10.0.0.5', port));
      assert.deepEqual(
        ROUTERS.map((router) => w.sent(`${router}:qg`).length),
        [2, 3],
      );
      const sessions = [1, 2].map(
        (router) => w.state.hosts.rows[hostFind(w.state.hosts, wireIp('10.0.0.5'), router) + Host.Sessions],
      );
      assert.deepEqual(sessions, [2, 3]);
      assert.equal(w.count('host_limit'), 1);
    },
  );

  worldTest(
    'MAP-1 mappings of equal inside endpoints are one for each router',
    { asService: { r1: tenant(101, EIM), r2: tenant(102, EIM) } },
    (w) => {
      const ends = ROUTERS.map((router) =>
        ['198.51.100.7', '198.51.100.8'].map((remote) => {
          const { ipv4: ip, udp: u } = decode(out(w, router, udpOut('10.0.0.5', 4000, remote)).octets);
          return `${ip!.src}:${u!.sport}`;
        }),
      );
      for (const [a, b] of ends) assert.equal(a, b, 'one endpoint for all remotes');
      assert.notEqual(ends[0]![0], ends[1]![0]);
      const [address, port] = ends[1]![0]!.split(':') as [string, string];
      w.send('r2:qg', packet(inward(), ipv4({ src: '203.0.113.9', dst: address }), udp({ sport: 9, dport: Number(port) })));
      assert.equal(decode(w.one('r2:sg').octets).ipv4!.dst, '10.0.0.5');
      assert.equal(w.sent('r1:sg').length, 0);
    },
  );

  worldTest(
    'listings name the router, and selectors by router mean its rows alone',
    { asService: { r1: tenant(101, EIM), r2: tenant(102, EIM) } },
    (w) => {
      for (const router of ROUTERS) out(w, router, udpOut('10.0.0.5', 4000));
      const shown = { built: w.built, states: [w.state], index: w.index };
      const listed = [showSessions, showMappings, showInsideHosts].map((show) =>
        [...show(shown, 10)].map(({ router }) => router).sort(),
      );
      assert.deepEqual(listed, [
        ['r1', 'r2'],
        ['r1', 'r2'],
        ['r1', 'r2'],
      ]);
      assert.deepEqual([...showInsideHosts(shown, 10)].map(({ zone }) => zone).sort(), ['r1:all', 'r2:all']);
      const asked = selectSessions(
        new URLSearchParams({ router: 'r2' }),
        w.index.zoneNames(),
        [],
        selectorsOf.sessions,
        servicesByRouter(w.built),
      );
      assert.ok(!isFault(asked));
      for (const show of [showSessions, showMappings, showInsideHosts])
        assert.deepEqual(
          [...show(shown, 10, asked.value)].map(({ router }) => router),
          ['r2'],
        );
      let ended = 0;
      w.turn.purge(asked.value, (n) => {
        ended = n;
      });
      w.settle();
      assert.deepEqual([ended, w.rows().map((row) => routerOf(w.sessions.rows, row))], [1, [1]]);
      const none = selectSessions(
        new URLSearchParams({ router: 'r3' }),
        w.index.zoneNames(),
        [],
        selectorsOf.sessions,
        servicesByRouter(w.built),
      );
      assert.ok(isFault(none));
      assert.equal(none.fault, 'router: "r3" has no SNAT service on this host; there are r1, r2');
    },
  );

  worldTest('FRG-5 fragments of equal id of two routers belong to different datagrams', { asService }, (w) => {
    const parts = [1, 2].map((fill) =>
      cut(
        datagram(
          outward('10.0.0.5'),
          { src: '10.0.0.5', dst: REMOTE, id: 7, df: false },
          udp({ sport: 4000, dport: 53 }),
          new Uint8Array(2000).fill(fill),
        ),
        1000,
      ),
    );
    // The later ones first, so that they wait.
    for (const k of [2, 1, 0]) for (const i of [0, 1]) if (parts[i]![k] !== undefined) w.send(`${ROUTERS[i]}:sg`, parts[i]![k]!);
    for (const [i, router] of ROUTERS.entries()) {
      const sent = w.sent(`${router}:qg`).map(({ octets }) => decode(octets));
      assert.equal(sent.length, parts[i]!.length);
      assert.ok(sent.every(({ ipv4: ip }) => ip!.src === `192.0.2.10${i + 1}`));
      assert.ok(
        sent.every(({ payload }) => payload.at(-1) === i + 1),
        'no octet of the other router’s datagram',
      );
    }
  });
});
