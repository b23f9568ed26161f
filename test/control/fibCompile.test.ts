import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config } from '../../src/config/config.js';
import { loadConfig } from '../../src/config/load.js';
import { DEFAULT_RULES } from '../../src/config/routingConfig.js';
import { listRifs } from '../../src/control/buildRifs.js';
import { compileFib } from '../../src/control/routing/compileFib.js';
import { compileRules } from '../../src/control/routing/compileRules.js';
import { ruleLists } from '../../src/control/routing/ruleLists.js';
import { type Fib, FibFlag, FibNexthop, FibRoute } from '../../src/tables/fib.js';
import { formatIpv4 } from '../../src/types/ipv4.js';
import { rule } from '../support/fibModel.js';
import { prefix, RIFS } from '../support/fibTables.js';
import { lan } from '../support/sample.js';
import { build } from './buildSample.js';

function load(text: string): Config {
  const { config, issues } = loadConfig(text, 'test.yaml');
  assert.ok(config !== undefined, JSON.stringify(issues));
  return config;
}

/** Routes of a table as lines, sorted. */
function lines(fib: Fib, table: number, names: readonly string[]): string[] {
  const found: string[] = [];
  for (let at = 0; at + FibRoute.Words <= fib.routes.length; at += FibRoute.Words) {
    const word = (offset: number): number => fib.routes[at + offset]!;
    if (word(FibRoute.Type) === 0 || word(FibRoute.Table) !== table) continue;
    const type = ['', 'unicast', 'local', 'broadcast', '', '', 'blackhole', 'unreachable', 'prohibit'][word(FibRoute.Type)];
    const way = word(FibRoute.Nexthop) * FibNexthop.Words;
    const dev = word(FibRoute.Nexthops) === 0 ? '' : ` dev ${names[fib.nexthops[way + FibNexthop.Rif]!] ?? 'lo'}`;
    const via =
      word(FibRoute.Nexthops) === 0 || fib.nexthops[way + FibNexthop.Gateway] === 0
        ? ''
        : ` via ${formatIpv4(fib.nexthops[way + FibNexthop.Gateway]! as never)}`;
    const source = word(FibRoute.Source) === 0 ? '' : ` src ${formatIpv4(word(FibRoute.Source) as never)}`;
    const flags =
      (word(FibRoute.Flags) & FibFlag.Zone) !== 0 ? ' zone' : (word(FibRoute.Flags) & FibFlag.Kernel) !== 0 ? ' kernel' : '';
    found.push(
      `${type} ${formatIpv4(word(FibRoute.Destination) as never)}/${word(FibRoute.Length)}${via}${dev} scope ${word(FibRoute.Scope)}${source}${flags} pool ${word(FibRoute.Pool)}`,
    );
  }
  return found.sort();
}

function compile(
  config: Config,
  before?: ReturnType<typeof compileFib>,
): { store: ReturnType<typeof compileFib>; names: string[]; pools: ReadonlyMap<number, number> } {
  const built = build(config);
  // An own address with a port pool, as zones have that use the interface's.
  built.index.address(prefix('192.0.2.1').address, 1024, 65_535);
  const rifs = listRifs(
    config,
    config.ifaces.map(() => 1500),
    built.index,
  );
  const names: string[] = [];
  for (const rif of rifs) names[rif.index] = rif.config.name;
  return { store: compileFib(config, rifs, [], built.index.addresses(), before), names, pools: built.index.addresses() };
}

test('F77 interfaces get the routes the kernel makes, zones addresses that are answered for, and the file its own', () => {
  const { store, names, pools } = compile(load(lan));
  const fib = store.snapshot();
  const pool = (text: string): number => pools.get(prefix(text).address)! + 1;
  assert.deepEqual(lines(fib, 254, names), [
    'blackhole 203.0.113.192/26 scope 0 pool 0',
    'prohibit 203.0.113.128/26 scope 0 pool 0',
    'unicast 0.0.0.0/0 via 192.0.2.254 dev wan scope 0 pool 0',
    'unicast 10.0.0.0/24 dev lan scope 253 src 10.0.0.1 kernel pool 0',
    'unicast 10.0.1.0/24 dev dmz scope 253 src 10.0.1.1 kernel pool 0',
    'unicast 10.9.0.0/16 via 10.0.1.9 dev dmz scope 0 pool 0',
    'unicast 192.0.2.0/24 dev wan scope 253 src 192.0.2.1 kernel pool 0',
    'unreachable 203.0.113.0/25 scope 0 pool 0',
  ]);
  assert.deepEqual(lines(fib, 255, names), [
    'broadcast 10.0.0.255/32 dev lan scope 253 src 10.0.0.1 kernel pool 0',
    'broadcast 10.0.1.255/32 dev dmz scope 253 src 10.0.1.1 kernel pool 0',
    'broadcast 192.0.2.255/32 dev wan scope 253 src 192.0.2.1 kernel pool 0',
    'local 10.0.0.1/32 dev lan scope 254 src 10.0.0.1 kernel pool 0',
    'local 10.0.1.1/32 dev dmz scope 254 src 10.0.1.1 kernel pool 0',
    'local 192.0.2.1/32 dev wan scope 254 src 192.0.2.1 kernel pool ' + pool('192.0.2.1'),
    ...['10', '11', '12', '20'].map(
      (last) => `local 192.0.2.${last}/32 dev wan scope 254 src 192.0.2.${last} zone pool ${pool(`192.0.2.${last}`)}`,
    ),
  ]);
  assert.deepEqual([fib.ruleCount, fib.perPacket], [DEFAULT_RULES.length, false]);
});

