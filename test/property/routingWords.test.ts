import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { configYaml } from '../../src/config/configYaml.js';
import { loadConfig } from '../../src/config/load.js';
import { SEED } from './seed.js';

/** Rules and routes as lines, as mappings, as what is loaded, and as the file written from that: all mean the same. */

const HEAD =
  'ifaces:\n  - { name: qr, tap: qr, role: inside, addresses: [10.0.0.1/24] }\n  - { name: qs, tap: qs, role: inside, addresses: [20.0.0.1/24] }\n';

const u32 = fc.oneof(fc.integer({ min: 1, max: 400 }), fc.constantFrom(167_772_161, 4_294_967_295, 2_147_483_648));
const octet = fc.integer({ min: 0, max: 255 });
const address = fc.tuple(fc.integer({ min: 1, max: 223 }), octet, octet, octet).map((octets) => octets.join('.'));
const prefix = fc.tuple(address, fc.integer({ min: 1, max: 32 })).map(([ip, length]) => `${ip}/${length}`);
const port = fc.integer({ min: 1, max: 65_534 });
const ports = fc.oneof(
  port.map(String),
  fc.tuple(port, port).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
  fc.constant('80/0xfff0'),
);
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Keys of a mapping; in a line they are words in any order. */
const rule = fc
  .tuple(
    fc.record({
      priority: u32,
      not: some(fc.constant(true)),
      from: some(fc.oneof(prefix, fc.constant('all'))),
      to: some(prefix),
      tos: some(fc.constantFrom('0x10', '8', '0x1c')),
      fwmark: some(
        fc.oneof(
          u32.map(String),
          fc.tuple(u32, u32).map(([a, b]) => `${a}/${b}`),
          fc.constant('0/0xf'),
        ),
      ),
      iif: some(fc.constantFrom('qr', 'lo')),
      oif: some(fc.constantFrom('qs')),
      ipproto: some(fc.constantFrom('udp', 'icmp', '200', '0')),
      sport: some(ports),
      dport: some(ports),
      uidrange: some(fc.constant('0-4294967294')),
      tun_id: some(fc.constantFrom('7', '18446744073709551615')),
      suppress_prefixlength: some(fc.integer({ min: 0, max: 32 })),
      suppress_ifgroup: some(fc.constantFrom(0, 7)),
      realms: some(fc.constantFrom('3', '3/4', '3/cosmos', '0')),
      proto: some(fc.constantFrom('static', '77', 'kernel')),
    }),
    fc.oneof(
      fc.record({ table: some(u32) }),
      fc.constant({ goto: 4_294_967_295 }),
      fc.record({ nat: address, table: some(u32) }),
      fc.record({ type: fc.constantFrom('nop', 'blackhole', 'unreachable', 'prohibit') }),
    ),
  )
  .map(([selectors, action]) => present({ ...selectors, ...action, priority: Math.min(selectors.priority, 4_294_967_294) }));

const way = fc.record({
  via: fc.constantFrom('10.0.0.3', '10.0.0.9'),
  dev: some(fc.constant('qr')),
  weight: some(fc.integer({ min: 1, max: 256 })),
});
const common = fc.record({
  table: some(u32),
  tos: some(fc.constantFrom('0x10', 'cs1')),
  metric: some(u32),
  src: some(fc.constantFrom('10.0.0.1', '20.0.0.1')),
  mtu: some(fc.constantFrom('1400', 'lock 68')),
  proto: some(fc.constantFrom('static', 'bird', '200')),
  realm: some(fc.constantFrom('3', '3/4')),
});
const route = fc
  .tuple(
    fc.oneof(prefix.map(clear), fc.constant('default')),
    common,
    fc.oneof(
      fc.record({ via: fc.constantFrom('10.0.0.3'), dev: some(fc.constant('qr')), scope: some(fc.constantFrom('site', '7')) }),
      fc.record({ via: address, dev: fc.constant('qs'), onlink: fc.constant(true) }),
      fc.record({ dev: fc.constantFrom('qr', 'lo'), scope: some(fc.constantFrom('link', 'global', 'host')) }),
      fc.record({ dev: fc.constant('qr'), type: fc.constantFrom('local', 'broadcast', 'multicast') }),
      fc.record({ type: fc.constantFrom('blackhole', 'unreachable', 'prohibit', 'throw') }),
      fc.record({ nexthops: fc.array(way.map(present), { minLength: 1, maxLength: 3 }) }),
    ),
  )
  .map(([to, attributes, ways]) => present({ to, ...attributes, ...ways }));

