import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fibLookupFrom, fibTableLookup } from '../../src/routing/fibLookup.js';
import { FibError, FibResult, FibRoute, FibType } from '../../src/tables/fib.js';
import { key, rule, way } from '../support/fibModel.js';
import { ask, routeTo, storeOf } from '../support/fibTables.js';
import { wireIp } from '../support/octets.js';

const MAIN = [rule(1), rule(2, { action: { type: 'lookup', table: 100 } })];

test('F77 the longest prefix wins, at every length from 0 to 32', () => {
  const lengths = Array.from({ length: 33 }, (_, length) => length);
  const fib = storeOf(
    MAIN,
    lengths.map((length) => routeTo(`170.170.170.170/${length}`)),
  ).snapshot();
  const host = 0xaaaa_aaaa;
  for (const length of lengths.slice(0, 32)) {
    // Differs in the first bit behind the prefix.
    const other = (host ^ (0x8000_0000 >>> length)) >>> 0;
    const text = [24, 16, 8, 0].map((shift) => (other >>> shift) & 255).join('.');
    assert.match(ask(fib, '1.1.1.1', text), new RegExp(`/${length} dev a$`), text);
  }
  assert.equal(ask(fib, '1.1.1.1', '170.170.170.170'), '1: unicast 170.170.170.170/32 dev a');
});

test('F77 of one prefix: the tos of the packet first, then the least metric; another tos is not for it', () => {
  const routes = [
    routeTo('10.0.0.0/8', { metric: 4_294_967_295, ways: [way(0)] }),
    routeTo('10.0.0.0/8', { metric: 5, ways: [way(1)] }),
    routeTo('10.0.0.0/8', { metric: 900, tos: 0x10, ways: [way(2)] }),
    routeTo('10.0.0.0/8', { tos: 0xb8, ways: [way(0)] }),
    routeTo('10.1.0.0/16', { tos: 0x08, ways: [way(0)] }),
  ];
  const fib = storeOf(MAIN, routes).snapshot();
  assert.equal(ask(fib, '1.1.1.1', '10.2.0.1'), '1: unicast 10.0.0.0/8 dev b');
  assert.equal(ask(fib, '1.1.1.1', '10.2.0.1', { tos: 0xf1 }), '1: unicast 10.0.0.0/8 dev c');
  assert.equal(
    ask(fib, '1.1.1.1', '10.2.0.1', { tos: 0xb8 }),
    '1: unicast 10.0.0.0/8 dev b',
    'the kernel masks the packet, not the route',
  );
  assert.equal(ask(fib, '1.1.1.1', '10.1.0.1'), '1: unicast 10.0.0.0/8 dev b', 'goes back to the shorter prefix');
  assert.equal(fib.perPacket, true);
  assert.equal(storeOf(MAIN, routes.slice(0, 2)).snapshot().perPacket, false);
});

test('F77 routes that refuse end the look-up, throw leads to the next rule', () => {
  const routes = [
    routeTo('0.0.0.0/0', { table: 100, ways: [way(2)] }),
    routeTo('10.0.0.0/8'),
    routeTo('10.1.0.0/16', { type: FibType.Unreachable, ways: [] }),
    routeTo('10.2.0.0/16', { type: FibType.Prohibit, ways: [] }),
    routeTo('10.3.0.0/16', { type: FibType.Blackhole, ways: [] }),
    routeTo('10.4.0.0/16', { type: FibType.Throw, ways: [] }),
  ];
  const fib = storeOf(MAIN, routes).snapshot();
  assert.deepEqual(
    ['10.0.0.1', '10.1.0.1', '10.2.0.1', '10.3.0.1', '10.4.0.1'].map((to) => ask(fib, '1.1.1.1', to)),
    [
      '1: unicast 10.0.0.0/8 dev a',
      '1: unreachable 10.1.0.0/16',
      '1: prohibit 10.2.0.0/16',
      '1: blackhole 10.3.0.0/16',
      '2: unicast 0.0.0.0/0 dev c',
    ],
  );
});

