import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CounterEvent } from '../../src/shared/counters.js';
import { routerOf, SessionsHead } from '../../src/tables/sessions.js';
import { decode } from '../support/decode.js';
import { answerTo, tcpOut, udpOut } from '../support/flows.js';
import { GW } from '../support/sample.js';
import { World, worldTest } from '../support/world.js';

/** What becomes of the sessions of SNAT services when their worker dies, and when the service changes or leaves the host. */
function tenant(external: number): string {
  return `
name: tenant
ifaces:
  - { name: sg, tap: t-sg, role: inside, mac: "${GW.lan}", addresses: [10.0.0.1/24] }
  - { name: qg, tap: t-qg, role: outside, mac: "${GW.wan}", addresses: [192.0.2.1/24] }
routes: [default via 192.0.2.254 dev qg]
zones: [{ name: own, match: 0.0.0.0/0, localAddresses: [192.0.2.${external}], ports: 5000-5063, mapping: eim }]
`;
}

const both = { r1: tenant(101), r2: tenant(102) };

function open(w: World): Record<'r1' | 'r2', { octets: Uint8Array }> {
  const sent = (['r1', 'r2'] as const).map((router) => {
    w.send(`${router}:sg`, udpOut('10.0.0.5', 4000));
    return [router, w.one(`${router}:qg`)] as const;
  });
  return Object.fromEntries(sent) as ReturnType<typeof open>;
}

worldTest('D10 a worker that was replaced finds the sessions of each router again', { asService: both }, (w) => {
  const sent = open(w);
  w.replaceWorker();
  w.check();
  for (const router of ['r2', 'r1'] as const) {
    w.send(`${router}:qg`, answerTo(sent[router]));
    assert.equal(decode(w.one(`${router}:sg`).octets).ipv4!.dst, '10.0.0.5');
  }
  const before = w.sessionCount;
  open(w);
  assert.equal(w.sessionCount, before, 'no flow has a second session');
});

test('a service that leaves takes its sessions along, and its ports are free; the other’s stay, and it may come back', () => {
  const asService: Record<string, string> = { ...both };
  const w = new World({ asService, sessions: 64 });
  const first = open(w);
  for (let port = 1; port < 50; port++) w.send('r1:sg', udpOut('10.0.0.6', port));
  w.sent('r1:qg');
  const { r1, ...rest } = both;
  Object.assign(asService, rest);
  delete asService.r1;
  w.reload(rest.r2, 2);
  w.settle();
  assert.deepEqual(
    w.rows().map((row) => routerOf(w.sessions.rows, row)),
    [2],
  );
  assert.equal(w.event(CounterEvent.SessionsPurged), 50);
  assert.equal(w.sessions.head[SessionsHead.Held], 0, 'no port of an address that is gone is held');
  w.send('r2:qg', answerTo(first.r2));
  assert.equal(decode(w.one('r2:sg').octets).ipv4!.dst, '10.0.0.5');
  w.send('r1:sg', udpOut('10.0.0.5', 4000));
  assert.equal(w.count('not_for_us'), 1, 'a frame that was on its way to it');

  asService.r1 = r1;
  w.reload(r1, 3);
  w.send('r1:sg', tcpOut('10.0.0.5', 4000, 'S'));
  assert.equal(decode(w.one('r1:qg').octets).ipv4!.src, '192.0.2.101');
});

test('a router that gets another address outside: sessions by the old one end, those by zones of others stay', () => {
  const asService: Record<string, string> = { ...both };
  const w = new World({ asService });
  const first = open(w);
  asService.r1 = tenant(103);
  w.reload(tenant(103), 2);
  w.settle();
  assert.deepEqual(
    w.rows().map((row) => routerOf(w.sessions.rows, row)),
    [2],
  );
  w.send('r1:qg', answerTo(first.r1));
  assert.equal(w.sent('r1:sg').length, 0);
  w.send('r1:sg', udpOut('10.0.0.5', 4000));
  assert.equal(decode(w.one('r1:qg').octets).ipv4!.src, '192.0.2.103');
});