test('F77 /31 and /32 addresses, several addresses of one subnet', () => {
  const text = `
name: edges
ifaces:
  - { name: lan, tap: t-lan, role: inside, addresses: [10.0.0.1/24, 10.0.0.2/24, 10.0.9.1/31, 10.0.9.9/32] }
  - { name: wan, tap: t-wan, role: outside, addresses: [192.0.2.1/24] }
zones: [{ name: own, match: 10.0.0.0/24, localAddresses: [192.0.2.9, 198.51.100.7] }]
`;
  const { store, names, pools } = compile(load(text));
  const fib = store.snapshot();
  const pool = (address: string): number => pools.get(prefix(address).address)! + 1;
  assert.deepEqual(lines(fib, 254, names), [
    'unicast 10.0.0.0/24 dev lan scope 253 src 10.0.0.1 kernel pool 0',
    'unicast 10.0.9.0/31 dev lan scope 253 src 10.0.9.1 kernel pool 0',
    'unicast 192.0.2.0/24 dev wan scope 253 src 192.0.2.1 kernel pool 0',
  ]);
  assert.deepEqual(
    lines(fib, 255, names).filter((line) => !line.includes('broadcast')),
    [
      'local 10.0.0.1/32 dev lan scope 254 src 10.0.0.1 kernel pool 0',
      'local 10.0.0.2/32 dev lan scope 254 src 10.0.0.1 kernel pool 0',
      'local 10.0.9.1/32 dev lan scope 254 src 10.0.9.1 kernel pool 0',
      'local 10.0.9.9/32 dev lan scope 254 src 10.0.9.9 kernel pool 0',
      `local 192.0.2.1/32 dev wan scope 254 src 192.0.2.1 kernel pool ${pool('192.0.2.1')}`,
      `local 192.0.2.9/32 dev wan scope 254 src 192.0.2.9 zone pool ${pool('192.0.2.9')}`,
      `local 198.51.100.7/32 dev lo scope 254 src 198.51.100.7 zone pool ${pool('198.51.100.7')}`,
    ],
  );
  assert.equal(lines(fib, 255, names).filter((line) => line.includes('broadcast')).length, 2);
});

test('a reload touches only the routes that changed; the same configuration is the same snapshot', () => {
  const { store } = compile(load(lan));
  const fib = store.snapshot();
  assert.equal(compile(load(lan), store).store.snapshot(), fib);
  const more = compile(
    load(lan.replace('  - { to: 10.9.0.0/16', '  - { to: 10.10.0.0/16, via: 10.0.1.9 }\n  - { to: 10.9.0.0/16')),
    store,
  );
  const now = more.store.snapshot();
  assert.notEqual(now, fib);
  assert.equal(now.rules, fib.rules);
  assert.equal(store.rowsOf(254, prefix('10.10.0.0/16').address, 16).length, 1);
});

test('F75 sources fall into classes: a list holds the rules that may match, in order, and one list of all when they are too long', () => {
  const from = (text: string, not = false): ReturnType<typeof rule> => rule(1, { from: prefix(text), not });
  const { rows, classLists } = compileRules(
    [rule(0), from('10.0.0.0/8'), from('10.1.0.0/16'), from('10.1.2.3/32', true), from('10.1.0.0/16'), from('11.0.0.0/8')],
    RIFS,
    () => 0,
  );
  const lists: number[][] = [];
  for (let at = 0; at < classLists.length; at += classLists[at]! + 1)
    lists.push([...classLists.subarray(at + 1, at + 1 + classLists[at]!)]);
  assert.deepEqual(lists, [
    [0, 3],
    [0, 1, 3],
    [0, 1, 2, 3, 4],
    [0, 3, 5],
  ]);
  const short = ruleLists(rows, 6, 10);
  assert.deepEqual([[...short.classLists], [...short.classTrie]], [[6, 0, 1, 2, 3, 4, 5], [0]]);
});