test('F77 a route must have the scope asked for or a narrower one', () => {
  const fib = storeOf(MAIN, [
    routeTo('10.0.0.0/16', { ways: [way(0, wireIp('10.0.0.1'))] }),
    routeTo('10.0.0.0/8', { scope: 253, ways: [way(1)] }),
  ]).snapshot();
  assert.equal(ask(fib, '1.1.1.1', '10.0.0.9'), '1: unicast 10.0.0.0/16 via 10.0.0.1 dev a');
  assert.equal(ask(fib, '1.1.1.1', '10.0.0.9', { scope: 253 }), '1: unicast 10.0.0.0/8 dev b');
  assert.equal(ask(fib, '1.1.1.1', '10.0.0.9', { scope: 254 }), 'none');
});

test('F77 oif takes a way or a shorter prefix that leaves by it', () => {
  const fib = storeOf(MAIN, [
    routeTo('10.0.0.0/16', { ways: [way(0), way(2)] }),
    routeTo('10.0.0.0/8', { ways: [way(1)] }),
  ]).snapshot();
  assert.deepEqual(
    [0, 1, 2].map((oif) => ask(fib, '1.1.1.1', '10.0.0.9', { oif })),
    ['1: unicast 10.0.0.0/16 dev a', '1: unicast 10.0.0.0/8 dev b', '1: unicast 10.0.0.0/16 dev c'],
  );
});

test('F77 dead ways are passed over, those without carrier only when that is ignored; a shorter prefix takes the place of none', () => {
  for (const ignoreLinkdown of [true, false]) {
    const store = storeOf(
      MAIN,
      [routeTo('10.0.0.0/16', { ways: [way(0), way(2)] }), routeTo('0.0.0.0/0', { ways: [way(1)] })],
      ignoreLinkdown,
    );
    const fib = store.snapshot();
    const to = (): string => ask(fib, '1.1.1.1', '10.0.0.9');
    store.setLink(0, { dead: true, linkdown: false });
    assert.equal(to(), '1: unicast 10.0.0.0/16 dev c');
    store.setLink(2, { dead: false, linkdown: true });
    assert.equal(to(), ignoreLinkdown ? '1: unicast 0.0.0.0/0 dev b' : '1: unicast 10.0.0.0/16 dev c');
    store.setLink(2, { dead: true, linkdown: true });
    assert.equal(to(), '1: unicast 0.0.0.0/0 dev b');
    store.setLink(0, { dead: false, linkdown: false });
    assert.equal(to(), '1: unicast 10.0.0.0/16 dev a');
  }
});

test('F77 a table lives by its routes, not by rules; its number goes to 2^32 - 1', () => {
  const fib = storeOf(
    [rule(1, { action: { type: 'lookup', table: 4_294_967_295 } })],
    [routeTo('10.0.0.0/8', { table: 4_294_967_295 }), routeTo('11.0.0.0/8', { table: 335_544_321 })],
  );
  assert.equal(ask(fib.snapshot(), '1.1.1.1', '10.0.0.1'), '1: unicast 10.0.0.0/8 dev a');
  assert.equal(fib.rowsOf(335_544_321, wireIp('11.0.0.0'), 8).length, 1);
});

test('one table can be asked by itself, and rules from a later one on', () => {
  const fib = storeOf(MAIN, [routeTo('10.0.0.0/8'), routeTo('10.0.0.0/8', { table: 100, ways: [way(1)] })]).snapshot();
  const result = new Int32Array(FibResult.Words);
  const k = key({ destination: wireIp('10.1.1.1') });
  const main = fibTableLookup(fib, fib.mainTable, k, result);
  assert.equal(fib.routes[main * FibRoute.Words + FibRoute.Table], 254);
  assert.equal(fibTableLookup(fib, fib.localTable, k, result), FibError.None);
  assert.equal(result[FibResult.Nexthop], -1);
  assert.equal(fib.routes[fibLookupFrom(fib, 1, k, result) * FibRoute.Words + FibRoute.Table], 100);
  assert.equal(result[FibResult.Rule], 1);
  assert.equal(fibLookupFrom(fib, 2, k, result), FibError.None);
});
