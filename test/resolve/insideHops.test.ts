import assert from 'node:assert/strict';
import { keptHop } from '../../src/resolve/insideHops.js';
import { Adjacency, NeighborState } from '../../src/tables/neighbors.js';
import { decode } from '../support/decode.js';
import { answerTo, udpOut } from '../support/flows.js';
import { type World, worldTest } from '../support/world.js';
import { macOf } from '../support/worldParts.js';

/** The next hop towards an inside host is asked for once and kept for its later sessions (src/resolve/insideHops.ts). */

const HOST = '10.0.9.5';
const yaml = (routes: string, rules = ''): string => `
name: hops
ifaces:
  - { name: lan, tap: t-lan, role: inside, mac: "02:aa:00:00:00:01", addresses: [10.0.0.1/24] }
  - { name: wan, tap: t-wan, role: outside, mac: "02:aa:00:00:00:02", addresses: [192.0.2.1/24] }
routes: [default via 192.0.2.254 dev wan, ${routes}]
${rules}
zones: [{ name: all, match: 10.0.0.0/16, localAddresses: [192.0.2.10] }]
`;

/** An address as loaded. */
function addressOf(text: string): number {
  return text.split('.').reduce((word, octet, i) => word | (Number(octet) << (8 * i)), 0);
}

/** MACs that answers to sessions from these ports are sent to, one session after the other. */
function behind(w: World, ...ports: number[]): (string | undefined)[] {
  return behindHost(w, HOST, ...ports);
}

function behindHost(w: World, host: string, ...ports: number[]): (string | undefined)[] {
  return ports.map((port) => {
    w.send('lan', udpOut(host, port));
    w.send('wan', answerTo(w.one('wan')));
    return decode(w.one('lan').octets).eth!.dst;
  });
}

worldTest(
  'FWD-2 new sessions of a host go by its route, and after a reload by the new one',
  { yaml: yaml('10.0.9.0/24 via 10.0.0.2 dev lan') },
  (w) => {
    assert.deepEqual(behind(w, 1, 2), [macOf('10.0.0.2'), macOf('10.0.0.2')]);
    w.reload(yaml('10.0.9.0/24 via 10.0.0.3 dev lan'), 2);
    assert.deepEqual(behind(w, 3, 4), [macOf('10.0.0.3'), macOf('10.0.0.3')]);
  },
);

worldTest(
  'MPA-1 the ways of a route with several are shared out, session by session',
  { yaml: yaml('10.0.9.0/24 nexthop via 10.0.0.2 dev lan nexthop via 10.0.0.3 dev lan', 'routing: { multipathHash: ports }') },
  (w) => {
    const used = new Set(behind(w, ...Array.from({ length: 24 }, (_, i) => i + 1)));
    assert.deepEqual([...used].sort(), [macOf('10.0.0.2'), macOf('10.0.0.3')]);
  },
);

worldTest(
  'a rule that looks at more than the destination decides for every session',
  {
    yaml: yaml('10.0.9.0/24 via 10.0.0.2 dev lan, 10.0.9.0/24 via 10.0.0.3 dev lan table 100', 'rules: [dport 7 lookup 100]'),
  },
  (w) => {
    assert.deepEqual(behind(w, 6, 7, 8), ['10.0.0.2', '10.0.0.3', '10.0.0.2'].map(macOf));
  },
);

/** Hosts whose next hops are kept in one slot of 4,096: by the same hash of the address as loaded. */
function inOneSlot(): [string, string] {
  const bySlot = new Map<number, string>();
  for (let i = 0; ; i++) {
    const host = `10.0.${i >> 8}.${i & 0xff}`;
    if ((i & 0xff) < 2 || (i & 0xff) > 250) continue;
    const slot = Math.imul(10 | ((i >> 8) << 16) | ((i & 0xff) << 24), 0x9e37_79b1) >>> 20;
    const other = bySlot.get(slot);
    if (other !== undefined) return [other, host];
    bySlot.set(slot, host);
  }
}

worldTest(
  'of two hosts in one slot each has its own next hop',
  { yaml: yaml('10.0.9.0/24 via 10.0.0.2 dev lan').replace('10.0.0.1/24', '10.0.0.1/16').replace('10.0.9.0/24', '10.9.0.0/24') },
  (w) => {
    const [one, two] = inOneSlot();
    for (const host of [one, two, two, one]) assert.deepEqual(behindHost(w, host, w.sessionCount + 1), [macOf(host)]);
    // The row of the slot is the first one's.
    assert.equal(keptHop(w.cx, addressOf(two)), -1);
    assert.ok(keptHop(w.cx, addressOf(one)) >= 0);
  },
);

worldTest(
  'a neighbour whose row is another one by now is not the next hop any more',
  { yaml: yaml('10.0.9.0/24 via 10.0.0.2 dev lan') },
  (w) => {
    assert.deepEqual(behind(w, 1), [macOf('10.0.0.2')]);
    const row = keptHop(w.cx, addressOf(HOST));
    const { rows } = w.state.neighbors;
    const address = rows[row + Adjacency.Address]!;
    rows[row + Adjacency.Address] = addressOf('10.0.0.77');
    assert.equal(keptHop(w.cx, addressOf(HOST)), -1);
    rows[row + Adjacency.Address] = address;
    assert.equal(keptHop(w.cx, addressOf(HOST)), row);
    const state = rows[row + Adjacency.State]!;
    rows[row + Adjacency.State] = NeighborState.Free;
    assert.equal(keptHop(w.cx, addressOf(HOST)), -1);
    rows[row + Adjacency.State] = state;
  },
);
