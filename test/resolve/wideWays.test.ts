import assert from 'node:assert/strict';
import { wayOfOwn } from '../../src/resolve/way.js';
import { CachedWay } from '../../src/resolve/wayCache.js';
import { fibLookupFrom } from '../../src/routing/fibLookup.js';
import { FibError, FibKey, FibResult } from '../../src/tables/fib.js';
import { Dice } from '../support/mutate.js';
import { type World, worldTest } from '../support/world.js';

/** One answer of the routing tables for all destinations with the same first 16 bits (src/resolve/wayCache.ts). */

const PREFIXES = [
  '20.0.0.0/8',
  '20.1.0.0/16',
  '20.2.128.0/17',
  '20.3.4.0/24',
  '20.3.4.5/32',
  '20.16.0.0/12',
  '30.0.0.0/15',
  '0.0.0.0/0',
];
const ways = PREFIXES.map((prefix, i) => `${prefix} via 192.0.2.${100 + i} dev wan`);
const yaml = (routes: readonly string[], rules = ''): string => `
name: wide
ifaces:
  - { name: lan, tap: t-lan, role: inside, addresses: [10.0.0.1/24] }
  - { name: wan, tap: t-wan, role: outside, addresses: [192.0.2.1/24] }
routes: [${routes.join(', ')}]
${rules}
`;
const PROTOCOL = 17;

/** As loaded. */
function address(a: number, b: number, c: number, d: number): number {
  return a | (b << 8) | (c << 16) | (d << 24);
}

/** Asks for a destination through the cache, and the tables themselves; both must say the same. */
function same(w: World, destination: number): void {
  const { cx } = w;
  const found = wayOfOwn(cx, 0, destination, 0, 0, PROTOCOL);
  if (found === FibError.Ours) return;
  const told = [found, cx.way[FibResult.Rule], cx.way[FibResult.Nexthop]];
  const result = new Int32Array(FibResult.Words);
  assert.equal(cx.key[FibKey.Destination], destination);
  const asked = fibLookupFrom(cx.fib, cx.fib.localFirst ? 1 : 0, cx.key, result);
  assert.deepEqual(told, [asked, result[FibResult.Rule], result[FibResult.Nexthop]], (destination >>> 0).toString(16));
}

/** Rows of the cache that have an answer of now. */
function answers(w: World): number {
  const c = w.cx.wayCache;
  let rows = 0;
  for (let at = 0; at < c.length; at += CachedWay.Words) if (c[at + CachedWay.Epoch] === w.cx.wayEpoch) rows++;
  return rows;
}

function everyDestination(w: World): void {
  const dice = new Dice(7);
  const first = [20, 20, 20, 30, 31, 40, 192];
  const second = [0, 1, 2, 3, 4, 16, 31, 32];
  for (let i = 0; i < 6000; i++) {
    const [a, b] = [dice.pick(first), dice.pick(second)];
    same(w, address(a, b, dice.pick([3, 4, 127, 128]), dice.pick([4, 5, 6])));
  }
}

worldTest('answers from the cache are those of the tables, for prefixes of all lengths', { yaml: yaml(ways) }, (w) => {
  everyDestination(w);
  w.reload(yaml(ways.slice(2).reverse()), 2);
  everyDestination(w);
});

worldTest('a default route is asked for once for 16 bits of destinations, not for each', { yaml: yaml(ways) }, (w) => {
  for (let i = 0; i < 1000; i++) same(w, address(50, 1, i >> 8, i & 0xff));
  assert.equal(answers(w), 1);
  for (let i = 0; i < 256; i++) same(w, address(20, 3, 4, i));
  assert.ok(answers(w) > 200, 'beside a longer prefix each destination has its own');
});

worldTest(
  'where a rule looks at a packet, every question has its own answer',
  { yaml: yaml(ways, 'rules: [priority 100 to 50.1.2.0/24 blackhole]') },
  (w) => {
    everyDestination(w);
    const before = answers(w);
    for (let i = 0; i < 300; i++) same(w, address(50, 1, 1 + (i >> 8), i & 0xff));
    assert.ok(answers(w) > before + 250);
  },
);
