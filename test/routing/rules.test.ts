import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuleConfig } from '../../src/config/config.js';
import { DEFAULT_RULES } from '../../src/config/routingConfig.js';
import { FibRule, FibType, RIF_LO } from '../../src/tables/fib.js';
import { rule, way } from '../support/fibModel.js';
import { ask, prefix, routeTo, storeOf } from '../support/fibTables.js';

const lookup = (table: number): RuleConfig['action'] => ({ type: 'lookup', table });
const DEFAULT = [routeTo('0.0.0.0/0', { table: 100, ways: [way(1)] }), routeTo('0.0.0.0/0', { table: 200, ways: [way(2)] })];

/** Whether a rule with these selectors matches, by which of two tables answers. */
function matcher(
  selectors: Partial<RuleConfig>,
): (source: string, destination: string, over?: Parameters<typeof ask>[3]) => boolean {
  const fib = storeOf([rule(10, { ...selectors, action: lookup(100) }), rule(20, { action: lookup(200) })], DEFAULT).snapshot();
  return (source, destination, over) => ask(fib, source, destination, over).startsWith('10: ');
}

test('F75 from and to match by mask; host bits of the rule count for nothing', () => {
  const from = matcher({ from: prefix('10.0.0.1/24') });
  assert.deepEqual([from('10.0.0.200', '8.8.8.8'), from('10.0.1.1', '8.8.8.8')], [true, false]);
  const to = matcher({ to: prefix('10.128.0.0/9') });
  assert.deepEqual([to('1.1.1.1', '10.255.0.1'), to('1.1.1.1', '10.127.255.255')], [true, false]);
  assert.equal(matcher({ from: prefix('0.0.0.0/0') })('1.2.3.4', '5.6.7.8'), true);
});

test('F75 tos compares three bits of the header, dscp any of its six', () => {
  const tos = matcher({ tos: 0x10 });
  assert.deepEqual(
    [0x10, 0x13, 0xf0, 0x14, 0].map((t) => tos('1.1.1.1', '2.2.2.2', { tos: t })),
    [true, true, true, false, false],
  );
  const dscp = matcher({ dscp: { value: 46, mask: 63 } });
  assert.deepEqual(
    [0xb8, 0xbb, 0xb0].map((t) => dscp('1.1.1.1', '2.2.2.2', { tos: t })),
    [true, true, false],
  );
  const masked = matcher({ dscp: { value: 0x20, mask: 0x20 } });
  assert.deepEqual(
    [0x80, 0xfc, 0x7c].map((t) => masked('1.1.1.1', '2.2.2.2', { tos: t })),
    [true, true, false],
  );
});

test('F75 iif and oif: an interface, lo for what the router sends, and a name nobody has', () => {
  const iif = matcher({ iif: 'b' });
  assert.deepEqual(
    [0, 1, RIF_LO].map((i) => iif('1.1.1.1', '2.2.2.2', { iif: i })),
    [false, true, false],
  );
  const own = matcher({ iif: 'lo' });
  assert.deepEqual(
    [0, RIF_LO].map((i) => own('1.1.1.1', '2.2.2.2', { iif: i })),
    [false, true],
  );
  const nobody = matcher({ iif: 'nobody' });
  assert.deepEqual(
    [0, RIF_LO].map((i) => nobody('1.1.1.1', '2.2.2.2', { iif: i })),
    [false, false],
  );
  assert.equal(matcher({ iif: 'nobody', not: true })('1.1.1.1', '2.2.2.2'), true);
  const oif = matcher({ oif: 'b' });
  assert.deepEqual([oif('1.1.1.1', '2.2.2.2'), oif('1.1.1.1', '2.2.2.2', { oif: 1 })], [false, true]);
});

test('F75 fwmark under its mask', () => {
  const mark = matcher({ mark: { value: 1, mask: 0xff } });
  assert.deepEqual(
    [0x101, 1, 2].map((m) => mark('1.1.1.1', '2.2.2.2', { mark: m })),
    [true, true, false],
  );
  const all = matcher({ mark: { value: 0xffff_ffff, mask: 0xffff_ffff } });
  assert.deepEqual(
    [-1, 0x7fff_ffff].map((m) => all('1.1.1.1', '2.2.2.2', { mark: m })),
    [true, false],
  );
});

