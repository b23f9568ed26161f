import assert from 'node:assert/strict';
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

/** MACs that answers to sessions from these ports are sent to, one session after the other. */
function behind(w: World, ...ports: number[]): (string | undefined)[] {
  return ports.map((port) => {
    w.send('lan', udpOut(HOST, port));
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