function present(entry: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));
}

/** Host bits are a warning, and lost. */
function clear(text: string): string {
  const [ip, length] = text.split('/') as [string, string];
  const octets = ip.split('.').map(Number);
  const kept = octets.map((one, i) => one & (0xff00 >> Math.max(0, Math.min(8, Number(length) - 8 * i))) & 0xff);
  return `${kept.join('.')}/${length}`;
}

const RULE_WORDS: Readonly<Record<string, readonly string[]>> = {
  priority: ['pref', 'prio', 'priority', 'preference', 'order'],
  table: ['lookup', 'table'],
  iif: ['iif', 'dev'],
  realms: ['realms', 'flowid'],
  nat: ['nat', 'map-to'],
  tos: ['tos', 'dsfield'],
};

function ruleLine(entry: Readonly<Record<string, unknown>>, pick: number): string {
  const words = Object.entries(entry).map(([key, value]) => {
    const names = RULE_WORDS[key] ?? [key];
    return key === 'not' ? 'not' : key === 'type' ? String(value) : `${names[pick % names.length]} ${value}`;
  });
  // Any order.
  return [...words.slice(pick % words.length), ...words.slice(0, pick % words.length)].join(' ');
}

function routeLine({ to, type, nexthops, onlink, ...rest }: Readonly<Record<string, unknown>>): string {
  const pairs = (entry: object): string =>
    Object.entries(entry)
      .map(([key, value]) => `${key} ${value}`)
      .join(' ');
  const ways = ((nexthops as object[] | undefined) ?? []).map((one) => `nexthop ${pairs(one)}`).join(' ');
  return `${type ?? ''} ${to} ${pairs(rest)} ${onlink ? 'onlink' : ''} ${ways}`;
}

function load(text: string) {
  const { config, issues } = loadConfig(text, 'gw.yaml');
  const errors = issues.filter(({ severity }) => severity === 'error');
  return { config, errors };
}

const file = (rules: readonly unknown[], routes: readonly unknown[]): string =>
  `${HEAD}rules: ${JSON.stringify(rules)}\nroutes: ${JSON.stringify(routes)}\n`;

test('F32 F33 lines, mappings, the configuration and the file written from it mean the same', () => {
  let loaded = 0;
  const property = fc.property(
    fc.array(rule, { maxLength: 4 }),
    fc.array(route, { maxLength: 4 }),
    fc.nat(20),
    (rules, routes, pick) => {
      const mappings = load(file(rules, routes));
      const lines = load(
        file(
          rules.map((one) => ruleLine(one, pick)),
          routes.map(routeLine),
        ),
      );
      assert.deepEqual(lines.config, mappings.config);
      assert.deepEqual(
        lines.errors.map(({ message }) => message).sort(),
        // In a mapping they are listed by the places of their keys.
        mappings.errors.map(({ message }) => message).sort(),
      );
      if (lines.config === undefined) return;
      loaded++;
      const again = load(configYaml(lines.config));
      assert.deepEqual(again.errors, []);
      assert.deepEqual(again.config, lines.config);
    },
  );
  fc.assert(property, { seed: SEED, numRuns: 400 });
  assert.ok(loaded > 100, `only ${loaded} of 400 loaded`);
});