test('F75 ipproto, sport and dport: a range or a mask; what has no ports matches neither', () => {
  assert.equal(matcher({ ipProtocol: 17 })('1.1.1.1', '2.2.2.2', { protocol: 6 }), false);
  assert.equal(matcher({ ipProtocol: 17 })('1.1.1.1', '2.2.2.2', { protocol: 17 }), true);
  const sport = matcher({ sport: { low: 1000, high: 2000 } });
  assert.deepEqual(
    [999, 1000, 2000, 2001, -1].map((p) => sport('1.1.1.1', '2.2.2.2', { sport: p })),
    [false, true, true, false, false],
  );
  const dport = matcher({ dport: { value: 80, mask: 0xfff0 } });
  assert.deepEqual(
    [80, 95, 96, -1].map((p) => dport('1.1.1.1', '2.2.2.2', { dport: p })),
    [true, true, false, false],
  );
  assert.equal(matcher({ dport: { value: 0xffff, mask: 0xffff } })('1.1.1.1', '2.2.2.2'), false);
});

test('F75 uidrange and tun_id', () => {
  const uid = matcher({ uids: { low: 1000, high: 4_294_967_294 } });
  assert.deepEqual(
    [0, 1000, -2, -1].map((u) => uid('1.1.1.1', '2.2.2.2', { uid: u })),
    [false, true, true, false],
  );
  assert.equal(matcher({ uids: { low: 0, high: 0 } })('1.1.1.1', '2.2.2.2'), true, 'a forwarded packet is nobody else than root');
  const tunnel = matcher({ tunnelId: 0x1_0000_0002n });
  assert.deepEqual(
    [0, 1].map((high) => tunnel('1.1.1.1', '2.2.2.2', { tunnelLow: 2, tunnelHigh: high })),
    [false, true],
  );
});

test('F75 not turns the whole rule around', () => {
  const other = matcher({ not: true, from: prefix('10.0.0.0/8'), iif: 'a' });
  assert.deepEqual(
    [other('10.1.1.1', '8.8.8.8', { iif: 0 }), other('10.1.1.1', '8.8.8.8', { iif: 1 }), other('9.1.1.1', '8.8.8.8', { iif: 0 })],
    [false, true, true],
  );
  assert.equal(matcher({ not: true })('1.1.1.1', '2.2.2.2'), false);
});

test('F76 lookup: what finds nothing leads to the next rule, and the end of the rules is none', () => {
  const rules = [rule(1, { action: lookup(7) }), ...DEFAULT_RULES.slice(1)];
  const fib = storeOf(rules, [routeTo('10.0.0.0/8'), routeTo('10.1.0.0/16', { table: 253, ways: [way(2)] })]).snapshot();
  assert.equal(ask(fib, '1.1.1.1', '10.1.2.3'), '32766: unicast 10.0.0.0/8 dev a');
  assert.equal(ask(fib, '1.1.1.1', '11.1.2.3'), 'none');
});

test('F76 unreachable, prohibit and blackhole end the look-up', () => {
  const rules = (['unreachable', 'prohibit', 'blackhole'] as const).map((type, i) =>
    rule(i + 1, { from: prefix(`10.0.0.${i}/32`), action: { type } }),
  );
  const fib = storeOf([...rules, rule(9)], [routeTo('0.0.0.0/0')]).snapshot();
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => ask(fib, `10.0.0.${i}`, '8.8.8.8')),
    ['1: unreachable', '2: prohibit', '3: blackhole', '9: unicast 0.0.0.0/0 dev a'],
  );
});

