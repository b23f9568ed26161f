import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FibRouteSpec } from '../../src/control/routing/routeSpec.js';
import { rule, way } from '../support/fibModel.js';
import { ask, routeTo, storeOf } from '../support/fibTables.js';
import { wireIp } from '../support/octets.js';

const hosts = (count: number, net = '10.0'): FibRouteSpec[] =>
  Array.from({ length: count }, (_, i) => routeTo(`${net}.${i >> 8}.${i & 255}/32`));

test('F77 what is given up is used again when every worker is past it, and not before', () => {
  const store = storeOf([rule(1)], hosts(200));
  const before = store.snapshot();
  const { octets } = store;
  for (const one of hosts(200)) assert.ok(store.remove(one));
  for (const one of hosts(200, '11.0')) store.add({ ...one, ways: [way(1)] });
  store.snapshot();
  assert.ok(store.octets > octets * 1.8, 'nothing a worker may look at is overwritten');
  assert.equal(ask(before, '1.1.1.1', '10.0.0.7'), '1: unicast 10.0.0.7/32 dev a');
  store.retire(store.generation);
  const grown = store.octets;
  for (let round = 0; round < 20; round++) {
    for (const one of hosts(200, '11.0')) assert.ok(store.remove({ ...one, ways: [way(1)] }));
    for (const one of hosts(200, '11.0')) store.add({ ...one, ways: [way(1)] });
    store.snapshot();
    store.retire(store.generation);
  }
  assert.ok(store.octets < grown * 1.3, `${store.octets} after ${grown}: it does not grow with changes`);
  assert.equal(store.size, 200);
});

test('adding and removing many routes without a snapshot takes no more room than the routes', () => {
  const store = storeOf([rule(1)], []);
  for (const one of hosts(100)) store.add(one);
  const { octets } = store;
  for (let round = 0; round < 50; round++) {
    for (const one of hosts(100)) assert.ok(store.remove(one));
    for (const one of hosts(100)) store.add(one);
  }
  assert.ok(store.octets <= octets * 1.2, `${store.octets} after ${octets}`);
});

test('a table that has lost its last route is empty, and its number can come back', () => {
  const store = storeOf([rule(1)], [routeTo('10.0.0.0/8', { table: 9 }), routeTo('10.0.0.0/8')]);
  store.snapshot();
  assert.ok(store.remove(routeTo('10.0.0.0/8', { table: 9 })));
  assert.equal(store.remove(routeTo('10.0.0.0/8', { table: 9 })), false);
  assert.equal(store.remove(routeTo('10.0.0.0/9')), false);
  const fib = store.snapshot();
  assert.equal([...fib.roots].filter((root) => root !== 0).length, 1);
  store.add(routeTo('10.0.0.0/8', { table: 10 }));
  store.snapshot();
  assert.deepEqual([store.rowsOf(9, wireIp('10.0.0.0'), 8).length, store.rowsOf(10, wireIp('10.0.0.0'), 8).length], [0, 1]);
});

test('a list of routes that differs little changes little; the same list is the same snapshot', () => {
  const list = hosts(1000);
  const store = storeOf([rule(1)], []);
  store.replaceAll(list);
  const fib = store.snapshot();
  store.retire(store.generation);
  const kept = list.map((one) => store.rowsOf(254, one.destination, 32)[0]);
  store.replaceAll(hosts(1000));
  assert.equal(store.snapshot(), fib, 'nothing to adopt');
  const { octets } = store;
  const changed = hosts(1000)
    .map((one, i) => (i === 500 ? { ...one, metric: 7 } : one))
    .filter((_, i) => i !== 3);
  store.replaceAll([...changed, routeTo('12.0.0.0/8')]);
  store.snapshot();
  assert.equal(store.size, 1000);
  assert.ok(store.octets - octets < 2000, `${store.octets - octets} octets for three changes`);
  const rows = list.map((one) => store.rowsOf(254, one.destination, 32)[0]);
  assert.deepEqual(
    rows.flatMap((row, i) => (row === kept[i] ? [] : [i])),
    [3, 500],
  );
  assert.equal(rows[3], undefined);
});

test('equal routes of one prefix keep their order, also when one is taken out of the middle', () => {
  const aliases = [0, 1, 2].map((rif) => routeTo('10.0.0.0/8', { ways: [way(rif)] }));
  const store = storeOf([rule(1)], aliases);
  const first = store.snapshot();
  assert.equal(ask(first, '1.1.1.1', '10.0.0.1'), '1: unicast 10.0.0.0/8 dev a');
  assert.ok(store.remove(aliases[1]!));
  const second = store.snapshot();
  assert.equal(store.setLink(0, { dead: true, linkdown: false }), true);
  assert.equal(store.setLink(0, { dead: true, linkdown: false }), false, 'nothing new');
  assert.deepEqual(
    [ask(first, '1.1.1.1', '10.0.0.1'), ask(second, '1.1.1.1', '10.0.0.1')],
    ['1: unicast 10.0.0.0/8 dev b', '1: unicast 10.0.0.0/8 dev c'],
  );
});

test('links that go down are seen in snapshots taken before, also when the tables have grown since', () => {
  const store = storeOf([rule(1)], [routeTo('10.0.0.0/8', { ways: [way(0)] })]);
  const old = store.snapshot();
  for (let i = 0; i < 5000; i++) store.add({ ...hosts(1)[0]!, destination: i * 65_536, ways: [way(1, i + 1)] });
  store.setLink(0, { dead: true, linkdown: false });
  const now = store.snapshot();
  assert.notEqual(now.nexthops, old.nexthops);
  assert.deepEqual([ask(old, '1.1.1.1', '10.0.0.1'), ask(now, '1.1.1.1', '10.9.0.1')], ['none', 'none']);
  store.setLink(0, { dead: false, linkdown: false });
  assert.equal(ask(old, '1.1.1.1', '10.0.0.1'), '1: unicast 10.0.0.0/8 dev a');
});

test('routes made from addresses of interfaces are not passed over: only configured ways are looked after', () => {
  const store = storeOf([rule(1)], [routeTo('10.0.0.0/8', { flags: 2 }), routeTo('11.0.0.0/8')]);
  store.setLink(0, { dead: true, linkdown: true });
  const fib = store.snapshot();
  assert.deepEqual(
    ['10.0.0.1', '11.0.0.1'].map((to) => ask(fib, '1.1.1.1', to)),
    ['1: unicast 10.0.0.0/8 dev a', 'none'],
  );
});

test('F77 a route of scope host knows no carrier, only that its device is gone', () => {
  const store = storeOf(
    [rule(1)],
    [routeTo('10.0.0.0/8', { scope: 254, ways: [{ ...way(0), scope: 255 }] }), routeTo('11.0.0.0/8')],
  );
  const asked = (): string[] => ['10.0.0.1', '11.0.0.1'].map((to) => ask(store.snapshot(), '1.1.1.1', to));
  store.setLink(0, { dead: false, linkdown: true });
  assert.deepEqual(asked(), ['1: unicast 10.0.0.0/8 dev a', 'none']);
  store.setLink(0, { dead: true, linkdown: true });
  assert.deepEqual(asked(), ['none', 'none']);
});