test('F76 nop does nothing; goto compares its target and goes on behind it; a goto nowhere is a nop', () => {
  const rules = [
    rule(1, { action: { type: 'nop' } }),
    rule(2, { from: prefix('10.0.0.0/8'), action: { type: 'goto', priority: 50 } }),
    rule(3, { from: prefix('11.0.0.0/8'), action: { type: 'goto', priority: 77 } }),
    rule(40, { action: lookup(100) }),
    rule(50, { from: prefix('10.0.0.0/16'), action: { type: 'prohibit' } }),
    rule(50, { action: lookup(200) }),
  ];
  const fib = storeOf(rules, DEFAULT).snapshot();
  assert.equal(ask(fib, '10.0.0.1', '8.8.8.8'), '50: prohibit');
  assert.equal(ask(fib, '10.1.0.1', '8.8.8.8'), '50: unicast 0.0.0.0/0 dev c');
  assert.equal(ask(fib, '11.0.0.1', '8.8.8.8'), '40: unicast 0.0.0.0/0 dev b');
});

test('F76 nat rewrites the prefix and keeps the rest, and only where its table answers', () => {
  const nat = rule(320, {
    from: prefix('193.233.7.0/24'),
    action: { type: 'nat', address: prefix('192.203.80.0/24').address, table: 1 },
  });
  const fib = storeOf(
    [nat, rule(400)],
    [routeTo('8.0.0.0/8', { table: 1 }), routeTo('0.0.0.0/0', { ways: [way(1)] })],
  ).snapshot();
  assert.equal(ask(fib, '193.233.7.83', '8.8.8.8'), '320: unicast 8.0.0.0/8 dev a nat 192.203.80.83');
  assert.equal(ask(fib, '193.233.7.83', '9.9.9.9'), '400: unicast 0.0.0.0/0 dev b');
});

test('F76 suppress_prefixlength passes over short results, suppress_ifgroup those out of a group; not what refuses', () => {
  const routes = [
    routeTo('0.0.0.0/0'),
    routeTo('10.0.0.0/8', { ways: [way(1), way(0)] }),
    routeTo('10.9.0.0/16', { ways: [way(0), way(1)] }),
    routeTo('11.0.0.0/8', { type: FibType.Prohibit, ways: [] }),
    ...DEFAULT,
  ];
  const short = storeOf([rule(1, { suppressPrefixLength: 8 }), rule(2, { action: lookup(200) })], routes).snapshot();
  assert.equal(ask(short, '1.1.1.1', '9.9.9.9'), '2: unicast 0.0.0.0/0 dev c');
  assert.equal(ask(short, '1.1.1.1', '10.1.1.1'), '2: unicast 0.0.0.0/0 dev c', 'a length of 8 is suppressed too');
  assert.equal(ask(short, '1.1.1.1', '10.9.1.1'), '1: unicast 10.9.0.0/16 dev a');
  assert.equal(ask(short, '1.1.1.1', '11.9.1.1'), '1: prohibit 11.0.0.0/8');
  const group = storeOf([rule(1, { suppressGroup: 5 }), rule(2, { action: lookup(200) })], routes).snapshot();
  assert.equal(ask(group, '1.1.1.1', '10.1.1.1'), '2: unicast 0.0.0.0/0 dev c', 'the first way is out of b, of group 5');
  assert.equal(ask(group, '1.1.1.1', '10.9.1.1'), '1: unicast 10.9.0.0/16 dev a', 'only the first way counts');
});

test('F75 rules are tried by priority up to 2^32 - 1, equal ones in their order', () => {
  const rules = [
    rule(4_294_967_295, { from: prefix('10.0.0.0/8'), action: lookup(200) }),
    rule(3_000_000_000, { from: prefix('10.1.0.0/16'), action: lookup(100) }),
    rule(3_000_000_000, { action: { type: 'unreachable' }, from: prefix('10.1.1.0/24') }),
  ];
  const fib = storeOf(rules, DEFAULT).snapshot();
  assert.equal(ask(fib, '10.1.1.1', '8.8.8.8'), '3000000000: unicast 0.0.0.0/0 dev b');
  assert.equal(ask(fib, '10.2.1.1', '8.8.8.8'), '4294967295: unicast 0.0.0.0/0 dev c');
  assert.equal(fib.rules[2 * FibRule.Words + FibRule.Priority]! >>> 0, 4_294_967_295);
});
